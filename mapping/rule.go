package mapping

import (
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// Direction says which way a rule works.
type Direction uint8

// The directions.
const (
	Both     Direction = iota // writes the target and is read
	ToTarget                  // only writes
	ToSCIM                    // is only read
)

// String returns the keyword of the document format.
func (d Direction) String() string {
	return [...]string{"both", "toTarget", "toScim", "both"}[d&3]
}

// apply says at which operations a rule writes.
type apply uint8

const (
	applyAlways apply = iota
	applyCreate
	applyUpdate
	applyIfEmpty
	applyWritable // always, but on create only where the account's field is written once
)

// on returns what it means for a field: create or always for applyWritable.
func (a apply) on(field *schema.Attribute) apply {
	switch {
	case a != applyWritable:
		return a
	case field.Mutability == schema.Immutable:
		return applyCreate
	default:
		return applyAlways
	}
}

// onUnset says what an update does with a field whose source is unset.
type onUnset uint8

const (
	unsetClear onUnset = iota
	unsetKeep
	unsetError
)

// ruleDecl is a rule as the document has it.
type ruleDecl struct {
	src *source
	at  string

	name, description    string
	scim, target         string
	direction            Direction
	hasDirection         bool
	expr, inverse        string
	hasConst, hasDefault bool
	constant, fallback   schema.Value
	always               bool // defaultOn: always
	pipe                 []string
	when                 string
	apply                apply
	enforce              bool
	onUnset              onUnset
	required             bool
	validate             []validation
	pick                 expr.Pick
	add                  bool // multi: add
	element              []schema.Member
	secret               bool
	lossy                string
	alternatives         bool
	alternative          bool
	unique               bool
	optional             bool // left out where the target lacks the field, see Document.WithCustom
	disabled             bool
	// coerce turns text into what the field holds and back: the rule was made
	// for a custom field, and clients send its values as text.
	coerce bool
}

// direction returns which way the rule works for want of a word: one that has no
// path can only write, one without a field can only be read.
func (r *ruleDecl) way() Direction {
	switch {
	case r.hasDirection:
		return r.direction
	case r.scim == "":
		return ToTarget
	case r.target == "":
		return ToSCIM
	default:
		return Both
	}
}

// validation is one check of a value to be written.
type validation struct {
	at        string
	pattern   *pattern
	source    string // of the pattern
	maxLength int64  // -1: none
	oneOf     []schema.Value
	min, max  schema.Value // unset: none
	format    string
	expr      string
}

// mapSpec is a value map with what only a rule knows to use.
type mapSpec struct {
	expr.MapSpec
	ignore bool // onMissing: ignore
}

// Rule describes a rule to a reader of the document, as it was written.
type Rule struct {
	Name        string
	Description string
	SCIM        string // the path, "" where the rule only writes
	Target      string // the field, "" where it is only read
	Direction   Direction
	Expr        string
	Inverse     string
	Const       schema.Value
	Default     schema.Value
	Pipe        []string
	When        string
	Lossy       string
	Secret      bool
	Required    bool
	// Alternative says that an earlier rule for the field comes first,
	// Alternatives that later ones may follow.
	Alternative, Alternatives bool
	// OnUnset is clear, keep or error: what happens to the field of an update when
	// the source has no value.
	OnUnset string
}

// Rules returns the rules in their order, without the disabled ones.
func (d *Document) Rules() []Rule {
	names := d.ruleNames()
	rules := make([]Rule, 0, len(d.rules))
	for i, r := range d.rules {
		if r.disabled {
			continue
		}
		rules = append(rules, Rule{
			Name: names[i], Description: r.description, SCIM: r.scim, Target: r.target, Direction: r.way(),
			Expr: r.expr, Inverse: r.inverse, Const: r.constant, Default: r.fallback, Pipe: append([]string(nil), r.pipe...),
			When: r.when, Lossy: r.lossy, Secret: r.secret, Required: r.required, Alternative: r.alternative, Alternatives: r.alternatives,
			OnUnset: [...]string{unsetClear: "clear", unsetKeep: "keep", unsetError: "error"}[r.onUnset],
		})
	}
	return rules
}

// ruleNames returns the name of each rule: its own, else its field's, else its
// path's, with a number where it is not the first of that.
func (d *Document) ruleNames() []string {
	count := make(map[string]int)
	names := make([]string, len(d.rules))
	for i, r := range d.rules {
		base := r.target
		if base == "" {
			base = r.scim
		}
		count[base]++
		switch {
		case r.name != "":
			names[i] = r.name
		case count[base] > 1:
			names[i] = base + "#" + itoa(count[base])
		default:
			names[i] = base
		}
	}
	return names
}

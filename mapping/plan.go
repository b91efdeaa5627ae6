package mapping

import (
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// Query says how a target puts filters together.
type Query struct {
	And, Or bool
	// MaxLength is the number of characters a query may have; 0 for no limit.
	MaxLength int
}

// Options are the host's part in a compilation. Nil and zero members are the
// defaults.
type Options struct {
	// ValueMaps are value maps by name beyond the built-in ones; a document's own
	// map of that name wins, then these, then the built-in one.
	ValueMaps map[string]*expr.ValueMap
	// Query is what the target can do; nil: what the document says.
	Query *Query
	// AllowCreate lets lookups with onMissing: create report [Result.Creates];
	// else a missing record is an error.
	AllowCreate bool
	// MaxRules is how many rules a document may have; 0 means 1000.
	MaxRules int
	// MaxSteps is the work that one operation may do, in steps of the expression
	// language; 0 means 100,000.
	MaxSteps int
}

// Plan is a compiled document. It is immutable and safe for concurrent use.
type Plan struct {
	name     string
	resource *schema.Type
	target   *schema.Type
}

type runner struct{}

// Name returns the name of the document.
func (p *Plan) Name() string { return p.name }

// Resource returns the type of the resources.
func (p *Plan) Resource() *schema.Type { return p.resource }

// Target returns the type of the target's records.
func (p *Plan) Target() *schema.Type { return p.target }

// Compile checks a document against the types of both sides and returns its
// plan, or all problems in document order. The fields of the document complete
// the target's type: what they say of a field stands over what the type says,
// and a rule can only name fields that the type has. A nil target is made of
// the document's fields and its id.
func Compile(doc *Document, resource, target *schema.Type, o *Options) (*Plan, Diagnostics) {
	return &Plan{}, nil
}

// Identity returns the plan that copies every attribute of the resource type to
// the field of the same name and back: the name is [schema.Type.Path], so
// attributes of extensions are named with their URN. Attributes without a field
// are left out. Complex attributes need a field with the same Sub. Filter hands
// down whatever the fields declare.
func Identity(resource, target *schema.Type) (*Plan, error) { return &Plan{}, nil }

// InScope reports whether the document's scope holds for a write. A resource
// out of scope is not to be written.
func (p *Plan) InScope(in *Input) bool { return true }

// Needs appends the references that [Plan.ToTarget] needs resolved, without
// duplicates.
func (p *Plan) Needs(dst []Need, in *Input) []Need { return dst }

// ReadNeeds appends the references that [Plan.ToSCIM] needs resolved, without
// duplicates.
func (p *Plan) ReadNeeds(dst []Need, rec *schema.Record) []Need { return dst }

// ToTarget works out what a write changes in the target's record. The error is
// an [*Errors]; out then holds nothing to be written. A need without an answer in
// res counts as missing.
func (p *Plan) ToTarget(out *Result, in *Input, res *Resolved) error { return nil }

// ToSCIM reads a record into out, an empty record of the resource type. It
// cannot fail: what cannot be read is left out.
func (p *Plan) ToSCIM(out, rec *schema.Record, res *Resolved) {}

// Diff appends the fewest edits that lead from one record of the target to
// another, in the order of the fields. A nil before stands for an empty record.
func (p *Plan) Diff(dst []schema.Edit, before, after *schema.Record) []schema.Edit { return dst }

// MatchQuery finds the record that belongs to a resource.
type MatchQuery struct {
	// Fields are the values that the record has to have.
	Fields []FieldValue
	// Filter says the same, over the target's type.
	Filter schema.Filter
}

// Accept reports whether a record that a query found has the values indeed:
// eventual and prefix-matching searches find too much.
func (q *MatchQuery) Accept(rec *schema.Record) bool { return false }

// Matches returns the queries by which the record of a resource is to be looked
// for, in the order in which to try them: the first that finds a record ends the
// search, several records are CodeMatchAmbiguous. Queries whose source is unset
// are left out. The error is an [*Errors].
func (p *Plan) Matches(rec *schema.Record) ([]MatchQuery, error) { return nil, nil }

// Pushdown is a SCIM filter, divided.
type Pushdown struct {
	// Query is the target's part, over its own type; nil for none.
	Query schema.Filter
	// None says that no record can pass.
	None bool
	// Residual is what has to be checked on the resources that were read; nil
	// for none.
	Residual schema.Filter
}

// Exact reports whether the target's count of the query is the count of the
// filter.
func (d Pushdown) Exact() bool { return d.Residual == nil }

// Filter divides a filter over the resource type. A filter that does not bind to
// the type is residual as a whole.
func (p *Plan) Filter(f schema.Filter) Pushdown { return Pushdown{Residual: f} }

// Blind reports whether a PATCH whose operations name these paths can be carried
// out without reading the record.
func (p *Plan) Blind(touched []schema.Selector) bool { return false }

// Fields appends the fields that rules write from the attribute that a path
// begins with.
func (p *Plan) Fields(dst []schema.Slot, path schema.Selector) []schema.Slot { return dst }

// RuleFor returns the SCIM path and the name of the first rule that writes a
// field. Both are empty when none does.
func (p *Plan) RuleFor(field string) (path, rule string) { return "", "" }

// Trace says of each rule what it did, in their order.
type Trace struct{ Rules []RuleTrace }

// RuleTrace says what one rule did.
type RuleTrace struct {
	Rule   string
	Target string
	// Source is what was read, or what the expression gave, before the pipe;
	// unset when there was nothing.
	Source schema.Value
	// Value is what the field would hold.
	Value  schema.Value
	Action Action
	Why    string
}

// Action is what a rule does to its field.
type Action string

// The actions.
const (
	ActionSet   Action = "set"
	ActionSame  Action = "same"
	ActionClear Action = "clear"
	ActionSkip  Action = "skip"
	ActionError Action = "error"
)

// Explain says why each field would get what it gets. Nothing is written, and
// values of secret rules are masked.
func (p *Plan) Explain(in *Input, res *Resolved) *Trace { return &Trace{} }

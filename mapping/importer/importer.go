package importer

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/usher-scim/usher/mapping"
)

// maxInput is the largest input that is read, in bytes.
const maxInput = 8 << 20

// Options are the settings of an import. The zero value is ready.
type Options struct {
	// Name is the document's name; "" means imported.
	Name string
	// Base is the document that the import is to extend: a rule of the import takes
	// the place of Base's rule for the same SCIM attribute, and its field is that
	// rule's. Without it the names of the source are taken for fields.
	Base *mapping.Document
	// Attributes maps names of the source to SCIM paths, besides those that are
	// known: {"extensionAttribute1": "urn:…:User:badge"}. Case does not count.
	Attributes map[string]string
}

// Result is what an import gives.
type Result struct {
	// Document is the mapping document, as YAML.
	Document []byte
	// Lines say what became of each part of the source, in its order.
	Lines []Line
}

// Complete reports whether nothing was left out.
func (r *Result) Complete() bool {
	for _, l := range r.Lines {
		if l.Status == Left {
			return false
		}
	}
	return true
}

// Line says what became of a part of the source.
type Line struct {
	// Where names the part: an attribute, a condition.
	Where string
	// Source is what stands there.
	Source string
	Status Status
	// Rule is the name of the rule that it became, "" for none.
	Rule string
	// Why is a sentence on what is different or why it was left out; "" where it
	// was carried over as it is.
	Why string
}

// String returns the line as text.
func (l Line) String() string {
	s := string(l.Status) + " " + l.Where
	if l.Source != "" {
		s += " = " + l.Source
	}
	if l.Rule != "" {
		s += " → rule " + l.Rule
	}
	if l.Why != "" {
		s += ": " + l.Why
	}
	return s
}

// Status says whether a part of the source was carried over.
type Status string

// The statuses.
const (
	Carried Status = "carried" // means the same
	Changed Status = "changed" // carried over, with a difference that Why names
	Left    Status = "left"    // left out
)

const (
	coreUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	coreGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// fieldName is a name of a field of a target, containers included.
var fieldName = regexp.MustCompile(`^[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$-]+)*$`)

// urnForm is the form of a schema's name.
var urnForm = regexp.MustCompile(`^(?i:urn):[^\s"]+[^\s":]$`)

// fits reports whether a name of the source has a form, and is no longer than one
// in a document may be.
func fits(form *regexp.Regexp, name string) bool {
	return len(name) <= mapping.MaxDocumentName && form.MatchString(name)
}

// work is an import in the making.
type work struct {
	o     Options
	known map[string]string // SCIM path by source attribute in lower case
	doc   builder
	reads []rule // what only reads comes last
	lines []Line
	seen  map[string]bool // fields that have a rule, in lower case
}

func newWork(o *Options, known map[string]string) *work {
	w := &work{known: make(map[string]string), seen: make(map[string]bool)}
	if o != nil {
		w.o = *o
	}
	for name, path := range known {
		w.known[strings.ToLower(name)] = path
	}
	for name, path := range w.o.Attributes {
		w.known[strings.ToLower(name)] = path
	}
	w.doc.name = w.o.Name
	if w.doc.name == "" {
		w.doc.name = "imported"
	}
	w.doc.base = w.o.Base
	return w
}

// note adds a line.
func (w *work) note(where, source string, s Status, rule, why string) {
	w.lines = append(w.lines, Line{Where: where, Source: source, Status: s, Rule: rule, Why: why})
}

// result finishes the import. The document has to parse: that it does not is a
// fault of this package, which must not reach a user as a document.
func (w *work) result() (*Result, error) {
	w.doc.rules = append(w.doc.rules, w.reads...)
	text := w.doc.yaml()
	if _, ds := mapping.Parse(w.doc.name+".yaml", text); len(ds) > 0 {
		return nil, fmt.Errorf("importer: the import gives a document that is wrong: %s", ds)
	}
	return &Result{Document: text, Lines: w.lines}, nil
}

// scimPath returns the SCIM path in which an attribute of the source arrives.
func (w *work) scimPath(name string) (string, bool) {
	if p, ok := w.known[strings.ToLower(name)]; ok {
		return p, true
	}
	return "", false
}

// baseRule returns the first writing rule of the base for a SCIM path.
func (w *work) baseRule(path string) *mapping.Rule {
	if w.o.Base == nil || path == "" { // a rule that reads an expression has no path either
		return nil
	}
	for _, r := range w.o.Base.Rules() {
		if r.Direction != mapping.ToSCIM && r.Target != "" && samePath(w.o.Base.FullPath(r.SCIM), path) {
			return &r
		}
	}
	return nil
}

// baseRuleOf returns the first writing rule of the base for a field.
func (w *work) baseRuleOf(field string) *mapping.Rule {
	if w.o.Base == nil {
		return nil
	}
	for _, r := range w.o.Base.Rules() {
		if r.Direction != mapping.ToSCIM && strings.EqualFold(r.Target, field) {
			return &r
		}
	}
	return nil
}

// inPlaceOf gives a rule what the rule of the base has that it takes the place of.
func (r *rule) inPlaceOf(base *mapping.Rule) {
	r.name, r.target, r.pipe, r.lossy, r.required = base.Name, base.Target, base.Pipe, base.Lossy, base.Required
	r.alternative, r.alternatives = base.Alternative, base.Alternatives
	if base.OnUnset != "clear" {
		r.onUnset = base.OnUnset
	}
}

// samePath compares SCIM paths without case, the core namespaces left out.
func samePath(a, b string) bool { return strings.EqualFold(plainPath(a), plainPath(b)) }

func plainPath(p string) string {
	for _, urn := range []string{coreUser, coreGroup} {
		if len(p) > len(urn) && strings.EqualFold(p[:len(urn)], urn) && p[len(urn)] == ':' {
			p = p[len(urn)+1:]
		}
	}
	return strings.Join(strings.Fields(p), " ")
}

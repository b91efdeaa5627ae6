package mapping

import (
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// match is one compiled attempt to find a record.
type match struct {
	precedence int64
	parts      []matchField
}

type matchField struct {
	path    string // as written, "" of an expression
	source  *expr.Reader
	program *expr.Program
	steps   []step
	field   *field
	fold    bool
}

// MatchQuery finds the record that belongs to a resource.
type MatchQuery struct {
	// Fields are the values that the record has to have.
	Fields []FieldValue
	// Filter says the same, over the target's type: one eq, or several joined by
	// and.
	Filter schema.Filter

	parts []*matchField
}

// Accept reports whether a record that a query found has the values indeed:
// eventual and prefix-matching searches find too much. Texts are compared
// without case where the document says fold; else the record's value, or what
// the same pipe makes of it, has to be equal.
func (q *MatchQuery) Accept(rec *schema.Record) bool {
	for i, m := range q.parts {
		if !m.accepts(rec.Get(m.field.attr.Name), q.Fields[i].Value) {
			return false
		}
	}
	return true
}

func (m *matchField) accepts(have, want schema.Value) bool {
	for e := range have.Elements() {
		if e.Equal(want) {
			return true
		}
		s, ok := e.Str()
		t, okWant := want.Str()
		if ok && okWant {
			if m.fold && strings.EqualFold(s, t) {
				return true
			}
			if w, ok := forward(m.steps, e); ok && w.Equal(want) {
				return true
			}
		} else if e.Text() != "" && e.Text() == want.Text() && (ok || okWant) {
			return true // an id that the app sends as text once and as number then
		}
	}
	return false
}

// forward takes a value through the steps of a match. Lookups have no part in
// one.
func forward(steps []step, v schema.Value) (schema.Value, bool) {
	for i := range steps {
		s := &steps[i]
		switch {
		case s.values != nil:
			w, ok := s.values.m.Forward(v, schema.Value{})
			if !ok {
				return v, false
			}
			v = w
		case s.lookup != nil:
			return v, false
		default:
			w, err := s.fn.Forward(v)
			if err != nil || w.IsUnset() {
				return v, false
			}
			v = w
		}
	}
	return v, true
}

// Matches returns the queries by which the record of a resource is to be looked
// for, in the order in which to try them: the first that finds a record ends the
// search, several records are CodeMatchAmbiguous (see [AmbiguousMatch]). Queries
// whose source is unset, or has a value that the target cannot have, are left
// out. The error is an [*Errors]: a source that is ambiguous itself.
func (p *Plan) Matches(rec *schema.Record) ([]MatchQuery, error) {
	var queries []MatchQuery
	var errs []Error
	rec = adapt(p.resource, rec)
	scope := expr.Scope{Resource: rec, Steps: p.steps, Total: p.total}
next:
	for i := range p.match {
		var q MatchQuery
		var filters []schema.Filter
		for k := range p.match[i].parts {
			m := &p.match[i].parts[k]
			v, err := m.value(rec, &scope)
			if err != nil {
				errs = append(errs, Error{Status: 400, SCIMType: "invalidValue", Path: m.path, Target: m.field.attr.Name,
					Code: codeOf(err), Reason: clip(err.Error())})
				continue next
			}
			if v.IsUnset() {
				continue next
			}
			w, ok := forward(m.steps, v)
			if !ok || w.Unassigned() {
				continue next
			}
			if w = coerceOne(&m.field.attr, w); !m.field.attr.Fits(w) {
				continue next
			}
			q.Fields = append(q.Fields, FieldValue{m.field.attr.Name, w})
			q.parts = append(q.parts, m)
			filters = append(filters, &schema.Compare{Path: fieldPath(m.field.attr.Name), Op: schema.Eq, Value: w})
		}
		if len(filters) > 0 {
			q.Filter = join(filters, true)
			queries = append(queries, q)
		}
	}
	if errs != nil {
		return nil, &Errors{All: errs}
	}
	return queries, nil
}

func (m *matchField) value(rec *schema.Record, scope *expr.Scope) (schema.Value, error) {
	if m.program != nil {
		return m.program.Eval(scope)
	}
	return m.source.Scalar(rec)
}

func codeOf(err error) Code {
	if e := expr.AsError(err); e != nil {
		return Code(e.Code)
	}
	return CodeConvert
}

// AmbiguousMatch is the error for a query that found several records: 409
// uniqueness.
func AmbiguousMatch(q *MatchQuery) *Errors {
	var names []string
	for _, f := range q.Fields {
		names = append(names, f.Field)
	}
	e := Error{Status: 409, SCIMType: "uniqueness", Code: CodeMatchAmbiguous, Target: strings.Join(names, ", "),
		Reason: "several records have this value"}
	if len(q.parts) > 0 {
		e.Path = q.parts[0].path
	}
	return &Errors{All: []Error{e}}
}

package schema

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Op is an operator of a filter (RFC 7644 section 3.4.2.2). Operators are bits,
// so that a field can declare those that its target answers:
// Filter: Eq | Sw.
type Op uint16

// The operators.
const (
	Eq Op = 1 << iota // equal
	Ne                // not equal
	Co                // contains
	Sw                // starts with
	Ew                // ends with
	Pr                // is present; takes no value
	Gt                // greater than
	Ge                // greater than or equal
	Lt                // less than
	Le                // less than or equal

	// AllOps are all of them.
	AllOps = Eq | Ne | Co | Sw | Ew | Pr | Gt | Ge | Lt | Le
)

var opNames = [...]string{"eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le"}

// ParseOp returns the operator of that name, in any case, or 0.
func ParseOp(name string) Op {
	for i, n := range opNames {
		if strings.EqualFold(n, name) {
			return 1 << i
		}
	}
	return 0
}

// String returns the operator's name; those of a set are joined by a bar.
func (op Op) String() string {
	var names []string
	for i, n := range opNames {
		if op&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, "|")
}

// Filter is a parsed filter: an [And], [Or], [Not], [*Compare] or [*ValuePath].
// Its String has single spaces, lower-case operators, JSON literals and only
// the parentheses it needs; parsing that gives an equal filter, unless the spaces
// and escapes make it longer than [MaxFilterLength].
type Filter interface {
	fmt.Stringer
	filter()
}

// And holds when all of its filters hold; there are two at least.
type And []Filter

// Or holds when one of its filters holds; there are two at least.
type Or []Filter

// Not holds when its filter does not.
type Not struct{ Filter Filter }

// Compare is one comparison. Value is unset for Pr.
type Compare struct {
	Path  Path
	Op    Op
	Value Value
}

// ValuePath holds when one value of a multi-valued attribute passes the filter,
// whose paths name sub-attributes: emails[type eq "work"].
type ValuePath struct {
	Path   Path // its Filter is nil
	Filter Filter
}

func (And) filter()        {}
func (Or) filter()         {}
func (Not) filter()        {}
func (*Compare) filter()   {}
func (*ValuePath) filter() {}

// String returns the filter's text.
func (f And) String() string {
	return joinFilters(f, " and ", func(g Filter) bool { _, or := g.(Or); return or })
}

// String returns the filter's text.
func (f Or) String() string {
	return joinFilters(f, " or ", func(Filter) bool { return false })
}

// String returns the filter's text.
func (f Not) String() string { return "not (" + f.Filter.String() + ")" }

// String returns the filter's text.
func (f *Compare) String() string {
	s := f.Path.String() + " " + f.Op.String()
	if f.Op != Pr {
		// JSON without the escapes that only HTML needs.
		if t, ok := f.Value.Str(); ok {
			return s + " " + quote(t)
		}
		s += " " + string(f.Value.AppendJSON(nil))
	}
	return s
}

// String returns the filter's text.
func (f *ValuePath) String() string { return f.Path.String() + "[" + f.Filter.String() + "]" }

func joinFilters(fs []Filter, sep string, parens func(Filter) bool) string {
	var b strings.Builder
	for i, f := range fs {
		if i > 0 {
			b.WriteString(sep)
		}
		if parens(f) {
			b.WriteString("(" + f.String() + ")")
		} else {
			b.WriteString(f.String())
		}
	}
	return b.String()
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// ParseFilter reads a filter. Beyond the grammar of RFC 7644 it takes a
// sub-attribute behind a value path, as Entra sends it:
// emails[type eq "work"].value eq "x". The result names attributes as they were
// written; [Type.Match] binds it to a type. Errors are *SyntaxError of kind
// KindSyntax or KindLimit.
func ParseFilter(text string) (Filter, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected()
	}
	return f, nil
}

// MustParseFilter is ParseFilter for filters in code; it panics on an error.
func MustParseFilter(text string) Filter {
	f, err := ParseFilter(text)
	if err != nil {
		panic("schema: " + err.Error())
	}
	return f
}

func (p *parser) or(depth int) (Filter, error) {
	return p.sequence(depth, "or", p.and, func(fs []Filter) Filter { return Or(fs) })
}

func (p *parser) and(depth int) (Filter, error) {
	return p.sequence(depth, "and", p.not, func(fs []Filter) Filter { return And(fs) })
}

func (p *parser) sequence(depth int, word string, next func(int) (Filter, error), join func([]Filter) Filter) (Filter, error) {
	f, err := next(depth)
	if err != nil {
		return nil, err
	}
	var fs []Filter
	for p.tok.isWord(word) {
		p.next()
		g, err := next(depth)
		if err != nil {
			return nil, err
		}
		if fs == nil {
			fs = append(fs, f)
		}
		fs = append(fs, g)
	}
	if fs == nil {
		return f, nil
	}
	return join(flatten(fs, word)), nil
}

// flatten gives "(a and b) and c" the same form as "a and b and c".
func flatten(fs []Filter, word string) []Filter {
	var out []Filter
	for _, f := range fs {
		switch g := f.(type) {
		case And:
			if word == "and" {
				out = append(out, g...)
				continue
			}
		case Or:
			if word == "or" {
				out = append(out, g...)
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

func (p *parser) not(depth int) (Filter, error) {
	if depth > MaxFilterDepth {
		return nil, p.errorf(KindLimit, "the filter nests deeper than %d", MaxFilterDepth)
	}
	// "not" may stand before a parenthesis only, so an attribute of that name
	// can still be compared.
	negated := p.tok.isWord("not") && p.peekParen()
	if negated {
		p.next()
	}
	if p.tok.kind != tokOpen {
		return p.comparison(depth)
	}
	p.next()
	f, err := p.or(depth + 1)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokClose {
		return nil, p.unexpected()
	}
	p.next()
	if negated {
		return Not{f}, nil
	}
	return f, nil
}

func (p *parser) comparison(depth int) (Filter, error) {
	if p.terms++; p.terms > MaxFilterTerms {
		return nil, p.errorf(KindLimit, "the filter has more than %d comparisons", MaxFilterTerms)
	}
	path, err := p.path(depth)
	if err != nil {
		return nil, err
	}
	if path.Filter != nil && path.Sub == "" && p.endsExpression() {
		inner := path.Filter
		path.Filter = nil
		return &ValuePath{Path: path, Filter: inner}, nil
	}
	if p.tok.kind != tokWord {
		return nil, p.unexpected()
	}
	op := ParseOp(p.tok.text)
	if op == 0 {
		return nil, p.errorAt(KindSyntax, p.tok.text, "no such operator")
	}
	p.next()
	if op == Pr {
		return &Compare{Path: path, Op: Pr}, nil
	}
	v, err := p.literal()
	if err != nil {
		return nil, err
	}
	return &Compare{Path: path, Op: op, Value: v}, nil
}

// endsExpression reports whether the current token can follow a complete
// expression, so that an operator is not what comes next.
func (p *parser) endsExpression() bool {
	switch p.tok.kind {
	case tokEnd, tokClose, tokCloseBracket:
		return true
	case tokWord:
		return p.tok.isWord("and") || p.tok.isWord("or")
	default:
		return false
	}
}

func (p *parser) literal() (Value, error) {
	t := p.tok
	switch {
	case t.kind == tokString:
		p.next()
		return StringValue(t.text), nil
	case t.isWord("true"), t.isWord("false"):
		p.next()
		return BooleanValue(strings.EqualFold(t.text, "true")), nil
	case t.isWord("null"):
		p.next()
		return Null(), nil
	case t.kind == tokWord:
		if v, ok := NumberValue(t.text); ok {
			p.next()
			return v, nil
		}
		if json.Valid([]byte(t.text)) {
			return Value{}, p.errorf(KindLimit, "a number has too many digits")
		}
		return Value{}, p.errorf(KindSyntax, "a value has to be a JSON string, number, true, false or null")
	default:
		return Value{}, p.unexpected()
	}
}

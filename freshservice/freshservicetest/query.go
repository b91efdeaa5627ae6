package freshservicetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxQuery is the longest "query=" value, in characters, its double quotes
// included (§4.4).
const maxQuery = 512

// queryKind says which values and comparisons a query field takes (§4.4).
type queryKind int

const (
	textQuery queryKind = iota
	phoneQuery
	integerQuery
	dateQuery
)

// node is a part of a parsed query.
type node interface {
	matches(document) bool
	String() string
}

// document is what a query looks at in a record. The value of a field is
// string, int64, []int64, float64, time.Time (a date) or nil.
type document interface {
	value(field string) any
	// starts reports whether the field starts with a prefix in lower case.
	starts(field, prefix string) bool
}

// both and either are AND and OR.
type both struct{ left, right node }

type either struct{ left, right node }

// comparison is a term "field:value". Exactly one of the values counts, by the
// field's kind; null is unset.
type comparison struct {
	field   string
	op      string // ":", ":>" or ":<"
	kind    queryKind
	null    bool
	text    string
	integer int64
	exact   bool // compares the case
	escape  QueryEscape
}

// prefixSearch is a term "~[a|b]:'x'".
type prefixSearch struct {
	fields []string
	text   string
	escape QueryEscape
}

// Every part of a query is a node.
var _ = []node{both{}, either{}, comparison{}, prefixSearch{}}

func (n both) matches(d document) bool   { return n.left.matches(d) && n.right.matches(d) }
func (n either) matches(d document) bool { return n.left.matches(d) || n.right.matches(d) }

func (n both) String() string   { return "(" + n.left.String() + " AND " + n.right.String() + ")" }
func (n either) String() string { return "(" + n.left.String() + " OR " + n.right.String() + ")" }

func (n comparison) String() string {
	value := "null"
	switch {
	case n.null:
	case n.kind == integerQuery:
		value = strconv.FormatInt(n.integer, 10)
	default:
		value = quoteValue(n.text, n.escape)
	}
	return n.field + n.op + value
}

func (n prefixSearch) String() string {
	return "~[" + strings.Join(n.fields, "|") + "]:" + quoteValue(n.text, n.escape)
}

func quoteValue(s string, e QueryEscape) string {
	switch e {
	case EscapeBackslash:
		s = strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)
	case EscapeDoubled:
		s = strings.ReplaceAll(s, "'", "''")
	}
	return "'" + s + "'"
}

func (n comparison) matches(d document) bool {
	v := d.value(n.field)
	if n.null {
		list, isList := v.([]int64)
		return v == nil || v == "" || isList && len(list) == 0
	}
	switch v := v.(type) {
	case string:
		if n.exact {
			return v == n.text
		}
		return strings.EqualFold(v, n.text)
	case int64:
		return n.compares(v, n.integer)
	case float64:
		switch n.op {
		case ":>":
			return v >= float64(n.integer)
		case ":<":
			return v <= float64(n.integer)
		}
		return v == float64(n.integer)
	case []int64:
		for _, id := range v {
			if n.compares(id, n.integer) {
				return true
			}
		}
	case time.Time:
		day := v.Format(time.DateOnly) // compares as text
		switch n.op {
		case ":>":
			return day >= n.text
		case ":<":
			return day <= n.text
		}
		return day == n.text
	}
	return false
}

// compares reads ":>" as at least and ":<" as at most (§4.4).
func (n comparison) compares(have, want int64) bool {
	switch n.op {
	case ":>":
		return have >= want
	case ":<":
		return have <= want
	}
	return have == want
}

func (n prefixSearch) matches(d document) bool {
	prefix := strings.ToLower(n.text)
	for _, f := range n.fields {
		if d.starts(f, prefix) {
			return true
		}
	}
	return false
}

// errUnknownField is what a query with an unknown field is refused with, under
// the code invalid_value (§1.5).
var errUnknownField = errors.New("[:invalid_field]")

// parseQuery reads the value of "query=" (§4.4):
//
//	query = DQUOTE expr DQUOTE
//	expr  = and { "OR" and }          AND binds tighter; undocumented
//	and   = term { "AND" term }
//	term  = "(" expr ")" | field ( ":" | ":>" | ":<" ) value | prefix
func (a *Account) parseQuery(s string, fields map[string]queryKind) (node, error) {
	if utf8.RuneCountInString(s) > maxQuery {
		return nil, fmt.Errorf("the query is longer than %d characters", maxQuery)
	}
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return nil, errors.New("the query should be in double quotes")
	}
	p := &queryParser{
		rest:   s[1 : len(s)-1],
		fields: fields,
		exact:  a.rules.QueryCaseSensitive,
		escape: a.rules.QueryEscape,
	}
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.space(); p.rest != "" {
		return nil, errors.New("the query goes on after its end")
	}
	return n, nil
}

// queryParser descends into a query; its depth is bounded by maxQuery.
type queryParser struct {
	rest   string
	fields map[string]queryKind
	exact  bool
	escape QueryEscape
}

func (p *queryParser) space() { p.rest = strings.TrimLeft(p.rest, " ") }

// eat takes a token.
func (p *queryParser) eat(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

// keyword takes a word that ends at a space or a parenthesis.
func (p *queryParser) keyword(word string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, word)
	if !ok || rest == "" || rest[0] != ' ' && rest[0] != '(' {
		return false
	}
	p.rest = rest
	return true
}

func (p *queryParser) expression() (node, error) {
	left, err := p.conjunction()
	for err == nil && p.keyword("OR") {
		var right node
		if right, err = p.conjunction(); err == nil {
			left = either{left, right}
		}
	}
	return left, err
}

func (p *queryParser) conjunction() (node, error) {
	left, err := p.term()
	for err == nil && p.keyword("AND") {
		var right node
		if right, err = p.term(); err == nil {
			left = both{left, right}
		}
	}
	return left, err
}

func (p *queryParser) term() (node, error) {
	if p.eat("(") {
		n, err := p.expression()
		if err != nil {
			return nil, err
		}
		if !p.eat(")") {
			return nil, errors.New("a parenthesis is not closed")
		}
		return n, nil
	}
	if p.eat("~[") {
		return p.prefix()
	}
	return p.comparison()
}

// name takes a field name.
func (p *queryParser) name() string {
	p.space()
	n := 0
	for n < len(p.rest) {
		c := p.rest[n]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			break
		}
		n++
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	return name
}

func (p *queryParser) prefix() (node, error) {
	n := prefixSearch{escape: p.escape}
	for {
		name := p.name()
		switch name {
		case "first_name", "last_name", "name", "primary_email", "email", "mobile_phone_number", "work_phone_number":
			if _, ok := p.fields[name]; !ok {
				return nil, errUnknownField
			}
		default:
			return nil, errUnknownField
		}
		n.fields = append(n.fields, name)
		if p.eat("]") {
			break
		}
		if !p.eat("|") {
			return nil, errors.New("a list of fields is not closed")
		}
	}
	if !p.eat(":") {
		return nil, errors.New("a colon is missing")
	}
	text, err := p.quoted()
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, errors.New("a prefix is empty")
	}
	n.text = text
	return n, nil
}

func (p *queryParser) comparison() (node, error) {
	name := p.name()
	if name == "" {
		return nil, errors.New("a field name is missing")
	}
	kind, known := p.fields[name]
	if !known {
		return nil, errUnknownField
	}
	n := comparison{field: name, op: ":", kind: kind, exact: p.exact, escape: p.escape}
	if !p.eat(":") {
		return nil, errors.New("a colon is missing")
	}
	// The two signs of an operator stand together; spaces around it are fine.
	for _, sign := range []string{">", "<"} {
		if rest, ok := strings.CutPrefix(p.rest, sign); ok {
			n.op, p.rest = ":"+sign, rest
		}
	}
	if n.op != ":" && kind != integerQuery && kind != dateQuery {
		return nil, fmt.Errorf("%s cannot be used on %s", n.op, name)
	}
	p.space()
	if n.op == ":" && p.null() {
		n.null = true
		return n, nil
	}
	var err error
	switch kind {
	case integerQuery:
		word := p.digits()
		if n.integer, err = strconv.ParseInt(word, 10, 64); err != nil {
			return nil, fmt.Errorf("%s should be an integer", name)
		}
		return n, nil
	case phoneQuery: // sample URLs leave the quotes out
		if !strings.HasPrefix(p.rest, "'") {
			if n.text = p.digits(); n.text != "" {
				return n, nil
			}
		}
	}
	if n.text, err = p.quoted(); err != nil {
		return nil, err
	}
	if kind == dateQuery {
		if _, err := time.Parse(time.DateOnly, n.text); err != nil {
			return nil, fmt.Errorf("%s should be a date in the form YYYY-MM-DD", name)
		}
	}
	return n, nil
}

// null takes the word null.
func (p *queryParser) null() bool {
	rest, ok := strings.CutPrefix(p.rest, "null")
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != ')' {
		return false
	}
	p.rest = rest
	return true
}

// digits takes an integer without quotes.
func (p *queryParser) digits() string {
	n := 0
	for n < len(p.rest) && (p.rest[n] >= '0' && p.rest[n] <= '9' || n == 0 && (p.rest[n] == '-' || p.rest[n] == '+')) {
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

// quoted takes a value in single quotes.
func (p *queryParser) quoted() (string, error) {
	if !p.eat("'") {
		return "", errors.New("a value should be in single quotes")
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		c := p.rest[i]
		switch {
		case c == '\'' && p.escape == EscapeDoubled && strings.HasPrefix(p.rest[i+1:], "'"):
			i++
		case c == '\'':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case c == '\\' && p.escape == EscapeBackslash && i+1 < len(p.rest):
			i++
			c = p.rest[i]
		case c == '"' || c == '\\':
			if p.escape == EscapeNone {
				return "", errors.New("a value has a quote or a backslash")
			}
		}
		b.WriteByte(c)
	}
	return "", errors.New("a quoted value is not closed")
}

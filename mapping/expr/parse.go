package expr

import (
	"strings"
	"unicode/utf8"
)

// Bounds of an expression. Past them Parse fails with E_COST.
const (
	MaxLength = 4096 // bytes of text
	MaxDepth  = 32   // operations within operations; a pipe counts as a call
	MaxNodes  = 200  // operations, paths and literals
)

// maxNesting bounds the recursion of the parser. Printing an expression of
// MaxDepth needs at most one pair of parentheses per operation, so that what is
// printed can be read again.
const maxNesting = 2 * MaxDepth

// Parse reads an expression. Errors are *Error with the code E_SYNTAX or E_COST.
// Names are looked up by [Compile] only.
func Parse(text string) (*Expr, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	root, perr := p.whole()
	if perr != nil {
		return nil, perr
	}
	return &Expr{root: root}, nil
}

// MustParse is Parse for expressions in code; it panics on an error.
func MustParse(text string) *Expr {
	e, err := Parse(text)
	if err != nil {
		panic("expr: " + err.Error())
	}
	return e
}

// parser reads an expression by recursive descent.
type parser struct {
	text    string
	pos     int
	nodes   int
	nesting int
}

func newParser(text string) (*parser, error) {
	if len(text) > MaxLength {
		return nil, errorAt(CodeCost, 0, len(text), "the expression is longer than %d bytes", MaxLength)
	}
	if !utf8.ValidString(text) {
		return nil, errorAt(CodeSyntax, 0, 0, "the expression is not valid UTF-8")
	}
	return &parser{text: text}, nil
}

func (p *parser) whole() (*node, *Error) {
	n, err := p.expr()
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(p.text) {
		return nil, p.unexpected()
	}
	if n.depth() > MaxDepth {
		return nil, errorAt(CodeCost, 0, len(p.text), "operations nest deeper than %d", MaxDepth)
	}
	return n, nil
}

func (p *parser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// peek skips white space and reports whether s comes next.
func (p *parser) peek(s string) bool {
	p.space()
	return strings.HasPrefix(p.text[p.pos:], s)
}

// accept is peek, and goes past s.
func (p *parser) accept(s string) bool {
	if !p.peek(s) {
		return false
	}
	p.pos += len(s)
	return true
}

func (p *parser) node(op op, off int, args ...*node) (*node, *Error) {
	if p.nodes++; p.nodes > MaxNodes {
		return nil, errorAt(CodeCost, 0, len(p.text), "the expression has more than %d parts", MaxNodes)
	}
	return &node{op: op, off: off, length: p.pos - off, args: args}, nil
}

// nested runs parse one level down.
func (p *parser) nested(parse func() (*node, *Error)) (*node, *Error) {
	if p.nesting++; p.nesting > maxNesting {
		return nil, errorAt(CodeCost, p.pos, 0, "parentheses and operations nest deeper than %d", maxNesting)
	}
	defer func() { p.nesting-- }()
	return parse()
}

func (p *parser) expr() (*node, *Error) {
	p.space()
	off := p.pos
	n, err := p.ternary()
	for err == nil && p.peek("|") && !p.peek("||") {
		p.pos++
		p.space()
		if p.pos == len(p.text) || !isNameStart(p.text[p.pos]) {
			return nil, p.expected("a function name after |")
		}
		name := p.word()
		args := []*node{n}
		if p.accept("(") {
			var more []*node
			if more, err = p.arguments(); err != nil {
				return nil, err
			}
			args = append(args, more...)
		}
		if n, err = p.node(opCall, off, args...); err != nil {
			return nil, err
		}
		n.name = name
		if p.operator() {
			return nil, errorAt(CodeSyntax, p.pos, 0, "a pipe takes all that stands before it: put it in parentheses to go on")
		}
	}
	return n, err
}

// operator reports whether an operator comes next that cannot follow a pipe.
func (p *parser) operator() bool {
	for _, sign := range []string{"||", "&&", "==", "!=", "<", ">", "+", "?"} {
		if p.peek(sign) {
			return true
		}
	}
	return false
}

func (p *parser) ternary() (*node, *Error) {
	p.space()
	off := p.pos
	cond, err := p.sequence(opOr, "||", p.and)
	if err != nil || !p.accept("?") {
		return cond, err
	}
	yes, err := p.nested(p.ternary)
	if err != nil {
		return nil, err
	}
	if !p.accept(":") {
		e := p.expected(`":" and the other value of the condition`)
		if yes.op == opPath && yes.name != "" {
			e.Suggestion = yes.name + " :" + strings.TrimPrefix(yes.path.String(), yes.name)
			e.Msg = `":" and the other value of the condition are missing; a space before ":" tells it from a prefix`
		}
		return nil, e
	}
	no, err := p.nested(p.ternary)
	if err != nil {
		return nil, err
	}
	return p.node(opTernary, off, cond, yes, no)
}

// sequence reads operands joined by one operator.
func (p *parser) sequence(op op, sign string, operand func() (*node, *Error)) (*node, *Error) {
	p.space()
	off := p.pos
	first, err := operand()
	if err != nil || !p.peek(sign) {
		return first, err
	}
	args := []*node{first}
	for p.accept(sign) {
		n, err := operand()
		if err != nil {
			return nil, err
		}
		args = append(args, n)
	}
	return p.node(op, off, args...)
}

func (p *parser) and() (*node, *Error) { return p.sequence(opAnd, "&&", p.not) }

func (p *parser) not() (*node, *Error) {
	p.space()
	off := p.pos
	if !p.peek("!") || p.peek("!=") {
		return p.comparison()
	}
	p.pos++
	n, err := p.nested(p.not)
	if err != nil {
		return nil, err
	}
	return p.node(opNot, off, n)
}

func (p *parser) comparison() (*node, *Error) {
	p.space()
	off := p.pos
	left, err := p.sequence(opAdd, "+", p.primary)
	if err != nil {
		return nil, err
	}
	sign := p.comparator()
	if sign == "" {
		return left, nil
	}
	right, err := p.sequence(opAdd, "+", p.primary)
	if err != nil {
		return nil, err
	}
	n, err := p.node(opCompare, off, left, right)
	if err != nil {
		return nil, err
	}
	n.name = sign
	at := p.pos
	if p.comparator() != "" {
		return nil, errorAt(CodeSyntax, at, p.pos-at, "comparisons do not chain, join them by &&")
	}
	return n, nil
}

func (p *parser) comparator() string {
	if p.peek("<>") {
		return ""
	}
	for _, sign := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.accept(sign) {
			return sign
		}
	}
	return ""
}

// arguments reads what follows the opening parenthesis of a call. A pipe may
// stand in an argument, although the grammar of mapping-design.md asks for
// parentheses around it: there is nothing it could be taken for.
func (p *parser) arguments() ([]*node, *Error) {
	var args []*node
	if p.accept(")") {
		return nil, nil
	}
	for {
		n, err := p.nested(p.expr)
		if err != nil {
			return nil, err
		}
		args = append(args, n)
		if p.accept(")") {
			return args, nil
		}
		if !p.accept(",") {
			return nil, p.expected(`"," or ")"`)
		}
	}
}

func (p *parser) expected(what string) *Error {
	e := p.unexpected()
	if e.Suggestion == "" {
		e.Msg = what + " is missing"
	}
	return e
}

// unexpected is the error of what stands at the parser's place, with a hint for
// what other languages write there.
func (p *parser) unexpected() *Error {
	p.space()
	rest := p.text[p.pos:]
	if rest == "" {
		return errorAt(CodeSyntax, p.pos, 0, "it ends too early")
	}
	r, size := utf8.DecodeRuneInString(rest)
	if strings.ContainsRune("“”„‟‘’‚‛«»‹›", r) || r == '\'' || r == '`' {
		e := errorAt(CodeSyntax, p.pos, size, "text stands in plain double quotes")
		e.Suggestion = `"`
		return e
	}
	for _, hint := range [...][2]string{{"<>", "!="}, {"=", "=="}, {"&", "&&"}} {
		if strings.HasPrefix(rest, hint[0]) && !strings.HasPrefix(rest, hint[1]) {
			e := errorAt(CodeSyntax, p.pos, len(hint[0]), "unexpected %s", quote(hint[0]))
			e.Suggestion = hint[1]
			return e
		}
	}
	if isNameStart(rest[0]) {
		start := p.pos
		word := p.word()
		p.pos = start
		e := errorAt(CodeSyntax, start, len(word), "unexpected %s", quote(word))
		switch strings.ToLower(word) {
		case "and":
			e.Suggestion = "&&"
		case "or":
			e.Suggestion = "||"
		case "eq":
			e.Suggestion = "=="
		case "ne":
			e.Suggestion = "!="
		}
		return e
	}
	return errorAt(CodeSyntax, p.pos, size, "unexpected %s", quote(string(r)))
}

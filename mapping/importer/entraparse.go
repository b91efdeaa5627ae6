package importer

import (
	"errors"
	"fmt"
	"strings"
)

// nodeKind says what a node of an Entra expression is.
type nodeKind uint8

const (
	nodeNothing   nodeKind = iota // an argument that was left out
	nodeText                      // "text"
	nodeNumber                    // 12, -1, &HF
	nodeAttribute                 // [name]
	nodeCall                      // Name(…)
	nodeCompare                   // a = b
	nodeWord                      // True, False, Null, vbTextCompare
)

// node is a part of an Entra expression.
type node struct {
	kind nodeKind
	text string // of a text, a number or a word; name of a call or an attribute; operator
	args []*node
}

// limits of expressions.
const (
	maxExpression = 16 << 10
	maxDepth      = 32
)

// parseEntra reads an expression of Entra's mapping language: calls with possibly
// empty arguments, [attributes], "texts" with \" or "" for a quotation mark,
// numbers, and comparisons. Errors name the place, counted in bytes from 1.
func parseEntra(text string) (*node, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("it is longer than %d bytes", maxExpression)
	}
	p := &entraParser{text: text}
	n, err := p.comparison(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(text) {
		return nil, p.unexpected()
	}
	return n, nil
}

type entraParser struct {
	text string
	pos  int
}

func (p *entraParser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *entraParser) unexpected() error {
	if p.pos >= len(p.text) {
		return errors.New("it ends too early")
	}
	return fmt.Errorf("%q at %d is unexpected", p.text[p.pos], p.pos+1)
}

func (p *entraParser) accept(s string) bool {
	p.space()
	if strings.HasPrefix(p.text[p.pos:], s) {
		p.pos += len(s)
		return true
	}
	return false
}

func (p *entraParser) comparison(depth int) (*node, error) {
	left, err := p.primary(depth)
	if err != nil {
		return nil, err
	}
	for _, op := range []string{"<>", "<=", ">=", "==", "!=", "=", "<", ">"} {
		if p.accept(op) {
			right, err := p.primary(depth)
			if err != nil {
				return nil, err
			}
			return &node{kind: nodeCompare, text: op, args: []*node{left, right}}, nil
		}
	}
	return left, nil
}

func (p *entraParser) primary(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	p.space()
	if p.pos >= len(p.text) {
		return nil, p.unexpected()
	}
	switch c := p.text[p.pos]; {
	case c == '[':
		end := strings.IndexByte(p.text[p.pos:], ']')
		if end < 2 {
			return nil, p.unexpected()
		}
		name := strings.TrimSpace(p.text[p.pos+1 : p.pos+end])
		p.pos += end + 1
		return &node{kind: nodeAttribute, text: name}, nil
	case c == '"':
		return p.quoted()
	case c == '(':
		p.pos++
		n, err := p.comparison(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, p.unexpected()
		}
		return n, nil
	case c == '&' || c == '-' || c >= '0' && c <= '9':
		return p.number()
	case letter(c):
		return p.word(depth)
	default:
		return nil, p.unexpected()
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (p *entraParser) quoted() (*node, error) {
	var b strings.Builder
	for i := p.pos + 1; i < len(p.text); i++ {
		c := p.text[i]
		next := byte(0)
		if i+1 < len(p.text) {
			next = p.text[i+1]
		}
		switch {
		case c == '\\' && (next == '"' || next == '\\'):
			// A backslash before anything else is one: patterns have them.
			b.WriteByte(next)
			i++
		case c == '"' && next == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			p.pos = i + 1
			return &node{kind: nodeText, text: b.String()}, nil
		default:
			b.WriteByte(c)
		}
	}
	p.pos = len(p.text)
	return nil, errors.New("a text has no end")
}

func (p *entraParser) number() (*node, error) {
	start := p.pos
	digits := "0123456789"
	if rest := p.text[p.pos:]; len(rest) > 2 && rest[0] == '&' && rest[1]|0x20 == 'h' {
		p.pos += 2
		digits = "0123456789abcdefABCDEF"
	} else if rest[0] == '-' {
		p.pos++
	}
	begin := p.pos
	for p.pos < len(p.text) && strings.IndexByte(digits, p.text[p.pos]) >= 0 {
		p.pos++
	}
	if p.pos == begin || p.pos-begin > 18 {
		p.pos = start
		return nil, p.unexpected()
	}
	return &node{kind: nodeNumber, text: p.text[start:p.pos]}, nil
}

// word reads a call, or a word by itself.
func (p *entraParser) word(depth int) (*node, error) {
	start := p.pos
	for p.pos < len(p.text) && (letter(p.text[p.pos]) || p.text[p.pos] >= '0' && p.text[p.pos] <= '9') {
		p.pos++
	}
	n := &node{kind: nodeWord, text: p.text[start:p.pos]}
	if !p.accept("(") {
		return n, nil
	}
	n.kind = nodeCall
	if p.accept(")") {
		return n, nil
	}
	for {
		p.space()
		if p.pos < len(p.text) && (p.text[p.pos] == ',' || p.text[p.pos] == ')') {
			n.args = append(n.args, &node{})
		} else {
			a, err := p.comparison(depth + 1)
			if err != nil {
				return nil, err
			}
			n.args = append(n.args, a)
		}
		switch {
		case p.accept(","):
		case p.accept(")"):
			return n, nil
		default:
			return nil, p.unexpected()
		}
	}
}

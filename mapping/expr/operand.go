package expr

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// primary reads what an operator joins: a literal, a variable, a path, a call or
// an expression in parentheses.
func (p *parser) primary() (*node, *Error) {
	p.space()
	off := p.pos
	if off == len(p.text) {
		return nil, p.unexpected()
	}
	switch c := p.text[off]; {
	case c == '(':
		p.pos++
		n, err := p.nested(p.expr)
		if err != nil {
			return nil, err
		}
		if !p.accept(")") {
			return nil, p.expected(`")"`)
		}
		return n, nil
	case c == '"':
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return p.literal(off, schema.StringValue(s))
	case c == '-' || isDigit(c):
		return p.number()
	case c == '$':
		return p.variable()
	case isNameStart(c):
		return p.name()
	default:
		return nil, p.unexpected()
	}
}

func (p *parser) literal(off int, v schema.Value) (*node, *Error) {
	n, err := p.node(opLiteral, off)
	if err == nil {
		n.value = v
	}
	return n, err
}

// quoted reads a JSON string.
func (p *parser) quoted() (string, *Error) {
	off := p.pos
	for i := off + 1; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			i++
		case '"':
			var s string
			if err := json.Unmarshal([]byte(p.text[off:i+1]), &s); err != nil {
				return "", errorAt(CodeSyntax, off, i+1-off, "not a JSON string: control characters and backslashes have to be escaped")
			}
			p.pos = i + 1
			return s, nil
		}
	}
	return "", errorAt(CodeSyntax, off, len(p.text)-off, "the string is not closed")
}

func (p *parser) number() (*node, *Error) {
	off := p.pos
	p.pos++
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		sign := (c == '+' || c == '-') && strings.IndexByte("eE", p.text[p.pos-1]) >= 0
		if !sign && c != '.' && !isNameByte(c) || c == '-' && !sign {
			break
		}
		p.pos++
	}
	v, ok := schema.NumberValue(p.text[off:p.pos])
	if !ok {
		return nil, errorAt(CodeSyntax, off, p.pos-off, "not a number")
	}
	return p.literal(off, v)
}

// variable reads $op, $now or $target with its path.
func (p *parser) variable() (*node, *Error) {
	off := p.pos
	p.pos++
	switch name := p.word(); name {
	case "op":
		return p.node(opOp, off)
	case "now":
		return p.node(opNow, off)
	case "target":
		if p.pos == len(p.text) || p.text[p.pos] != '.' {
			return nil, errorAt(CodeSyntax, off, p.pos-off, "$target needs a field: $target.name")
		}
		p.pos++
		keys, err := p.keys()
		if err != nil {
			return nil, err
		}
		n, err := p.node(opTarget, off)
		if err != nil {
			return nil, err
		}
		n.name = joinKeys(keys)
		return n, nil
	default:
		e := errorAt(CodeSyntax, off, p.pos-off, "there is no $%s", name)
		e.Suggestion = Suggest("$"+name, []string{"$op", "$now", "$target"})
		return nil, e
	}
}

// keys reads the keys of a target path: plain ones, or quoted where they have a
// dot or the like.
func (p *parser) keys() ([]string, *Error) {
	var keys []string
	for {
		if p.pos < len(p.text) && p.text[p.pos] == '"' {
			key, err := p.quoted()
			if err != nil {
				return nil, err
			}
			keys = append(keys, key)
		} else {
			key := p.word()
			if key == "" {
				return nil, p.expected("a key of the field's path")
			}
			keys = append(keys, key)
		}
		if p.pos == len(p.text) || p.text[p.pos] != '.' {
			return keys, nil
		}
		p.pos++
	}
}

// joinKeys writes a target path, with quotes where a key is not plain.
func joinKeys(keys []string) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('.')
		}
		if k != "" && strings.IndexFunc(k, func(r rune) bool { return r >= utf8.RuneSelf || !isNameByte(byte(r)) }) < 0 {
			b.WriteString(k)
		} else {
			b.WriteString(quote(k))
		}
	}
	return b.String()
}

// word reads the bytes of a plain name.
func (p *parser) word() string {
	off := p.pos
	for p.pos < len(p.text) && isNameByte(p.text[p.pos]) {
		p.pos++
	}
	return p.text[off:p.pos]
}

// name reads what begins with a letter: a literal, a call or a SCIM path.
func (p *parser) name() (*node, *Error) {
	off := p.pos
	word := p.word()
	next := byte(0)
	if p.pos < len(p.text) {
		next = p.text[p.pos]
	}
	switch {
	case next == ':' && strings.EqualFold(word, "urn"):
		for p.pos < len(p.text) && (isNameByte(p.text[p.pos]) || p.text[p.pos] == ':' || p.text[p.pos] == '.') {
			p.pos++
		}
		return p.path(off, "", off)
	case next == ':' && p.pos+1 < len(p.text) && isNameByte(p.text[p.pos+1]):
		p.pos++
		start := p.pos
		p.dotted()
		return p.path(off, word, start)
	case next == '.' || next == '[':
		p.dotted()
		return p.path(off, "", off)
	}
	end := p.pos
	if p.accept("(") {
		args, err := p.arguments()
		if err != nil {
			return nil, err
		}
		n, err := p.node(opCall, off, args...)
		if err == nil {
			n.name = word
		}
		return n, err
	}
	p.pos = end
	switch word {
	case "true", "false":
		return p.literal(off, schema.BooleanValue(word == "true"))
	case "null":
		return p.literal(off, schema.Null())
	default:
		return p.path(off, "", off)
	}
}

func (p *parser) dotted() {
	for p.pos < len(p.text) && (isNameByte(p.text[p.pos]) || p.text[p.pos] == '.') {
		p.pos++
	}
}

// path ends the SCIM path whose name, read already, begins at start: with its
// value filter and what follows that.
func (p *parser) path(off int, prefix string, start int) (*node, *Error) {
	if p.pos < len(p.text) && p.text[p.pos] == '[' {
		if err := p.brackets(); err != nil {
			return nil, err
		}
		if p.pos < len(p.text) && p.text[p.pos] == '.' {
			p.dotted()
		}
	}
	path, err := schema.ParsePath(p.text[start:p.pos])
	if err != nil {
		return nil, p.pathError(err, start)
	}
	n, nerr := p.node(opPath, off)
	if nerr == nil {
		n.name, n.path = prefix, path
	}
	return n, nerr
}

// brackets goes past a value filter, which the schema package reads.
func (p *parser) brackets() *Error {
	off := p.pos
	depth := 0
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			if _, err := p.quoted(); err != nil {
				return err
			}
			continue
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c >= utf8.RuneSelf || c == '\'':
			return p.unexpected()
		}
		p.pos++
		if depth == 0 {
			return nil
		}
	}
	return errorAt(CodeSyntax, off, p.pos-off, "the value filter is not closed")
}

func (p *parser) pathError(err error, start int) *Error {
	var syntax *schema.SyntaxError
	if !errors.As(err, &syntax) {
		return errorAt(CodeSyntax, start, p.pos-start, "%s", err)
	}
	e := errorAt(CodeSyntax, start, p.pos-start, "%s", syntax.Msg)
	if syntax.Kind == schema.KindLimit {
		e.Code = CodeCost
	}
	if syntax.Offset >= 0 {
		e.Offset, e.Length = min(start+syntax.Offset, len(p.text)), len(syntax.Text)
	}
	if syntax.Text != "" {
		e.Msg += " " + quote(syntax.Text)
	}
	return e
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

func isNameByte(c byte) bool { return isNameStart(c) || isDigit(c) || c == '-' || c == '$' }

package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Path is a parsed attribute path (RFC 7644 section 3.5.2), as it was written:
// an optional URN, a name, an optional value filter, an optional sub-attribute.
// A URN alone parses as one, too: with its last part as Attr. [Type.Select]
// knows the type's URNs and tells the two apart.
type Path struct {
	URN    string // without the colon behind it; "" when there is none
	Attr   string
	Filter Filter // nil when there is none
	Sub    string // "" when there is none
}

// String returns the path's text.
func (p Path) String() string {
	s := p.Attr
	if p.URN != "" {
		s = p.URN + ":" + s
	}
	if p.Filter != nil {
		s += "[" + p.Filter.String() + "]"
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// ParsePath reads an attribute path. Errors are *SyntaxError of kind KindSyntax
// or KindLimit.
func ParsePath(text string) (Path, error) {
	if path, ok := simplePath(text); ok {
		return path, nil
	}
	p, err := newParser(text)
	if err != nil {
		return Path{}, err
	}
	path, err := p.path(0)
	if err != nil {
		return Path{}, err
	}
	if p.tok.kind != tokEnd {
		return Path{}, p.unexpected()
	}
	return path, nil
}

// MustParsePath is ParsePath for paths in code; it panics on an error.
func MustParsePath(text string) Path {
	p, err := ParsePath(text)
	if err != nil {
		panic("schema: " + err.Error())
	}
	return p
}

// simplePath is the way of most paths, which have no filter: no token and no
// allocation is needed for them.
func simplePath(text string) (Path, bool) {
	if text == "" || len(text) > MaxFilterLength || strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 || !isWordByte(byte(r)) }) >= 0 {
		return Path{}, false
	}
	return splitName(text)
}

// splitName takes "urn:…:name.sub" apart. The name of an attribute cannot have
// a colon, so the last one ends the URN, whose dots therefore do no harm.
func splitName(text string) (Path, bool) {
	var p Path
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		p.URN, text = text[:i], text[i+1:]
		if !isURN(p.URN) {
			return Path{}, false
		}
	}
	p.Attr, p.Sub, _ = strings.Cut(text, ".")
	if !isName(p.Attr) || strings.HasSuffix(text, ".") || (p.Sub != "" && !isDottedName(p.Sub)) {
		return Path{}, false
	}
	return p, true
}

// isName follows the grammar of RFC 7643 section 2.1, with "$ref" as the RFC
// itself has it. A digit may come first: "…:User:2ndApprover" has been seen, and
// "2.0:User" is what splits off a bare URN.
func isName(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '$' {
			return false
		}
	}
	return true
}

func isDottedName(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if !isName(part) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isWordByte holds for what can be part of a path, a number or a keyword. URNs
// may have more (RFC 8141), but none in use does.
func isWordByte(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("-_$:./+%@!*'~", c) >= 0
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokWord
	tokString
	tokOpen
	tokClose
	tokOpenBracket
	tokCloseBracket
	tokBad
)

type token struct {
	kind tokenKind
	text string // of a string: its value
	pos  int
	gap  bool // white space stands before it
}

func (t token) isWord(w string) bool { return t.kind == tokWord && strings.EqualFold(t.text, w) }

// parser reads filters and paths, one token ahead.
type parser struct {
	text  string
	pos   int
	tok   token
	terms int
}

func newParser(text string) (*parser, error) {
	if len(text) > MaxFilterLength {
		return nil, &SyntaxError{Kind: KindLimit, Offset: -1, Msg: fmt.Sprintf("longer than %d bytes", MaxFilterLength)}
	}
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{Kind: KindSyntax, Offset: -1, Msg: "not in UTF-8"} // a text must not be compared with holes in it
	}
	p := &parser{text: text}
	p.next()
	return p, nil
}

func (p *parser) next() {
	start := p.pos
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\t') {
		p.pos++
	}
	t := token{pos: p.pos, gap: p.pos > start}
	if p.pos == len(p.text) {
		p.tok = t
		return
	}
	switch c := p.text[p.pos]; {
	case c == '(':
		t.kind = tokOpen
	case c == ')':
		t.kind = tokClose
	case c == '[':
		t.kind = tokOpenBracket
	case c == ']':
		t.kind = tokCloseBracket
	case c == '"':
		p.tok = p.quoted(t)
		return
	case isWordByte(c):
		end := p.pos
		for end < len(p.text) && isWordByte(p.text[end]) {
			end++
		}
		t.kind, t.text = tokWord, p.text[p.pos:end]
		p.pos = end
		p.tok = t
		return
	default:
		t.kind = tokBad
	}
	t.text = p.text[p.pos : p.pos+1]
	p.pos++
	p.tok = t
}

func (p *parser) quoted(t token) token {
	for i := p.pos + 1; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			i++
		case '"':
			var s string
			if err := json.Unmarshal([]byte(p.text[p.pos:i+1]), &s); err != nil {
				t.kind = tokBad
				return t
			}
			t.kind, t.text = tokString, s
			p.pos = i + 1
			return t
		}
	}
	t.kind = tokBad
	p.pos = len(p.text)
	return t
}

// peekParen reports whether a parenthesis follows the current token.
func (p *parser) peekParen() bool {
	i := p.pos
	for i < len(p.text) && (p.text[i] == ' ' || p.text[i] == '\t') {
		i++
	}
	return i < len(p.text) && p.text[i] == '('
}

func (p *parser) path(depth int) (Path, error) {
	if p.tok.kind != tokWord {
		return Path{}, p.unexpected()
	}
	path, ok := splitName(p.tok.text)
	if !ok {
		return Path{}, p.errorAt(KindSyntax, p.tok.text, "not an attribute path")
	}
	p.next()
	if p.tok.kind != tokOpenBracket {
		return path, nil
	}
	if path.Sub != "" {
		return Path{}, p.errorf(KindSyntax, "a sub-attribute cannot have a value filter")
	}
	if depth >= MaxFilterDepth {
		return Path{}, p.errorf(KindLimit, "the filter nests deeper than %d", MaxFilterDepth)
	}
	p.next()
	f, err := p.or(depth + 1)
	if err != nil {
		return Path{}, err
	}
	if p.tok.kind != tokCloseBracket {
		return Path{}, p.unexpected()
	}
	path.Filter = f
	p.next()
	if p.tok.kind == tokWord && !p.tok.gap && strings.HasPrefix(p.tok.text, ".") {
		path.Sub = p.tok.text[1:]
		if !isName(path.Sub) {
			return Path{}, p.errorAt(KindSyntax, path.Sub, "not a sub-attribute")
		}
		p.next()
	}
	return path, nil
}

func (p *parser) errorf(kind ErrorKind, format string, args ...any) error {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	return &SyntaxError{Kind: kind, Offset: p.tok.pos, Msg: format}
}

func (p *parser) errorAt(kind ErrorKind, text, msg string) error {
	return &SyntaxError{Kind: kind, Text: text, Offset: p.tok.pos, Msg: msg}
}

func (p *parser) unexpected() error {
	switch p.tok.kind {
	case tokEnd:
		return p.errorf(KindSyntax, "it ends too early")
	case tokString:
		return p.errorf(KindSyntax, "a string stands where none may")
	case tokBad:
		if p.tok.text == "" || p.tok.text[0] >= 0x80 || p.tok.text == `"` {
			return p.errorf(KindSyntax, "a string is not closed, or quotes are not plain ones")
		}
		return p.errorAt(KindSyntax, p.tok.text, "unexpected character")
	default:
		return p.errorAt(KindSyntax, p.tok.text, "unexpected")
	}
}

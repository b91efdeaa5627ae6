package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxJSONDepth is how deep arrays and objects may nest in ParseJSON.
const MaxJSONDepth = 32

// ParseJSON reads one JSON document, whole: numbers stay exact, objects become
// values without a declared type with their members in order. It refuses
// anything after the document, nesting over [MaxJSONDepth], and an object with
// two members whose names differ in case only (attribute names are compared
// without case, RFC 7643 section 2.1). As in encoding/json, text that is not
// valid UTF-8 gets replacement characters. The data is not kept. Errors are
// *SyntaxError of kind KindSyntax or KindLimit.
func ParseJSON(data []byte) (Value, error) {
	p := jsonParser{data: data}
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	if p.space(); p.pos < len(data) {
		return Value{}, p.fail("something follows the document")
	}
	return v, nil
}

// jsonParser reads JSON straight into values. It exists because every request
// goes through it: the tokens of encoding/json cost several times as much.
type jsonParser struct {
	data []byte
	pos  int
	// stack holds the elements of the lists and objects that are not complete
	// yet, so that each gets memory once, of the right size.
	stack []Value
	// names are member names seen before: a list's elements repeat them.
	names [32]string
}

func (p *jsonParser) fail(why string) error {
	return &SyntaxError{Kind: KindSyntax, Offset: p.pos, Msg: "not JSON: " + why}
}

func (p *jsonParser) unexpected() error {
	if p.pos >= len(p.data) {
		return p.fail("the document ends early")
	}
	return p.fail("invalid character " + strconv.QuoteRuneToASCII(rune(p.data[p.pos])))
}

func (p *jsonParser) space() {
	for p.pos < len(p.data) {
		switch p.data[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

// next skips white space and returns the byte that follows, 0 at the end.
func (p *jsonParser) next() byte {
	p.space()
	if p.pos >= len(p.data) {
		return 0
	}
	return p.data[p.pos]
}

func (p *jsonParser) value(depth int) (Value, error) {
	if depth > MaxJSONDepth {
		return Value{}, &SyntaxError{Kind: KindLimit, Offset: p.pos, Msg: fmt.Sprintf("JSON nests deeper than %d", MaxJSONDepth)}
	}
	switch c := p.next(); c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		s, err := p.text()
		return StringValue(string(s)), err
	case 't':
		return BooleanValue(true), p.word("true")
	case 'f':
		return BooleanValue(false), p.word("false")
	case 'n':
		return Null(), p.word("null")
	default:
		if c == '-' || isDigit(c) {
			return p.number()
		}
		return Value{}, p.unexpected()
	}
}

func (p *jsonParser) word(w string) error {
	for i := range len(w) {
		if p.pos >= len(p.data) || p.data[p.pos] != w[i] {
			return p.unexpected()
		}
		p.pos++
	}
	return nil
}

func (p *jsonParser) number() (Value, error) {
	start := p.pos
	for p.pos < len(p.data) {
		if c := p.data[p.pos]; !isDigit(c) && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		p.pos++
	}
	text := p.data[start:p.pos]
	v, ok := NumberValue(string(text))
	switch {
	case ok:
		return v, nil
	case json.Valid(text):
		return Value{}, &SyntaxError{Kind: KindLimit, Offset: p.pos, Msg: "a number has too many digits"}
	default:
		return Value{}, p.fail("invalid number")
	}
}

// text reads a string. The result is only good until the next call.
func (p *jsonParser) text() ([]byte, error) {
	start := p.pos
	p.pos++
	plain := true
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; {
		case c == '"':
			p.pos++
			raw := p.data[start:p.pos]
			if plain {
				return raw[1 : len(raw)-1], nil
			}
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return nil, p.fail("invalid escape in a string")
			}
			return []byte(s), nil
		case c == '\\':
			plain = false
			p.pos += 2
		case c < 0x20:
			return nil, p.fail("a control character in a string")
		case c < utf8.RuneSelf:
			p.pos++
		default:
			_, size := utf8.DecodeRune(p.data[p.pos:])
			plain = plain && size > 1
			p.pos += size
		}
	}
	p.pos = len(p.data)
	return nil, p.unexpected()
}

// name is text for a member's name, which likely has been seen before.
func (p *jsonParser) name() (string, error) {
	b, err := p.text()
	if err != nil || len(b) == 0 {
		return "", err
	}
	slot := &p.names[(len(b)*7+int(b[0])*3+int(b[len(b)-1]))%len(p.names)]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot, nil
}

// popped takes what was put on the stack since mark.
func (p *jsonParser) popped(mark int) []Value {
	vs := slices.Clone(p.stack[mark:])
	p.stack = p.stack[:mark]
	return vs
}

func (p *jsonParser) array(depth int) (Value, error) {
	p.pos++
	mark := len(p.stack)
	if p.next() == ']' {
		p.pos++
		return ListValue(), nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		p.stack = append(p.stack, v)
		switch p.next() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return ListValue(p.popped(mark)...), nil
		default:
			return Value{}, p.unexpected()
		}
	}
}

func (p *jsonParser) object(depth int) (Value, error) {
	p.pos++
	mark := len(p.stack)
	if p.next() == '}' {
		p.pos++
		return Value{bits: int64(KindObject), node: &Record{}}, nil
	}
	var seen map[string]struct{}
	for {
		if p.next() != '"' {
			return Value{}, p.unexpected()
		}
		name, err := p.name()
		if err != nil {
			return Value{}, err
		}
		if seen, err = p.unique(p.stack[mark:], seen, name); err != nil {
			return Value{}, err
		}
		if p.next() != ':' {
			return Value{}, p.unexpected()
		}
		p.pos++
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		p.stack = append(p.stack, StringValue(name), v)
		switch p.next() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return Value{bits: int64(KindObject), node: &Record{vals: p.popped(mark)}}, nil
		default:
			return Value{}, p.unexpected()
		}
	}
}

// unique refuses a name that vals, names and values in turn, have already. Few
// members are compared pairwise; a hostile object with many gets an index, so
// that the work stays linear.
func (p *jsonParser) unique(vals []Value, seen map[string]struct{}, name string) (map[string]struct{}, error) {
	found := false
	if len(vals) < 2*32 {
		for i := 0; i < len(vals) && !found; i += 2 {
			found = strings.EqualFold(vals[i].str, name)
		}
	} else {
		if seen == nil {
			seen = make(map[string]struct{}, len(vals))
			for i := 0; i < len(vals); i += 2 {
				seen[Fold(vals[i].str)] = struct{}{}
			}
		}
		key := Fold(name)
		_, found = seen[key]
		seen[key] = struct{}{}
	}
	if found {
		return nil, &SyntaxError{Kind: KindSyntax, Text: name, Offset: p.pos, Msg: "an object has a member twice"}
	}
	return seen, nil
}

// AppendJSON appends v as JSON to dst: unset as null, objects with their set
// members in order. Text that is not valid UTF-8 gets replacement characters.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.Kind() {
	case KindBoolean:
		return strconv.AppendBool(dst, v.number() != 0)
	case KindInteger:
		return strconv.AppendInt(dst, v.number(), 10)
	case KindDecimal:
		return append(dst, v.str...)
	case KindString:
		return AppendQuoted(dst, v.str)
	case KindList:
		dst = append(dst, '[')
		for i, e := range v.node.vals {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.AppendJSON(dst)
		}
		return append(dst, ']')
	case KindObject:
		dst = append(dst, '{')
		first := true
		for name, m := range v.Members() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(AppendQuoted(dst, name), ':')
			dst = m.AppendJSON(dst)
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

// MarshalJSON returns v as JSON, see [Value.AppendJSON].
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// UnmarshalJSON reads a value, see [ParseJSON].
func (v *Value) UnmarshalJSON(data []byte) error {
	w, err := ParseJSON(data)
	if err != nil {
		return err
	}
	*v = w
	return nil
}

const hexDigits = "0123456789abcdef"

// AppendQuoted appends s to dst as a JSON string. What HTML or a script could
// take for its own is escaped as encoding/json does it.
func AppendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			i += size
			start = i
		case r == '\u2028' || r == '\u2029':
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xf])
			i += size
			start = i
		default:
			i += size
		}
	}
	return append(append(dst, s[start:]...), '"')
}

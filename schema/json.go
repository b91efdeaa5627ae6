package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
// without case, RFC 7643 section 2.1). Errors are *SyntaxError of kind
// KindSyntax or KindLimit.
func ParseJSON(data []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseJSON(d, 0)
	if err != nil {
		return Value{}, jsonError(d, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Value{}, jsonError(d, errors.New("something follows the document"))
	}
	return v, nil
}

func jsonError(d *json.Decoder, err error) error {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		syntax.Offset = int(d.InputOffset())
		return syntax
	}
	// The decoder's own messages quote single characters at most, so no value
	// of the document leaks through them.
	msg := err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		msg = "the document ends early"
	}
	return &SyntaxError{Kind: KindSyntax, Offset: int(d.InputOffset()), Msg: "not JSON: " + msg}
}

func parseJSON(d *json.Decoder, depth int) (Value, error) {
	if depth > MaxJSONDepth {
		return Value{}, &SyntaxError{Kind: KindLimit, Msg: fmt.Sprintf("JSON nests deeper than %d", MaxJSONDepth)}
	}
	tok, err := d.Token()
	if err != nil {
		return Value{}, err
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '[' {
			return parseArray(d, depth)
		}
		return parseObject(d, depth)
	case string:
		return StringValue(tok), nil
	case json.Number:
		v, ok := NumberValue(tok.String())
		if !ok {
			return Value{}, &SyntaxError{Kind: KindLimit, Msg: "a number has too many digits"}
		}
		return v, nil
	case bool:
		return BooleanValue(tok), nil
	default:
		return Null(), nil
	}
}

func parseArray(d *json.Decoder, depth int) (Value, error) {
	var vs []Value
	for d.More() {
		v, err := parseJSON(d, depth+1)
		if err != nil {
			return Value{}, err
		}
		vs = append(vs, v)
	}
	if _, err := d.Token(); err != nil {
		return Value{}, err
	}
	return ListValue(vs...), nil
}

func parseObject(d *json.Decoder, depth int) (Value, error) {
	var vals []Value
	var seen map[string]struct{}
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			return Value{}, err
		}
		name, ok := tok.(string)
		if !ok {
			return Value{}, errors.New("a member without a name")
		}
		// Few members are compared pairwise; a hostile object with many gets an
		// index, so that the work stays linear.
		if len(vals) == 2*16 {
			seen = make(map[string]struct{}, 64)
			for i := 0; i < len(vals); i += 2 {
				seen[fold(vals[i].str)] = struct{}{}
			}
		}
		if duplicate(vals, seen, name) {
			return Value{}, &SyntaxError{Kind: KindSyntax, Text: name, Msg: "an object has a member twice"}
		}
		if seen != nil {
			seen[fold(name)] = struct{}{}
		}
		v, err := parseJSON(d, depth+1)
		if err != nil {
			return Value{}, err
		}
		vals = append(vals, StringValue(name), v)
	}
	if _, err := d.Token(); err != nil {
		return Value{}, err
	}
	return Value{kind: KindObject, node: &Record{vals: vals}}, nil
}

func duplicate(vals []Value, seen map[string]struct{}, name string) bool {
	if seen != nil {
		_, ok := seen[fold(name)]
		return ok
	}
	for i := 0; i < len(vals); i += 2 {
		if strings.EqualFold(vals[i].str, name) {
			return true
		}
	}
	return false
}

// AppendJSON appends v as JSON to dst: unset as null, objects with their set
// members in order. Text that is not valid UTF-8 gets replacement characters.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindBoolean:
		return strconv.AppendBool(dst, v.num != 0)
	case KindInteger:
		return strconv.AppendInt(dst, v.num, 10)
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

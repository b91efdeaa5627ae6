package scimtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A file is read into a tree that keeps the order of members, sees members
// given twice and keeps numbers as written, none of which encoding/json does
// when it decodes into structs or maps. A tree is made of object, []any,
// string, json.Number, bool and nil.
type object []member

type member struct {
	name  string
	value any
}

func (o object) get(name string) (any, bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// parseTree reads one JSON text. The pointers in its errors begin with at.
func parseTree(data []byte, at string) (any, *FileError) {
	if !utf8.Valid(data) {
		return nil, &FileError{Pointer: at, Problem: "not valid UTF-8"}
	}
	// Decoding into a RawMessage checks the whole text, bounds its depth and
	// refuses what follows it; the token reader below does none of that.
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, &FileError{Pointer: at, Problem: "not JSON: " + syntaxProblem(data, err)}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return readTree(dec, at)
}

func readTree(dec *json.Decoder, at string) (any, *FileError) {
	token, err := dec.Token()
	if err != nil {
		return nil, &FileError{Pointer: at, Problem: "not JSON: " + err.Error()}
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if delim == '[' {
		list := []any{}
		for dec.More() {
			v, err := readTree(dec, at+"/"+strconv.Itoa(len(list)))
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, _ = dec.Token() // the closing bracket; the text has been checked
		return list, nil
	}
	obj := object{}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, &FileError{Pointer: at, Problem: "not JSON: no member name"}
		}
		place := at + "/" + escapePointer(name)
		if seen[name] {
			return nil, &FileError{Pointer: place, Problem: "member given twice"}
		}
		seen[name] = true
		v, problem := readTree(dec, place)
		if problem != nil {
			return nil, problem
		}
		obj = append(obj, member{name, v})
	}
	_, _ = dec.Token()
	return obj, nil
}

// syntaxProblem adds line and column to a syntax error.
func syntaxProblem(data []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	before := data[:min(int(syntax.Offset), len(data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Sprintf("line %d, column %d: %s", line, column, syntax.Error())
}

// appendTree writes a tree as compact JSON.
func appendTree(dst []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		dst = append(dst, '{')
		for i, m := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, quoteJSON(m.name)...)
			dst = append(dst, ':')
			dst = appendTree(dst, m.value)
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendTree(dst, e)
		}
		return append(dst, ']')
	case string:
		return append(dst, quoteJSON(v)...)
	case json.Number:
		return append(dst, v...)
	case bool:
		return strconv.AppendBool(dst, v)
	default:
		return append(dst, "null"...)
	}
}

// fillTree returns the tree with variables filled in in strings and member
// names.
func fillTree(v any, vars map[string]string, at string) (any, *FileError) {
	switch v := v.(type) {
	case object:
		out := make(object, 0, len(v))
		seen := make(map[string]bool, len(v))
		for _, m := range v {
			place := at + "/" + escapePointer(m.name)
			name, err := fillString(m.name, vars, place)
			if err != nil {
				return nil, err
			}
			if seen[name] {
				return nil, &FileError{Pointer: place, Problem: "member given twice once variables are filled in"}
			}
			seen[name] = true
			value, err := fillTree(m.value, vars, place)
			if err != nil {
				return nil, err
			}
			out = append(out, member{name, value})
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			value, err := fillTree(e, vars, at+"/"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
		return out, nil
	case string:
		return fillString(v, vars, at)
	default:
		return v, nil
	}
}

// treeVariables calls use for each variable in strings and member names.
func treeVariables(v any, at string, use func(name, at string)) {
	switch v := v.(type) {
	case object:
		for _, m := range v {
			place := at + "/" + escapePointer(m.name)
			variablesIn(m.name, func(name string) { use(name, place) })
			treeVariables(m.value, place, use)
		}
	case []any:
		for i, e := range v {
			treeVariables(e, at+"/"+strconv.Itoa(i), use)
		}
	case string:
		variablesIn(v, func(name string) { use(name, at) })
	}
}

// quoteJSON returns s as a JSON string without escaping HTML characters, which
// would make failures hard to read.
func quoteJSON(s string) string {
	return string(encodeJSON(s))
}

// encodeJSON is json.Marshal without HTML escaping. Values that cannot be
// encoded come back as their Go form; it is used for messages and for values
// known to be plain.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(fmt.Sprintf("%v", v))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// escapePointer escapes one reference token of a JSON pointer (RFC 6901).
func escapePointer(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}

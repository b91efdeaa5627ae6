package expr

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// toInt takes canonical decimals only, so that what it makes reads back as it
// was.
func toInt(v, _, _ schema.Value) (schema.Value, *Error) {
	if _, ok := v.Integer(); ok {
		return v, nil
	}
	if n, ok := canonicalInteger(v); ok {
		return n, nil
	}
	return schema.Value{}, convertError("not an integer", v)
}

func canonicalInteger(v schema.Value) (schema.Value, bool) {
	s, ok := v.Str()
	if !ok || len(s) > 20 {
		return schema.Value{}, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return schema.Value{}, false
	}
	return schema.IntegerValue(n), true
}

func toIntBack(v, _, _ schema.Value) (schema.Value, bool) {
	n, ok := v.Integer()
	if !ok {
		return schema.Value{}, false
	}
	return schema.StringValue(strconv.FormatInt(n, 10)), true
}

func toString(v, _, _ schema.Value) (schema.Value, *Error) {
	if v.Kind() == schema.KindString {
		return v, nil
	}
	return schema.StringValue(v.Text()), nil
}

func toStringBack(v, _, _ schema.Value) (schema.Value, bool) { return canonicalInteger(v) }

func toBool(v, _, _ schema.Value) (schema.Value, *Error) {
	if b, ok := readBool(v); ok {
		return schema.BooleanValue(b), nil
	}
	return schema.Value{}, convertError("not a boolean", v)
}

// readBool takes true and false, yes and no in any case, 1 and 0.
func readBool(v schema.Value) (value, ok bool) {
	if b, ok := v.Bool(); ok {
		return b, true
	}
	if n, ok := v.Integer(); ok {
		return n == 1, n == 0 || n == 1
	}
	s, _ := v.Str()
	switch {
	case s == "1", strings.EqualFold(s, "true"), strings.EqualFold(s, "yes"):
		return true, true
	case s == "0", strings.EqualFold(s, "false"), strings.EqualFold(s, "no"):
		return false, true
	default:
		return false, false
	}
}

func boolString(v, _, _ schema.Value) (schema.Value, *Error) {
	return schema.StringValue(v.Text()), nil
}

func boolBack(v, _, _ schema.Value) (schema.Value, bool) {
	if _, ok := v.Bool(); !ok {
		return schema.Value{}, false
	}
	return schema.StringValue(v.Text()), true
}

func boolStringBack(v, _, _ schema.Value) (schema.Value, bool) {
	b, ok := readBool(v)
	return schema.BooleanValue(b), ok
}

func negate(v, _, _ schema.Value) (schema.Value, *Error) {
	return schema.BooleanValue(!isTrue(v)), nil
}

func negateBack(v, _, _ schema.Value) (schema.Value, bool) {
	b, ok := v.Bool()
	return schema.BooleanValue(!b), ok
}

func addPrefix(v, a, _ schema.Value) (schema.Value, *Error) {
	return schema.StringValue(a.Text() + v.Text()), nil
}

func addSuffix(v, a, _ schema.Value) (schema.Value, *Error) {
	return schema.StringValue(v.Text() + a.Text()), nil
}

func stripPrefix(v, a, _ schema.Value) (schema.Value, bool) {
	s, ok := v.Str()
	rest, found := strings.CutPrefix(s, a.Text())
	return schema.StringValue(rest), ok && found
}

func stripSuffix(v, a, _ schema.Value) (schema.Value, bool) {
	s, ok := v.Str()
	rest, found := strings.CutSuffix(s, a.Text())
	return schema.StringValue(rest), ok && found
}

func toBase64(v, _, _ schema.Value) (schema.Value, *Error) {
	s := v.Text()
	if base64.StdEncoding.EncodedLen(len(s)) > MaxString {
		return schema.Value{}, limitError("a text is longer than 4 KiB")
	}
	return schema.StringValue(base64.StdEncoding.EncodeToString([]byte(s))), nil
}

func fromBase64(v, _, _ schema.Value) (schema.Value, bool) {
	s, ok := v.Str()
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return schema.StringValue(string(b)), ok && err == nil && utf8.Valid(b)
}

func toHex(v, _, _ schema.Value) (schema.Value, *Error) {
	s := v.Text()
	if 2*len(s) > MaxString {
		return schema.Value{}, limitError("a text is longer than 4 KiB")
	}
	return schema.StringValue(strings.ToUpper(hex.EncodeToString([]byte(s)))), nil
}

// fromHex takes lower-case digits, too: a stored value may have been written by
// somebody else.
func fromHex(v, _, _ schema.Value) (schema.Value, bool) {
	s, ok := v.Str()
	b, err := hex.DecodeString(s)
	return schema.StringValue(string(b)), ok && err == nil && utf8.Valid(b)
}

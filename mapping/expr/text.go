package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// Lengths and positions count code points, positions from 1.

// text is a result without an error.
func text(s string) (schema.Value, *Error) { return schema.StringValue(s), nil }

func lower(v, _, _ schema.Value) (schema.Value, *Error) { return text(strings.ToLower(v.Text())) }

func upper(v, _, _ schema.Value) (schema.Value, *Error) { return text(strings.ToUpper(v.Text())) }

func trim(v, _, _ schema.Value) (schema.Value, *Error) { return text(strings.TrimSpace(v.Text())) }

// filter keeps the runes of s that keep holds for. It allocates only if one goes.
func filter(s string, keep func(rune) bool) string {
	if strings.IndexFunc(s, func(r rune) bool { return !keep(r) }) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if keep(r) {
			return r
		}
		return -1
	}, s)
}

func digits(v, _, _ schema.Value) (schema.Value, *Error) {
	return text(filter(v.Text(), func(r rune) bool { return '0' <= r && r <= '9' }))
}

func stripSpaces(v, _, _ schema.Value) (schema.Value, *Error) {
	return text(filter(v.Text(), func(r rune) bool { return !unicode.IsSpace(r) }))
}

// offset returns the byte at which code point n of s begins, from 0; len(s) past
// its end.
func offset(s string, n int64) int {
	if n <= 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// left takes the first n code points, everything for a negative n.
func left(v, a, _ schema.Value) (schema.Value, *Error) {
	s, n := v.Text(), integer(a)
	if n < 0 {
		return v, nil
	}
	return text(s[:offset(s, n)])
}

// right takes the last n code points, everything for a negative n.
func right(v, a, _ schema.Value) (schema.Value, *Error) {
	s, n := v.Text(), integer(a)
	if n < 0 {
		return v, nil
	}
	return text(s[offset(s, int64(utf8.RuneCountInString(s))-n):])
}

// mid takes n code points from position i on; nothing where there are none.
func mid(v, a, b schema.Value) (schema.Value, *Error) {
	s, i, n := v.Text(), integer(a), integer(b)
	if i < 1 || n < 1 {
		return schema.Value{}, nil
	}
	s = s[offset(s, i-1):]
	if s == "" {
		return schema.Value{}, nil
	}
	return text(s[:offset(s, n)])
}

// word takes word n, where each of the separators, by default the space, parts
// words, and several in a row do so once.
func word(v, a, b schema.Value) (schema.Value, *Error) {
	separators := " "
	if !b.IsUnset() {
		separators = b.Text()
	}
	n := integer(a)
	if n < 1 {
		return schema.Value{}, nil
	}
	s := v.Text()
	for {
		s = strings.TrimLeft(s, separators)
		if s == "" {
			return schema.Value{}, nil
		}
		end := strings.IndexAny(s, separators)
		if end < 0 {
			end = len(s)
		}
		if n--; n == 0 {
			return text(s[:end])
		}
		s = s[end:]
	}
}

// before takes what stands before the first separator, everything without one.
func before(v, a, _ schema.Value) (schema.Value, *Error) {
	s, sep := v.Text(), a.Text()
	if i := strings.Index(s, sep); i >= 0 && sep != "" {
		return text(s[:i])
	}
	return v, nil
}

// after takes what stands behind the first separator or run of them, nothing
// without one.
func after(v, a, _ schema.Value) (schema.Value, *Error) {
	s, sep := v.Text(), a.Text()
	i := strings.Index(s, sep)
	if i < 0 || sep == "" {
		return schema.Value{}, nil
	}
	for s = s[i:]; strings.HasPrefix(s, sep); {
		s = s[len(sep):]
	}
	return text(s)
}

func replace(v, a, b schema.Value) (schema.Value, *Error) {
	s, old, with := v.Text(), a.Text(), b.Text()
	if old == "" {
		return v, nil
	}
	if n := strings.Count(s, old); len(s)+n*(len(with)-len(old)) > max(MaxString, len(s)) {
		return schema.Value{}, limitError("a text is longer than 4 KiB")
	}
	return text(strings.ReplaceAll(s, old, with))
}

func length(v, _, _ schema.Value) (schema.Value, *Error) {
	return schema.IntegerValue(int64(utf8.RuneCountInString(v.Text()))), nil
}

func contains(v, a, _ schema.Value) (schema.Value, *Error) {
	return schema.BooleanValue(strings.Contains(v.Text(), a.Text())), nil
}

func startsWith(v, a, _ schema.Value) (schema.Value, *Error) {
	return schema.BooleanValue(strings.HasPrefix(v.Text(), a.Text())), nil
}

func endsWith(v, a, _ schema.Value) (schema.Value, *Error) {
	return schema.BooleanValue(strings.HasSuffix(v.Text(), a.Text())), nil
}

// instr returns the position of a text in another, 0 if it is not there.
func instr(v, a, _ schema.Value) (schema.Value, *Error) {
	s := v.Text()
	i := strings.Index(s, a.Text())
	if i < 0 {
		return schema.IntegerValue(0), nil
	}
	return schema.IntegerValue(int64(utf8.RuneCountInString(s[:i])) + 1), nil
}

// isEmail asks for one @, something on both sides and no space.
func isEmail(v, _, _ schema.Value) (schema.Value, *Error) {
	s, _ := v.Str()
	local, domain, found := strings.Cut(s, "@")
	ok := found && local != "" && domain != "" && !strings.Contains(domain, "@") && strings.IndexFunc(s, unicode.IsSpace) < 0
	return schema.BooleanValue(ok), nil
}

func isString(v, _, _ schema.Value) (schema.Value, *Error) {
	return schema.BooleanValue(v.Kind() == schema.KindString), nil
}

// properCase makes the first letter of each word upper, the rest lower. A word
// begins after anything but a letter or digit; a combining mark belongs to the
// letter before it.
func properCase(v, _, _ schema.Value) (schema.Value, *Error) {
	s := v.Text()
	begins := true
	return text(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsMark(r):
			return r
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			begins = true
			return r
		case begins:
			begins = false
			return unicode.ToUpper(r)
		default:
			return unicode.ToLower(r)
		}
	}, s))
}

func split(v, a, _ schema.Value) (schema.Value, *Error) {
	s, sep := v.Text(), a.Text()
	var parts []schema.Value
	for s != "" {
		part, more := s, ""
		if sep != "" {
			part, more, _ = strings.Cut(s, sep)
		}
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, schema.StringValue(part))
		}
		s = more
	}
	if parts == nil {
		return schema.Value{}, nil
	}
	return schema.ListValue(parts...), nil
}

func splitBack(v, a, b schema.Value) (schema.Value, bool) {
	r, err := joinList(v, a, b)
	return r, err == nil && !r.IsUnset()
}

package expr

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// The functions here take a list as a whole; any other value is a list of
// itself.

func wrap(v, _, _ schema.Value) (schema.Value, *Error) {
	if v.Kind() == schema.KindList {
		return v, nil
	}
	return schema.ListValue(v), nil
}

func unwrap(v, _, _ schema.Value) (schema.Value, bool) {
	if v.Kind() == schema.KindList {
		v = v.At(0)
	}
	return v, !v.IsUnset() && !v.IsNull()
}

func first(v, _, _ schema.Value) (schema.Value, *Error) {
	return item(v, schema.IntegerValue(1), schema.Value{})
}

func item(v, a, _ schema.Value) (schema.Value, *Error) {
	n := integer(a)
	if v.Kind() == schema.KindList {
		if n < 1 || n > int64(v.Len()) {
			return schema.Value{}, nil
		}
		return normalize(v.At(int(n-1)), true), nil
	}
	if n != 1 {
		return schema.Value{}, nil
	}
	return v, nil
}

func count(v, _, _ schema.Value) (schema.Value, *Error) {
	if v.Kind() == schema.KindList {
		return schema.IntegerValue(int64(v.Len())), nil
	}
	return schema.IntegerValue(1), nil
}

// dedupe keeps the first of equal elements.
func dedupe(v, _, _ schema.Value) (schema.Value, *Error) {
	if v.Kind() != schema.KindList {
		return v, nil
	}
	seen := make(map[elementKey]bool, v.Len())
	var vs []schema.Value
	for i := range v.Len() {
		e := v.At(i)
		if k := keyOf(e); !seen[k] {
			// Objects have no key and all stay.
			seen[k] = e.Kind() != schema.KindObject
			vs = append(vs, e)
		}
	}
	if len(vs) == v.Len() {
		return v, nil
	}
	return schema.ListValue(vs...), nil
}

// elementKey is the same for equal scalars of the same kind.
type elementKey struct {
	kind schema.Kind
	text string
}

func keyOf(v schema.Value) elementKey { return elementKey{v.Kind(), v.Text()} }

// sortList orders numbers by value before texts by their bytes; what is left
// stays in order at the end.
func sortList(v, _, _ schema.Value) (schema.Value, *Error) {
	if v.Kind() != schema.KindList {
		return v, nil
	}
	vs := slices.Collect(v.Elements())
	slices.SortStableFunc(vs, func(a, b schema.Value) int {
		if d := cmp.Compare(rank(a), rank(b)); d != 0 {
			return d
		}
		order, _ := compare(a, b, false)
		return order
	})
	return schema.ListValue(vs...), nil
}

func rank(v schema.Value) int {
	switch v.Kind() {
	case schema.KindInteger, schema.KindDecimal:
		return 0
	case schema.KindString:
		return 1
	default:
		return 2
	}
}

// joinList joins the texts of a list, leaving out what has none.
func joinList(v, a, _ schema.Value) (schema.Value, *Error) {
	sep := a.Text()
	if v.Kind() != schema.KindList {
		if v.Kind() == schema.KindString {
			return v, nil
		}
		return text(v.Text())
	}
	var b strings.Builder
	for i := range v.Len() {
		e := v.At(i)
		s := e.Text()
		switch {
		case e.Kind() == schema.KindList || e.Kind() == schema.KindObject:
			return schema.Value{}, misfit("joinList", Any, e)
		case s == "":
			continue
		case b.Len() > 0:
			b.WriteString(sep)
		}
		b.WriteString(s)
		if b.Len() > MaxString {
			return schema.Value{}, limitError("a text is longer than 4 KiB")
		}
	}
	if b.Len() == 0 {
		return schema.Value{}, nil
	}
	return text(b.String())
}

func joinListBack(v, a, b schema.Value) (schema.Value, bool) {
	if v.Kind() != schema.KindString {
		return schema.Value{}, false
	}
	r, err := split(v, a, b)
	return r, err == nil && !r.IsUnset()
}

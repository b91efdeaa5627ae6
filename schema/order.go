package schema

import (
	"cmp"
	"strings"
	"time"
)

// Order returns the order of two single values of the attribute, negative where
// v comes first (RFC 7644 section 3.4.2.3): text by its characters' numbers,
// without case unless the attribute is case-exact, numbers by value, date-times
// by instant, false before true. What has no order is equal; what cannot be of
// the attribute's type comes after what can.
func (a *Attribute) Order(v, w Value) int {
	if order := cmp.Compare(v.orderRank(), w.orderRank()); order != 0 {
		return order
	}
	switch {
	case isNumeric(v.Kind()):
		return compareNumbers(v, w)
	case v.Kind() == KindBoolean:
		return cmp.Compare(v.number(), w.number())
	case v.Kind() != KindString:
		return 0
	case a.Type == DateTime:
		t, errV := time.Parse(time.RFC3339Nano, v.str)
		u, errW := time.Parse(time.RFC3339Nano, w.str)
		switch {
		case errV == nil && errW == nil:
			return t.Compare(u)
		case errV == nil:
			return -1
		case errW == nil:
			return 1
		}
	}
	if a.CaseExact {
		return strings.Compare(v.str, w.str)
	}
	return strings.Compare(Fold(v.str), Fold(w.str))
}

// orderRank keeps values of different kinds apart: attributes of type Any have
// them.
func (v Value) orderRank() int {
	switch v.Kind() {
	case KindBoolean:
		return 0
	case KindInteger, KindDecimal:
		return 1
	case KindString:
		return 2
	default:
		return 3
	}
}

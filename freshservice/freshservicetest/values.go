package freshservicetest

import "strings"

// The readers below take the attributes of groups, departments and locations out
// of a request.

// convertName reads a mandatory name.
func (a *Account) convertName(name string, in any) (string, *fieldError) {
	s, ok := in.(string)
	var e fieldError
	switch {
	case in == nil:
		e = missing(name)
	case !ok:
		e = a.mismatch(name, "String")
	case strings.TrimSpace(s) == "":
		e = invalidValue(name, messageEmpty)
	case a.tooLong(s):
		e = invalidValue(name, "It is too long")
	default:
		return s, nil
	}
	return "", &e
}

// convertDescription reads a text that may be null.
func (a *Account) convertDescription(name string, in any) (string, *fieldError) {
	s, ok := in.(string)
	if !ok && in != nil {
		e := a.mismatch(name, "String")
		return "", &e
	}
	return s, nil
}

func (a *Account) convertFlag(name string, in any) (bool, *fieldError) {
	b, ok := in.(bool)
	if !ok {
		e := a.mismatch(name, "Boolean")
		return false, &e
	}
	return b, nil
}

// convertReference reads the id of a record that exists, or null, which is 0.
func (a *Account) convertReference(name string, in any, exists func(int64) bool) (int64, *fieldError) {
	if in == nil {
		return 0, nil
	}
	id, bad := a.convertID(name, in)
	if bad == nil && !exists(id) && !a.rules.IgnoreUnknownReferences {
		e := invalidValue(name, "There is no record with this id")
		bad = &e
	}
	return id, bad
}

// orNull is null for the zero value, which stands for an attribute that is not
// set.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

package scim_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// The naive PATCH carries out operations by the words of RFC 7644 section 3.5.2 on
// a resource as a GET shows it. It shares no code with the package.

// naiveAttr describes an attribute of a user.
type naiveAttr struct {
	multi, required, immutable bool
	subs                       []string // of a complex attribute
}

// naiveAttrs are those of a user by their paths; they are a part of what a user has.
func naiveAttrs() map[string]naiveAttr {
	element := []string{"value", "type", "primary", "display"}
	return map[string]naiveAttr{
		"userName":                     {required: true},
		"title":                        {},
		"active":                       {},
		"name":                         {subs: []string{"givenName", "familyName", "formatted"}},
		"emails":                       {multi: true, subs: element},
		"phoneNumbers":                 {multi: true, subs: element},
		"addresses":                    {multi: true, subs: []string{"type", "locality", "primary"}},
		entURN + ":department":         {},
		entURN + ":manager":            {subs: []string{"value"}},
		teststore.FreshURN + ":level":  {},
		teststore.FreshURN + ":tags":   {multi: true},
		teststore.FreshURN + ":birth":  {immutable: true},
		teststore.FreshURN + ":hidden": {},
	}
}

// naiveOp is an operation. A filter is its text and what it decides.
type naiveOp struct {
	kind   string
	path   string // of the attribute; "" for none
	filter string
	picks  func(element object) bool
	sub    string
	value  any // nil is null
	unset  bool
}

func (o *naiveOp) text() string {
	path := o.path
	if o.filter != "" {
		path += "[" + o.filter + "]"
	}
	if o.sub != "" {
		path += "." + o.sub
	}
	value := ""
	if !o.unset {
		b, _ := json.Marshal(o.value)
		value = string(b)
	}
	return op(o.kind, path, value)
}

// naiveRefusal is the scimType of an operation that cannot be carried out.
type naiveRefusal string

// naivePatch returns what the operations make of the resource, which is not
// changed, or the scimType of the error that one of them gets.
func naivePatch(doc object, ops []naiveOp) (object, naiveRefusal) {
	doc = naiveCopy(doc).(object)
	for i := range ops {
		o := ops[i]
		if o.path != "" {
			if refusal := o.apply(doc); refusal != "" {
				return nil, refusal
			}
			continue
		}
		if o.kind == "remove" {
			return nil, scim.NoTarget
		}
		for name, v := range o.value.(object) {
			part := naiveOp{kind: o.kind, path: name, value: v}
			parts := []naiveOp{part}
			if members, ok := v.(object); ok && strings.HasPrefix(name, "urn:") {
				parts = nil
				for inner, m := range members {
					parts = append(parts, naiveOp{kind: o.kind, path: name + ":" + inner, value: m})
				}
			}
			for i := range parts {
				if refusal := parts[i].apply(doc); refusal != "" {
					return nil, refusal
				}
			}
		}
	}
	return doc, ""
}

func naiveCopy(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for k, m := range v {
			out[k] = naiveCopy(m)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = naiveCopy(e)
		}
		return out
	default:
		return v
	}
}

// naiveEmpty is the state without a value (RFC 7643 section 2.5).
func naiveEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !naiveEmpty(e) })
	case object:
		for _, m := range v {
			if !naiveEmpty(m) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// place returns the object that has the attribute, and its name there.
func (o *naiveOp) place(doc object) (object, string) {
	i := strings.LastIndexByte(o.path, ':')
	if i < 0 {
		return doc, o.path
	}
	inner, _ := doc[o.path[:i]].(object)
	if inner == nil {
		inner = object{}
		doc[o.path[:i]] = inner
	}
	return inner, o.path[i+1:]
}

func (o *naiveOp) apply(doc object) naiveRefusal {
	a, known := naiveAttrs()[o.path]
	switch {
	case !known:
		return scim.InvalidPath
	case o.kind != "remove" && o.unset, o.kind == "add" && o.value == nil:
		return scim.InvalidValue
	case o.kind == "replace" && o.value == nil:
		o.kind = "remove"
	}
	in, name := o.place(doc)
	was := in[name]
	next, refusal := o.next(a, naiveCopy(was))
	switch {
	case refusal != "":
		return refusal
	case a.required && naiveEmpty(next):
		return scim.Mutability
	case a.immutable && !naiveEmpty(was) && !reflect.DeepEqual(was, next):
		return scim.Mutability
	}
	in[name] = next
	if naiveEmpty(next) {
		delete(in, name)
	}
	if i := strings.LastIndexByte(o.path, ':'); i >= 0 && len(in) == 0 {
		delete(doc, o.path[:i])
	}
	return ""
}

// next returns what becomes of the attribute's value, which may be changed.
func (o *naiveOp) next(a naiveAttr, was any) (any, naiveRefusal) {
	list, _ := was.([]any)
	switch {
	case a.multi && (o.filter != "" || o.sub != ""):
		return o.elements(list)
	case a.multi && o.kind == "remove":
		return nil, ""
	case a.multi && o.kind == "add":
		return naiveUnite(list, o.value.([]any)), ""
	case a.multi:
		return naiveUnite(nil, o.value.([]any)), ""
	case o.sub != "":
		out, _ := was.(object)
		if out == nil {
			out = object{}
		}
		naiveSet(out, o.sub, o.value, o.kind)
		return out, ""
	case o.kind == "remove":
		return nil, ""
	case a.subs != nil:
		// Sub-attributes that are not specified are left unchanged.
		out, _ := was.(object)
		if out == nil {
			out = object{}
		}
		naiveMerge(out, o.value.(object))
		return out, ""
	default:
		return o.value, ""
	}
}

func naiveSet(in object, name string, v any, kind string) {
	if kind == "remove" || naiveEmpty(v) {
		delete(in, name)
	} else {
		in[name] = v
	}
}

func naiveMerge(in, more object) {
	for k, v := range more {
		naiveSet(in, k, v, "")
	}
}

// elements works on those values of a multi-valued attribute that the filter finds.
func (o *naiveOp) elements(list []any) (any, naiveRefusal) {
	var out []any
	var primary object
	var changed []object
	found := false
	for _, e := range list {
		elem := e.(object)
		if o.filter != "" && !o.picks(elem) {
			out = append(out, elem)
			continue
		}
		again := found
		found = true
		switch {
		case o.sub != "":
			naiveSet(elem, o.sub, o.value, o.kind)
		case o.kind == "remove":
			continue
		case o.kind == "add":
			naiveMerge(elem, o.value.(object))
		case again: // they have all become the same value
			continue
		default:
			elem = object{}
			naiveMerge(elem, o.value.(object))
		}
		if naiveEmpty(elem) {
			continue
		}
		changed = append(changed, elem)
		if given, _ := o.value.(object); primary == nil && o.kind != "remove" && (o.sub == "primary" && o.value == true || o.sub == "" && given["primary"] == true) {
			primary = elem
		}
		out = append(out, elem)
	}
	if !found && (o.kind != "remove" || o.filter != "") {
		return nil, scim.NoTarget
	}
	naiveOnlyPrimary(out, primary)
	// What was changed may now be the same as another value.
	out = slices.DeleteFunc(out, func(e any) bool {
		i := slices.IndexFunc(changed, func(c object) bool { return naiveSame(c, e.(object)) })
		return i >= 0 && !naiveIs(changed[i], e.(object))
	})
	return out, ""
}

// naiveIs reports whether two objects are one and the same.
func naiveIs(a, b object) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }

// naiveOnlyPrimary makes the other values not primary.
func naiveOnlyPrimary(list []any, primary object) {
	if primary == nil {
		return
	}
	for _, e := range list {
		if elem, ok := e.(object); ok && elem["primary"] == true && !naiveIs(elem, primary) {
			elem["primary"] = false
		}
	}
}

// naiveUnite adds values to a list. A value that is there is not added again, but
// may get what it lacked.
func naiveUnite(list, more []any) []any {
	var primary object
	changed := false
	for _, e := range more {
		given, complexValue := e.(object)
		if !complexValue {
			if !slices.Contains(list, e) {
				list = append(list, e)
			}
			continue
		}
		given = maps.Clone(given)
		maps.DeleteFunc(given, func(_ string, v any) bool { return naiveEmpty(v) })
		if len(given) == 0 {
			continue
		}
		i := slices.IndexFunc(list, func(f any) bool { return naiveSame(f.(object), given) })
		if i < 0 {
			list, i, changed = append(list, given), len(list), true
		} else {
			there := list[i].(object)
			for k, v := range given {
				if k != "value" && k != "type" && there[k] != v {
					there[k], changed = v, true
				}
			}
		}
		if given["primary"] == true {
			primary = list[i].(object)
		}
	}
	if changed {
		naiveOnlyPrimary(list, primary)
	}
	return list
}

// naiveSame reports whether two values are the same one (RFC 7643 section 2.4: no
// type and value twice): those without a value are when they are equal.
func naiveSame(a, b object) bool {
	x, _ := a["value"].(string)
	y, _ := b["value"].(string)
	if x == "" || y == "" {
		return x == y && reflect.DeepEqual(a, b)
	}
	s, _ := a["type"].(string)
	t, _ := b["type"].(string)
	return strings.EqualFold(x, y) && strings.EqualFold(s, t)
}

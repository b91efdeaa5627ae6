package expr

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Resolve binds a path that a rule writes ("ent:manager.value") to a type: URNs
// may be shortened by the prefixes, names compare without case. Errors are
// *Error with the codes E_SYNTAX, E_COST, E_UNKNOWN_PREFIX, E_UNKNOWN_ATTRIBUTE
// and E_TYPE.
func Resolve(text string, t *schema.Type, prefixes map[string]string) (schema.Selector, error) {
	e, err := Parse(text)
	if err != nil {
		return schema.Selector{}, err
	}
	if e.root.op != opPath {
		return schema.Selector{}, errorAt(CodeSyntax, 0, len(text), "not an attribute path")
	}
	sel, rerr := bindPath(e.root, t, prefixes)
	if rerr != nil {
		return schema.Selector{}, rerr
	}
	return sel, nil
}

// bindPath binds the path of an opPath node.
func bindPath(n *node, t *schema.Type, prefixes map[string]string) (schema.Selector, *Error) {
	path := n.path
	if n.name != "" {
		urn, ok := prefix(n.name, prefixes)
		if !ok {
			e := errorAt(CodeUnknownPrefix, n.off, len(n.name), "no prefix %s", quote(n.name))
			e.Suggestion = Suggest(n.name, slices.Sorted(maps.Keys(prefixes)))
			return schema.Selector{}, e
		}
		path.URN = urn
	}
	if t == nil {
		return schema.Selector{}, errorAt(CodeUnknownAttribute, n.off, n.length, "there are no SCIM attributes here")
	}
	sel, err := t.Select(path)
	if err == nil {
		return sel, nil
	}
	var syntax *schema.SyntaxError
	if !errors.As(err, &syntax) {
		return schema.Selector{}, errorAt(CodeType, n.off, n.length, "%s", err)
	}
	if syntax.Kind != schema.KindUnknown {
		e := errorAt(CodeType, n.off, n.length, "%s", syntax.Msg)
		if syntax.Text != "" {
			e.Msg += ": " + syntax.Text
		}
		return schema.Selector{}, e
	}
	e := errorAt(CodeUnknownAttribute, n.off, n.length, "no attribute %s", quote(syntax.Text))
	e.Suggestion = suggestAttribute(n, path, syntax.Text, t, prefixes)
	return schema.Selector{}, e
}

func prefix(name string, prefixes map[string]string) (string, bool) {
	if urn, ok := prefixes[name]; ok {
		return urn, true
	}
	for _, p := range slices.Sorted(maps.Keys(prefixes)) {
		if strings.EqualFold(p, name) {
			return prefixes[p], true
		}
	}
	return "", false
}

// suggestAttribute returns the nearest name for the part of a path that the type
// does not have: the attribute, the sub-attribute, or unknown, one in the
// filter. An extension's attribute written without its URN is found, too.
func suggestAttribute(n *node, path schema.Path, unknown string, t *schema.Type, prefixes map[string]string) string {
	name := path.Attr
	if path.URN != "" {
		name = path.URN + ":" + name
	}
	if slot := t.Slot(name); slot != schema.NoSlot {
		a := t.Attribute(slot)
		if a.Sub == nil {
			return ""
		}
		if path.Sub != "" && a.Sub.Slot(path.Sub) == schema.NoSlot {
			unknown = path.Sub
		}
		return Suggest(unknown, names(a.Sub, func(*schema.Attribute) bool { return true }))
	}
	urn := path.URN
	if urn == "" {
		urn = t.URN()
	}
	same := func(a *schema.Attribute) bool { return strings.EqualFold(a.Schema, urn) }
	if s := Suggest(path.Attr, names(t, same)); s != "" {
		if n.name != "" {
			s = n.name + ":" + s
		} else if path.URN != "" {
			s = path.URN + ":" + s
		}
		return s
	}
	if path.URN != "" {
		return ""
	}
	for i := range t.Len() {
		a := t.Attribute(schema.Slot(i))
		if !strings.EqualFold(a.Name, path.Attr) {
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(prefixes)) {
			if strings.EqualFold(prefixes[p], a.Schema) {
				return p + ":" + a.Name
			}
		}
		return t.Path(schema.Slot(i))
	}
	return Suggest(path.Attr, []string{"true", "false", "null"})
}

func names(t *schema.Type, keep func(*schema.Attribute) bool) []string {
	var ns []string
	for i := range t.Len() {
		if a := t.Attribute(schema.Slot(i)); keep(a) {
			ns = append(ns, a.Name)
		}
	}
	return ns
}

// ResolveField finds a field of a target by its path ("custom_fields.x",
// `custom_fields."a.b"`). Errors are *Error with the codes E_SYNTAX and
// E_UNKNOWN_FIELD.
func ResolveField(text string, t *schema.Type) (schema.Slot, error) {
	p, err := newParser(text)
	if err != nil {
		return schema.NoSlot, err
	}
	keys, perr := p.keys()
	if perr == nil && p.pos < len(text) {
		perr = p.unexpected()
	}
	if perr != nil {
		return schema.NoSlot, perr
	}
	sel, perr := bindField(keys, t)
	if perr == nil && sel.Sub != schema.NoSlot {
		perr = unknownField(keys, t)
	}
	if perr != nil {
		perr.Length = len(text)
		return schema.NoSlot, perr
	}
	return sel.Slot, nil
}

// bindField binds the keys of a target path. A field's name is its keys joined
// by dots, with or without the quotes that the path needs around a dot.
func bindField(keys []string, t *schema.Type) (schema.Selector, *Error) {
	if t == nil {
		return schema.Selector{}, &Error{Code: CodeUnknownField, Msg: "there is no $target here"}
	}
	for _, name := range [...]string{joinKeys(keys), strings.Join(keys, ".")} {
		if slot := t.Slot(name); slot != schema.NoSlot {
			return schema.Selector{Type: t, Slot: slot, Sub: schema.NoSlot}, nil
		}
	}
	if len(keys) == 2 {
		if a := t.Lookup(keys[0]); a != nil && a.Sub != nil {
			if sub := a.Sub.Slot(keys[1]); sub != schema.NoSlot {
				return schema.Selector{Type: t, Slot: t.Slot(keys[0]), Sub: sub}, nil
			}
		}
	}
	return schema.Selector{}, unknownField(keys, t)
}

func unknownField(keys []string, t *schema.Type) *Error {
	name := joinKeys(keys)
	e := &Error{Code: CodeUnknownField, Msg: t.Name() + " has no field " + quote(name)}
	e.Suggestion = Suggest(name, names(t, func(*schema.Attribute) bool { return true }))
	return e
}

package scim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Projection says which attributes an answer shows: the request's attributes
// and excludedAttributes (RFC 7644 section 3.9). The zero Projection shows the
// default set. Backends use it to leave out work, not to trim records; the
// front does that.
type Projection struct {
	only    []schema.Selector
	exclude []schema.Selector
	// written are the attributes that the request sets: the answer shows them
	// though they are returned on request only (RFC 7643 section 7).
	written []schema.Slot
}

// ParseProjection reads the values of the parameters attributes and
// excludedAttributes, lists of names separated by commas. Names that the type
// does not have are passed over. Its error is an *[Error] when both are given.
func ParseProjection(t *schema.Type, attributes, excluded string) (Projection, error) {
	var p Projection
	if strings.TrimSpace(attributes) != "" {
		if strings.TrimSpace(excluded) != "" {
			return p, Errorf(http.StatusBadRequest, InvalidValue, "The parameters attributes and excludedAttributes exclude each other.")
		}
		p.only = selectors(t, attributes)
	} else {
		p.exclude = selectors(t, excluded)
	}
	return p, nil
}

// selectors is never nil for a list that is not empty: attributes=unknown shows
// the minimum.
func selectors(t *schema.Type, names string) []schema.Selector {
	if strings.TrimSpace(names) == "" {
		return nil
	}
	list := []schema.Selector{}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" || strings.IndexByte(name, '[') >= 0 {
			continue
		}
		p, err := schema.ParsePath(name)
		if err != nil {
			continue
		}
		sel, err := t.Select(p)
		if err != nil {
			list = appendGroup(list, t, p)
			continue
		}
		list = append(list, sel)
	}
	return list
}

// appendGroup takes the prefix that attributes with dotted names have in common
// for all of them.
func appendGroup(list []schema.Selector, t *schema.Type, p schema.Path) []schema.Selector {
	prefix := p.Attr
	if p.Sub != "" {
		prefix += "." + p.Sub
	}
	urn := p.URN
	if urn == "" {
		urn = t.URN()
	}
	for s := range schema.Slot(t.Len()) {
		a := t.Attribute(s)
		if len(a.Name) > len(prefix) && a.Name[len(prefix)] == '.' && strings.EqualFold(a.Name[:len(prefix)], prefix) && strings.EqualFold(a.Schema, urn) {
			list = append(list, schema.Selector{Type: t, Slot: s, Sub: schema.NoSlot})
		}
	}
	return list
}

// Wants reports whether the answer shows an attribute of the type, or a part of
// it.
func (p Projection) Wants(t *schema.Type, s schema.Slot) bool { return p.mask(t, s) != 0 }

// Named reports whether the client asked for certain attributes.
func (p Projection) Named() bool { return p.only != nil }

// NamesVersion reports whether the client asked for meta.version by name, or for
// meta. A backend that leaves out what the answer does not show, and makes versions
// of the whole, must not leave anything out then.
func (p Projection) NamesVersion() bool {
	return slices.ContainsFunc(p.only, func(sel schema.Selector) bool {
		return sel.Slot == schema.SlotMeta && (sel.Sub == schema.NoSlot || sel.Sub == metaVersion)
	})
}

// mask says what is shown of an attribute, see allSubs. Of one that is always
// returned that is what it shows by default, and what is asked for besides.
func (p Projection) mask(t *schema.Type, s schema.Slot) uint64 {
	a := t.Attribute(s)
	always := a.Returned == schema.ReturnedAlways
	switch {
	case neverShown(a):
		return 0
	case p.only != nil && always:
		return subMask(a) | p.asked(a, s)
	case p.only != nil:
		return p.asked(a, s)
	}
	m := defaultMask(a)
	if a.Returned == schema.ReturnedRequest && slices.Contains(p.written, s) {
		m = subMask(a)
	}
	for _, sel := range p.exclude {
		switch {
		case sel.Schema != "" && strings.EqualFold(sel.Schema, a.Schema) && !isCommonSlot(s) && !always:
			return 0
		case sel.Schema != "" || sel.Slot != s:
		case sel.Sub != schema.NoSlot && a.Sub.Attribute(sel.Sub).Returned != schema.ReturnedAlways:
			m &^= subBit(sel.Sub)
		case sel.Sub == schema.NoSlot && !always:
			return 0
		}
	}
	return m
}

func isCommonSlot(s schema.Slot) bool { return s <= schema.SlotMeta }

// asked is the mask of an attribute in an answer to a request that names what it
// wants.
func (p Projection) asked(a *schema.Attribute, s schema.Slot) uint64 {
	m := uint64(0)
	for _, sel := range p.only {
		switch {
		case sel.Schema != "" && strings.EqualFold(sel.Schema, a.Schema) && !isCommonSlot(s):
			m |= subMask(a)
		case sel.Schema != "" || sel.Slot != s:
		case sel.Sub == schema.NoSlot:
			m |= subMask(a)
		case !neverShown(a.Sub.Attribute(sel.Sub)):
			m |= subBit(sel.Sub) | alwaysMask(a)
		}
	}
	return m
}

// alwaysMask has the sub-attributes that are shown whenever the attribute is.
func alwaysMask(a *schema.Attribute) uint64 {
	m := uint64(0)
	if a.Sub == nil {
		return m
	}
	for s := range schema.Slot(a.Sub.Len()) {
		if a.Sub.Attribute(s).Returned == schema.ReturnedAlways {
			m |= subBit(s)
		}
	}
	return m
}

// write notes an attribute that the request sets.
func (p *Projection) write(t *schema.Type, s schema.Slot) {
	if t.Attribute(s).Returned == schema.ReturnedRequest {
		p.written = append(p.written, s)
	}
}

// masks returns what an answer shows, by slot.
func (p Projection) masks(l *layout) []uint64 {
	if p.only == nil && p.exclude == nil && p.written == nil {
		return l.shown
	}
	m := make([]uint64, l.typ.Len())
	for s := range schema.Slot(l.typ.Len()) {
		m[s] = p.mask(l.typ, s)
	}
	return m
}

package scim

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// key is what a key of a body, or of a PATCH without a path, means. At most one
// member is set.
type key struct {
	sel    schema.Selector
	schema int // number of a schema as a whole, or -1
	group  *field
}

func (d *decoder) resolve(name string) key {
	k := key{sel: schema.Selector{Type: d.l.typ, Slot: schema.NoSlot, Sub: schema.NoSlot}, schema: -1}
	t := d.l.typ
	if strings.IndexByte(name, ':') >= 0 {
		if i := d.l.schema(name); i > 0 || i == 0 && d.can(qualifiedKeys) {
			k.schema = i
			return k
		}
		if s := t.Slot(name); s != schema.NoSlot && d.can(qualifiedKeys) {
			k.sel.Slot = s
		} else if sel, ok := d.pathKey(name, qualifiedKeys); ok {
			k.sel = sel
		}
		return k
	}
	if k.sel.Slot = t.Slot(name); k.sel.Slot != schema.NoSlot {
		return k
	}
	if strings.ContainsAny(name, ".[") {
		if sel, ok := d.pathKey(name, dottedKeys); ok {
			k.sel = sel
			return k
		}
	}
	f := find(d.l.schemas[0].fields, name)
	if f == nil {
		if f = d.l.bare(name); f == nil || !d.can(bareExtension) {
			return k
		}
	}
	if f.slot == schema.NoSlot {
		k.group = f
	} else {
		k.sel.Slot = f.slot
	}
	return k
}

// pathKey reads a key as a path.
func (d *decoder) pathKey(name string, repair repairSet) (schema.Selector, bool) {
	none := schema.Selector{Type: d.l.typ, Slot: schema.NoSlot, Sub: schema.NoSlot}
	if d.allowed&repair == 0 {
		return none, false
	}
	p, err := schema.ParsePath(name)
	if err != nil {
		return none, false
	}
	sel, err := d.selectPath(p)
	if err != nil || sel.Schema != "" || d.checkSelector(sel) != nil {
		return none, false
	}
	d.used |= repair
	return sel, true
}

// selectPath binds a path to the type.
func (d *decoder) selectPath(p schema.Path) (schema.Selector, error) {
	sel, err := d.selectRepaired(p)
	if err != nil && p.URN == "" && d.l.typ.Slot(p.Attr) == schema.NoSlot && d.allowed&bareExtension != 0 {
		if f := d.l.bare(p.Attr); f != nil && f.slot != schema.NoSlot {
			p.URN = f.attr.Schema
			if again, err := d.selectRepaired(p); err == nil {
				d.used |= bareExtension
				return again, nil
			}
		}
	}
	return sel, err
}

// selectRepaired tries text for booleans where the path's filter does not fit
// without.
func (d *decoder) selectRepaired(p schema.Path) (schema.Selector, error) {
	sel, err := d.l.typ.Select(p)
	if err != nil && p.Filter != nil && d.allowed&stringBooleans != 0 {
		if again, err := (schema.Binding{Type: d.l.typ, StringBooleans: true}).Select(p); err == nil {
			d.used |= stringBooleans
			return again, nil
		}
	}
	return sel, err
}

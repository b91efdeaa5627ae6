package scim

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// MemberDelta returns what the operations do to a group's members, for backends
// that can change single members without reading the group. Both lists hold
// ids, each id once and in one list only: the last operation on it counts.
//
// It is only ok when every operation adds members, or removes members by their
// value: an operation on another attribute, a replace, a remove of all members,
// and one that has to find its member ([Op].MustMatch), need the group.
func MemberDelta(ops []Op) (add, remove []string, ok bool) {
	d := delta{at: make(map[string]int)}
	for i := range ops {
		if !d.op(&ops[i]) {
			return nil, nil, false
		}
	}
	for _, m := range d.list {
		if m.remove {
			remove = append(remove, m.id)
		} else {
			add = append(add, m.id)
		}
	}
	return add, remove, len(ops) > 0
}

type delta struct {
	list []memberChange
	at   map[string]int
}

type memberChange struct {
	id     string
	remove bool
}

func (d *delta) set(id string, remove bool) bool {
	if id == "" {
		return false
	}
	if i, ok := d.at[id]; ok {
		d.list[i].remove = remove
		return true
	}
	d.at[id] = len(d.list)
	d.list = append(d.list, memberChange{id, remove})
	return true
}

func (d *delta) op(op *Op) bool {
	a := op.Target.Attribute()
	if a == nil || a.Name != "members" || a.Sub == nil || op.Target.Sub != schema.NoSlot {
		return false
	}
	switch {
	case op.Kind == OpAdd && op.Target.Filter == nil:
		return d.values(op.Value, false)
	case op.Kind == OpRemove && op.Target.Filter != nil && op.Value.IsUnset() && !op.MustMatch:
		return d.filter(op.Target.Filter.Filter())
	case op.Kind == OpRemove && op.Target.Filter == nil && !op.Value.IsUnset():
		return d.values(op.Value, true)
	default:
		return false
	}
}

func (d *delta) values(v schema.Value, remove bool) bool {
	for e := range v.Elements() {
		if e.Record() == nil || !d.set(e.Record().String("value"), remove) {
			return false
		}
	}
	return true
}

// filter takes value eq "x", and several of these joined by or.
func (d *delta) filter(f schema.Filter) bool {
	switch f := f.(type) {
	case schema.Or:
		for _, g := range f {
			if !d.filter(g) {
				return false
			}
		}
		return true
	case *schema.Compare:
		id, ok := f.Value.Str()
		return ok && f.Op == schema.Eq && strings.EqualFold(f.Path.Attr, "value") && f.Path.Filter == nil && f.Path.Sub == "" &&
			d.set(id, true)
	default:
		return false
	}
}

package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// editMembers changes a group's members without reading it.
func (b *Backend) editMembers(ctx context.Context, ev *Event, m *model, bind *binding, group connector.Ref, add, remove []string) error {
	var failed error
	if bind.obj.Type.IsResource() && bind.obj.BlindUpdate {
		failed = b.editWhole(ctx, ev, bind, group, add, remove)
	} else {
		failed = b.editEach(ctx, ev, m, bind, group, add, remove)
	}
	if errors.Is(failed, connector.NotFound) {
		return notFound(ev.Ref)
	}
	return failed
}

// editWhole is for a target that holds resources as they are: an update of the
// group carries out all of it or nothing, as a PATCH should (RFC 7644 section
// 3.5.2).
func (b *Backend) editWhole(ctx context.Context, ev *Event, bind *binding, group connector.Ref, add, remove []string) error {
	slot := bind.obj.Type.Slot("members")
	sub := bind.obj.Type.Attribute(slot).Sub
	list := func(ids []string) schema.Value {
		out := make([]schema.Value, len(ids))
		for i, id := range ids {
			member := sub.New()
			member.SetString("value", id)
			out[i] = schema.ObjectValue(member)
		}
		return schema.ListValue(out...)
	}
	var edits []schema.Edit
	if len(add) > 0 {
		edits = append(edits, schema.Edit{Slot: slot, Op: schema.Add, Value: list(add)})
	}
	if len(remove) > 0 {
		edits = append(edits, schema.Edit{Slot: slot, Op: schema.Remove, Value: list(remove)})
	}
	if _, err := b.target.Update(ctx, group, connector.Change{Edits: edits, Type: bind.obj.Type}); err != nil {
		return err
	}
	ev.Changed = append(ev.Changed, membersChanged(len(add), len(remove)))
	return nil
}

func membersChanged(added, removed int) string {
	return fmt.Sprintf("members (+%d -%d)", added, removed)
}

// editEach changes members one by one, in bulk where the target has that. Some
// of it can fail; the rest is done then, which the answer and the event say.
func (b *Backend) editEach(ctx context.Context, ev *Event, m *model, bind *binding, group connector.Ref, add, remove []string) error {
	var toAdd, toRemove []connector.Ref
	for _, id := range add {
		toAdd = append(toAdd, m.memberRefs(bind, id)[0])
	}
	for _, id := range remove {
		// Of which kind an id is, is not always said by it. Who is not a member
		// cannot be removed, so all kinds are tried.
		toRemove = append(toRemove, m.memberRefs(bind, id)...)
	}
	results, err := b.target.EditMembers(ctx, group, toAdd, toRemove)
	if err != nil {
		return err
	}
	var unknown []string
	var failed error
	for i, err := range results {
		switch {
		case err == nil:
		case !errors.Is(err, connector.NotFound):
			failed = cmp.Or(failed, err)
		case i < len(add):
			unknown = append(unknown, add[i])
		}
	}
	done := count(results)
	if done > 0 {
		ev.Changed = append(ev.Changed, membersChanged(count(results[:len(add)]), len(remove)))
	}
	switch {
	case len(unknown) == 0 || failed != nil:
		return failed
	case done > 0:
		return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "members: nobody has the id %s; the other members were changed", strings.Join(unknown, ", "))
	default:
		return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "members: nobody has the id %s", strings.Join(unknown, ", "))
	}
}

// count is how many of the results are successes.
func count(results []error) (n int) {
	for _, err := range results {
		if err == nil {
			n++
		}
	}
	return n
}

// memberRefs are the records that a SCIM id can stand for in a group, one at
// least: of the kind that the id's tag names, else of every kind without a tag.
func (m *model) memberRefs(bind *binding, id string) []connector.Ref {
	var tagged, plain []connector.Ref
	for _, name := range bind.obj.Member {
		o := m.desc.Object(name)
		switch tid, ok := strings.CutPrefix(id, o.Tag+"-"); {
		case o.Tag == "":
			plain = append(plain, connector.Ref{Object: name, ID: id})
		case ok:
			tagged = append(tagged, connector.Ref{Object: name, ID: tid})
		}
	}
	switch {
	case len(tagged) > 0:
		return tagged
	case len(plain) > 0:
		return plain
	default:
		return []connector.Ref{{Object: bind.obj.Member[0], ID: id}} // no such id: the target says so
	}
}

// hideMembers leaves those out of a group whom a DELETE has put away and who are
// members still, as far as the target knows.
func (b *Backend) hideMembers(ctx context.Context, bind *binding, group *schema.Record) error {
	if len(bind.hiding) == 0 {
		return nil
	}
	slot := bind.typ.Slot("members")
	if slot == schema.NoSlot || group.At(slot).Unassigned() {
		return nil
	}
	var members []schema.Value
	var keys []Key
	for v := range group.At(slot).Elements() {
		members = append(members, v)
		for _, o := range bind.hiding {
			id := v.Member("value").Text()
			if o.Tag != "" {
				id = strings.TrimPrefix(id, o.Tag+"-")
			}
			keys = append(keys, keyOf(o, id))
		}
	}
	entries, err := b.opts.State.Load(ctx, keys...)
	if err != nil {
		return forgotten(err)
	}
	left := make([]schema.Value, 0, len(members))
	for i, v := range members {
		hidden := false
		for _, e := range entries[i*len(bind.hiding) : (i+1)*len(bind.hiding)] {
			hidden = hidden || e != nil && !e.Tombstone.IsZero()
		}
		if !hidden {
			left = append(left, v)
		}
	}
	if len(left) < len(members) {
		group.SetAt(slot, schema.ListValue(left...))
	}
	return nil
}

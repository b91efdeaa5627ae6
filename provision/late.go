package provision

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// late turns deferred references into what an entry keeps of them.
func late(deferred []mapping.Deferred) []LateReference {
	var out []LateReference
	for _, d := range deferred {
		out = append(out, LateReference{Lookup: d.Lookup, Object: d.Object, Value: d.Value, Key: d.Key.Text(), Target: d.Target})
	}
	return out
}

// identifiers are the texts by which others may refer to a record: its id, its
// unique values, and its name as SCIM shows it.
func identifiers(bind *binding, rec *schema.Record) []string {
	out := []string{rec.String(bind.obj.IDField())}
	if slot := bind.typ.Slot("displayName"); slot != schema.NoSlot {
		read := bind.typ.New()
		bind.plan.ToSCIM(read, rec, nil)
		if name := read.At(slot).Text(); name != "" {
			out = append(out, name)
		}
	}
	for _, f := range append(slices.Clone(bind.obj.Unique), "name") {
		if s := rec.String(f); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// completeLate writes the references that waited for a record, now that it is
// there. Each is a write of its own; what fails stays remembered.
func (b *Backend) completeLate(ctx context.Context, ev *Event, m *model, f *stored) {
	if f == nil || f.rec == nil || f.gone || f.bind.obj.Type.IsResource() {
		return
	}
	bind, rec := f.bind, f.rec
	waiting, err := b.opts.State.FindLate(ctx, identifiers(bind, rec)...)
	if err != nil {
		b.opts.Logger.WarnContext(ctx, "late references were not looked for", "connection", b.opts.Connection, "error", err)
		return
	}
	for _, e := range waiting {
		if err := b.completeOne(ctx, ev, m, e, f); err != nil {
			ev.warn("A record that waited for this one could not be completed: " + codeText(err))
		}
	}
	b.completeSelf(ctx, ev, m, f)
}

// completeSelf writes the references of a record to those who were written at the
// same time: they may have come before it could be seen that it waits for them.
func (b *Backend) completeSelf(ctx context.Context, ev *Event, m *model, f *stored) {
	entry, err := b.entry(ctx, f.bind.obj, f.ref.ID)
	if err != nil || len(entry.Late) == 0 {
		return
	}
	for _, kind := range f.bind.related() {
		others := b.overlay.since(kind.obj.Name, ev.Time)
		delete(others, f.ref)
		for _, ref := range sortedRefs(maps.Keys(others)) {
			other := &stored{bind: kind, ref: ref, rec: adapt(others[ref].rec, kind.obj.Type)}
			if other.rec == nil || !entry.waitsFor(identifiers(kind, other.rec)) {
				continue
			}
			if err := b.completeOne(ctx, ev, m, entry, other); err != nil {
				ev.warn("A reference to a record that came meanwhile could not be written: " + codeText(err))
			}
		}
	}
}

// completeOne writes what a record waited for, now that it has arrived.
func (b *Backend) completeOne(ctx context.Context, ev *Event, m *model, waiting *Entry, arrived *stored) error {
	unlock, err := b.lock(ctx, waiting.Key)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := b.awaited(ctx, m, waiting)
	if f == nil || err != nil {
		return err
	}
	obj, entry := f.bind.obj, f.entry
	names := identifiers(arrived.bind, arrived.rec)
	change := connector.Change{Base: f.rec, Want: f.rec.Clone()}
	entry.Late = slices.DeleteFunc(entry.Late, func(l LateReference) bool {
		slot := obj.Type.Slot(l.Target)
		if slot == schema.NoSlot || !sameIDs(m.desc.Object(l.Object), arrived.bind.obj) || !l.means(names) {
			return false
		}
		// What was set meanwhile by another way stands.
		if f.rec.At(slot).Unassigned() {
			v := arrived.rec.Get(l.Value)
			if obj.Type.Attribute(slot).MultiValued {
				v = schema.ListValue(v)
			}
			change.Edits = append(change.Edits, schema.Edit{Slot: slot, Op: schema.Set, Value: v})
		}
		return true
	})
	change.Want.Apply(change.Edits...)
	if err := b.update(ctx, ev, f, change); err != nil {
		return err
	}
	b.overlay.wrote(f)
	b.save(ctx, ev, entry)
	return nil
}

// awaited reads a record that waits for others, nil where it is put away. The
// kind that it was last seen as comes first.
func (b *Backend) awaited(ctx context.Context, m *model, waiting *Entry) (*stored, error) {
	for _, fam := range m.families {
		for _, bind := range likely(fam.kinds, waiting) {
			if keyOf(bind.obj, waiting.Key.ID) != waiting.Key {
				continue
			}
			entry, err := b.entry(ctx, bind.obj, waiting.Key.ID)
			if err != nil || !entry.Tombstone.IsZero() {
				return nil, err
			}
			ref := bind.refOf(waiting.Key.ID)
			rec, err := b.target.Get(ctx, ref)
			if errors.Is(err, connector.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			return &stored{bind: bind, ref: ref, rec: adapt(rec, bind.obj.Type), entry: entry}, nil
		}
	}
	return nil, nil //nolint:nilnil // it is gone
}

// sameIDs reports whether a reference to one object can mean a record of another:
// a department is no person, whatever both are called.
func sameIDs(looked, arrived *connector.Object) bool {
	return looked != nil && (looked.Name == arrived.Name || looked.IDSpace != "" && looked.IDSpace == arrived.IDSpace)
}

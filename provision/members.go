package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// editMembers changes a group's members without reading it.
func (b *Backend) editMembers(ctx context.Context, ev *Event, bind *binding, group connector.Ref, add, remove []string) error {
	var failed error
	if bind.obj.Type.IsResource() && bind.obj.BlindUpdate {
		failed = b.editWhole(ctx, ev, bind, group, add, remove)
	} else {
		_, failed = b.changeMembers(ctx, ev, bind, group, add, remove)
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

// membership is a member who is to join or to leave a group.
type membership struct {
	id     string // as SCIM shows it
	ref    connector.Ref
	obj    *connector.Object
	joins  bool
	seen   bool // of which kind it is, is known
	sent   bool
	result error
}

// changeMembers changes members one by one, in bulk where the target has that. Some
// of it can fail; the rest is done then, which the answer and the event say. Skipped
// are those who cannot be members and were left out.
func (b *Backend) changeMembers(ctx context.Context, ev *Event, bind *binding, group connector.Ref, add, remove []string) (skipped []string, err error) {
	all, err := b.memberships(ctx, bind, add, remove)
	if err != nil {
		return nil, err
	}
	if err := b.sendMembers(ctx, group, all); err != nil {
		return nil, err
	}
	// Whom nobody has seen yet may be of another of the kinds that share their ids.
	for kind := 1; kind < len(bind.memberObjs) && bind.oneSpace(); kind++ {
		if !bind.anotherKind(all, kind) {
			break
		}
		if err := b.sendMembers(ctx, group, all); err != nil {
			return nil, err
		}
	}
	b.rememberGroups(ctx, group, all)
	return b.outcome(ev, bind, all, len(remove))
}

// anotherKind makes those who are to join and were not found members of the kind
// with a number, and reports whether there are any. Those who were seen as a kind
// are not.
func (bind *binding) anotherKind(all []*membership, kind int) bool {
	any := false
	for _, m := range all {
		if m.joins && !m.seen && errors.Is(m.result, connector.NotFound) {
			m.obj = bind.memberObjs[kind]
			m.ref.Object = m.obj.Name
			m.result, m.sent, any = nil, false, true
		}
	}
	return any
}

// sendMembers has those added and removed that were not yet, and have no result.
func (b *Backend) sendMembers(ctx context.Context, group connector.Ref, all []*membership) error {
	var joining, leaving []connector.Ref
	var sent []*membership
	for _, joins := range []bool{true, false} {
		for _, m := range all {
			if m.joins != joins || m.result != nil || m.sent {
				continue
			}
			m.sent = true
			sent = append(sent, m)
			if joins {
				joining = append(joining, m.ref)
			} else {
				leaving = append(leaving, m.ref)
			}
		}
	}
	if len(sent) == 0 {
		return nil
	}
	results, err := b.target.EditMembers(ctx, group, joining, leaving)
	if err != nil {
		return err
	}
	for i, m := range sent {
		m.result = results[i]
	}
	return nil
}

// outcome tells the client and the event what became of changes of members.
func (b *Backend) outcome(ev *Event, bind *binding, all []*membership, removals int) (skipped []string, err error) {
	var unknown, refused []string
	var failed error
	joined, done := 0, 0
	for _, m := range all {
		switch {
		case m.result == nil:
			done++
			if m.joins {
				joined++
			}
		case !m.joins && errors.Is(m.result, connector.NotFound):
			// Who is not there is not a member.
		case errors.Is(m.result, connector.NotFound):
			unknown = append(unknown, m.id)
		case bind.obj.SkipsMembers && m.joins && errors.Is(m.result, connector.Invalid):
			skipped = append(skipped, m.id)
		default:
			failed = cmp.Or(failed, m.result)
			refused = append(refused, m.id)
		}
	}
	if done > 0 {
		ev.Changed = append(ev.Changed, membersChanged(joined, removals))
	}
	if len(refused) > 0 {
		ev.warn("Refused: " + named(refused))
	}
	if len(skipped) > 0 {
		ev.warn("These cannot be members of such a group and were left out: " + named(skipped))
	}
	switch {
	case len(unknown) == 0 || failed != nil:
		return skipped, failed
	case done > 0 && ev.Action != ActionCreate: // which is undone as a whole
		return skipped, scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "members: nobody has the id %s; the other members were changed", named(unknown))
	default:
		return skipped, scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "members: nobody has the id %s", named(unknown))
	}
}

// named lists ids in words, the first of many: an error and an event have room for
// some.
func named(ids []string) string {
	const most = 20
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}

// memberships finds out which records SCIM ids stand for. One that is known to be
// of a kind that has no place in the group has its result already.
func (b *Backend) memberships(ctx context.Context, bind *binding, add, remove []string) ([]*membership, error) {
	var all []*membership
	var keys []Key
	for i, id := range slices.Concat(add, remove) {
		joins := i < len(add)
		refs := bind.memberRefs(id)
		if joins || bind.oneSpace() {
			refs = refs[:1]
		}
		// Of which kind an id is, is not always said by it. Who is not a member
		// cannot be removed, so all kinds are tried.
		for _, r := range refs {
			all = append(all, &membership{id: id, ref: r.ref, obj: r.obj, joins: joins})
			keys = append(keys, keyOf(r.obj, r.ref.ID))
		}
	}
	entries, err := b.opts.State.Load(ctx, keys...)
	if err != nil {
		return nil, forgotten(err)
	}
	for i, m := range all {
		e := entries[i]
		m.seen = e != nil && e.Object != ""
		switch {
		case !m.seen || m.obj.IDSpace == "" || e.Object == m.ref.Object:
		case slices.Contains(bind.obj.Member, e.Object):
			m.ref.Object, m.obj = e.Object, bind.memberObj(e.Object)
		case m.joins:
			m.result = b.misplaced(ctx, bind, m, e.Object)
		}
	}
	return all, nil
}

// misplaced is the error for a member who was last seen as of a kind that has no
// place in the group. Nobody is refused for what they may have ceased to be: that
// is looked up, but for groups that go on without such members, which can be many.
func (b *Backend) misplaced(ctx context.Context, bind *binding, m *membership, object string) error {
	if !bind.obj.SkipsMembers {
		_, err := b.target.Get(ctx, connector.Ref{Object: object, ID: m.ref.ID})
		if errors.Is(err, connector.NotFound) || errors.Is(err, connector.Unsupported) {
			return nil // that kind, or all of it, is gone
		}
		if err != nil {
			return err
		}
	}
	return connector.Errorf(connector.Invalid, "", "%s is %s, and only %s can be members of %s",
		m.id, article(inWords(object)), strings.Join(bind.obj.Member, "s or ")+"s", article(inWords(bind.obj.Name)))
}

// inWords is the name of an object in words.
func inWords(object string) string { return strings.ReplaceAll(object, "_", " ") }

// oneSpace reports whether all members share their ids.
func (bind *binding) oneSpace() bool {
	for _, o := range bind.memberObjs {
		if o.IDSpace == "" || o.IDSpace != bind.memberObjs[0].IDSpace {
			return false
		}
	}
	return true
}

func (bind *binding) memberObj(name string) *connector.Object {
	i := slices.IndexFunc(bind.memberObjs, func(o *connector.Object) bool { return o.Name == name })
	return bind.memberObjs[i]
}

// memberRef is a record that can be a member.
type memberRef struct {
	ref connector.Ref
	obj *connector.Object
}

// memberRefs are the records that a SCIM id can stand for in a group, one at
// least: of the kind that the id's tag names, else of every kind without a tag.
func (bind *binding) memberRefs(id string) []memberRef {
	var tagged, plain []memberRef
	for _, o := range bind.memberObjs {
		switch tid, ok := strings.CutPrefix(id, o.Tag+"-"); {
		case o.Tag == "":
			plain = append(plain, memberRef{connector.Ref{Object: o.Name, ID: id}, o})
		case ok:
			tagged = append(tagged, memberRef{connector.Ref{Object: o.Name, ID: tid}, o})
		}
	}
	switch {
	case len(tagged) > 0:
		return tagged
	case len(plain) > 0:
		return plain
	default:
		o := bind.memberObjs[0]
		return []memberRef{{connector.Ref{Object: o.Name, ID: id}, o}} // no such id: the target says so
	}
}

// splitMembers takes the members out of a change: they are not written with the
// record. The ids are those of SCIM.
func (bind *binding) splitMembers(c connector.Change) (edits []schema.Edit, joining, leaving []string) {
	at := slices.IndexFunc(c.Edits, func(e schema.Edit) bool { return e.Slot == bind.memberField })
	if bind.memberField == schema.NoSlot || at < 0 {
		return c.Edits, nil, nil
	}
	edits = slices.DeleteFunc(slices.Clone(c.Edits), func(e schema.Edit) bool { return e.Slot == bind.memberField })
	before := map[string]bool{}
	if c.Base != nil {
		for v := range c.Base.At(bind.memberField).Elements() {
			before[v.Text()] = true
		}
	}
	for v := range c.Want.At(bind.memberField).Elements() {
		if id := v.Text(); !before[id] {
			joining = append(joining, id)
		}
		delete(before, v.Text())
	}
	for id := range before {
		leaving = append(leaving, id)
	}
	slices.Sort(leaving)
	return edits, joining, leaving
}

// rememberGroups notes who was put into a group through the connection, where a
// deactivation would take them out of it.
func (b *Backend) rememberGroups(ctx context.Context, group connector.Ref, changed []*membership) {
	for _, m := range changed {
		if !m.sent || m.result != nil || !m.obj.LeavesGroups {
			continue
		}
		if err := b.rememberGroup(ctx, group, m); err != nil {
			b.opts.Logger.WarnContext(ctx, "a membership was not remembered", "connection", b.opts.Connection, "error", err)
		}
	}
}

func (b *Backend) rememberGroup(ctx context.Context, group connector.Ref, m *membership) error {
	unlock, err := b.lock(ctx, keyOf(m.obj, m.ref.ID))
	if err != nil {
		return err
	}
	defer unlock()
	e, err := b.entry(ctx, m.obj, m.ref.ID)
	if err != nil || slices.Contains(e.Groups, group) == m.joins {
		return err
	}
	if m.joins {
		e.Groups = append(e.Groups, group)
	} else {
		e.Groups = slices.DeleteFunc(e.Groups, func(g connector.Ref) bool { return g == group })
	}
	return b.opts.State.Save(context.WithoutCancel(ctx), e)
}

// rejoins reports whether there are groups that an activation has to put the
// account back into.
func (f *stored) rejoins() bool { return f.bind.obj.LeavesGroups && len(f.entry.Groups) > 0 }

// rejoin puts an account back into the groups that its deactivation has taken it
// out of, one call each. What fails is told and stays remembered; it reports
// whether there is nothing that may succeed another time.
func (b *Backend) rejoin(ctx context.Context, ev *Event, f *stored) (all bool) {
	if !f.rejoins() {
		return true
	}
	var left []connector.Ref
	back := 0
	all = true
	for _, group := range f.entry.Groups {
		results, err := b.target.EditMembers(ctx, group, []connector.Ref{f.ref}, nil)
		if err == nil {
			err = results[0]
		}
		switch {
		case err == nil:
			back++
			left = append(left, group)
		case errors.Is(err, connector.NotFound), errors.Is(err, connector.ReadOnly):
			// The group is gone, or is not ours to fill any more.
		default:
			left = append(left, group)
			all = all && !answers[connector.CodeOf(err)].retry
			ev.warn("A membership that the deactivation had ended could not be restored (" + codeText(err) + ")")
		}
	}
	f.entry.Groups = left
	if back > 0 {
		ev.Done = append(ev.Done, fmt.Sprintf("rejoin %d groups", back))
	}
	return all
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

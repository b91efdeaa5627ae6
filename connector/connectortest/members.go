package connectortest

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func needsMembers(_ *subject, o *connector.Object) string {
	if !o.Members {
		return "the object declares no Members"
	}
	return ""
}

// kitMembers is how many members of each kind the check has: enough for a driver
// that goes another way where there are many.
const kitMembers = 6

// runMembers puts records into a group and takes them out again.
func runMembers(t *trial) {
	m := ability[connector.Members](t.d)
	if m == nil {
		t.Fatalf("the object declares Members, which the driver does not implement")
	}
	group := t.ref(t.mustCreate())
	var people []connector.Ref
	for _, name := range t.object.Member {
		o := t.desc.Object(name)
		if o.ReadOnly || t.h.sample(o, 0) == nil {
			continue
		}
		for range kitMembers {
			people = append(people, o.RefOf(t.mustCreateOf(o, t.sampleOf(o))))
		}
	}
	if len(people) == 0 {
		t.Skipf("the harness has no samples of what its members could be")
	}
	edit := func(what string, add, remove []connector.Ref) []error {
		t.Helper()
		results, err := m.EditMembers(t.ctx, group, slices.Clone(add), slices.Clone(remove))
		if err != nil {
			t.Fatalf("EditMembers, %s, failed: %v", what, err)
		}
		if len(results) != len(add)+len(remove) {
			t.Fatalf("EditMembers, %s, gave %d results for %d members", what, len(results), len(add)+len(remove))
		}
		return results
	}
	succeeds := func(what string, add, remove, want []connector.Ref) {
		t.Helper()
		for i, err := range edit(what, add, remove) {
			if err != nil {
				t.Errorf("EditMembers, %s: result %d is %v", what, i, err)
			}
		}
		var got []connector.Ref
		if !t.settle(func() bool { got = t.members(m, group); return sameRefs(got, want) }) {
			t.Errorf("EditMembers, %s: the group then has %v, wanted is %v", what, got, want)
			return
		}
		t.shown("EditMembers, "+what, group, want)
	}
	first, rest := people[:1], people[1:]
	succeeds("adding one", first, nil, first)
	succeeds("adding who is there", first, nil, first)
	succeeds("adding several", rest, nil, people)
	succeeds("adding and removing", first, rest[:1], slices.Concat(first, rest[1:]))
	succeeds("removing who is not there", nil, rest[:1], slices.Concat(first, rest[1:]))

	nobody := connector.Ref{Object: people[0].Object, ID: t.unknownID(t.desc.Object(people[0].Object))}
	results := edit("adding somebody unknown along with others", []connector.Ref{nobody, rest[0]}, nil)
	if results[0] == nil {
		t.Errorf("EditMembers, adding somebody unknown: the result is a success")
	}
	if results[1] != nil {
		t.Errorf("EditMembers, adding somebody unknown: another's result is %v", results[1])
	}
	succeeds("removing all", nil, people, nil)

	gone := connector.Ref{Object: group.Object, ID: t.unknownID(t.object)}
	if _, err := m.ListMembers(t.ctx, gone, ""); connector.CodeOf(orNone(err)) != connector.NotFound {
		t.Errorf("ListMembers of an unknown group gave %s, wanted is NotFound", outcome(err))
	}
	if _, err := m.EditMembers(t.ctx, gone, first, nil); connector.CodeOf(orNone(err)) != connector.NotFound {
		t.Errorf("EditMembers of an unknown group gave %s, wanted is NotFound", outcome(err))
	}
}

// shown wants the field of members, where the object has one, to be what the list
// of members is: in Get, in List, and nowhere that it is omitted.
func (t *trial) shown(after string, group connector.Ref, want []connector.Ref) {
	t.Helper()
	s := t.object.Type.Slot(t.object.MemberField)
	if t.object.MemberField == "" || s == schema.NoSlot {
		return
	}
	ids := make([]string, len(want))
	for i, r := range want {
		ids[i] = r.ID
	}
	slices.Sort(ids)
	look := func(where string, rec *schema.Record) {
		t.Helper()
		if got := memberIDs(rec.At(s)); !slices.Equal(got, ids) {
			t.Errorf("%s: %s has %v in %s, the list of members %v", after, where, got, t.object.MemberField, ids)
		}
	}
	look("Get", t.mustGet(group))
	for _, omit := range [][]string{nil, {t.object.MemberField}} {
		recs, err := t.all(connector.Query{Omit: omit})
		if err != nil {
			t.Fatalf("List failed: %v", err)
		}
		i := slices.IndexFunc(recs, func(rec *schema.Record) bool { return t.ref(rec) == group })
		switch {
		case i < 0:
			t.Errorf("%s: List lacks the group", after)
		case omit == nil || !recs[i].At(s).Unassigned():
			look("List", recs[i])
		}
	}
}

// memberIDs are the sorted ids in a field of members: ids, or objects that have one
// as their value.
func memberIDs(list schema.Value) []string {
	out := []string{}
	for e := range list.Elements() {
		if e.Kind() == schema.KindObject {
			e = e.Member("value")
		}
		out = append(out, e.Text())
	}
	slices.Sort(out)
	return out
}

// members lists the members of a group, page by page.
func (t *trial) members(m connector.Members, group connector.Ref) []connector.Ref {
	t.Helper()
	pages, err := pagesOf(func(cursor string) (*connector.Page, error) { return m.ListMembers(t.ctx, group, cursor) },
		func(rec *schema.Record) error {
			for _, name := range t.object.Member {
				if o := t.desc.Object(name); rec != nil && o.Type == rec.Type() {
					return wellFormed(o, rec)
				}
			}
			return wellFormed(t.desc.Object(t.object.Member[0]), rec)
		})
	if err != nil {
		t.Fatalf("ListMembers failed: %v", err)
	}
	var out []connector.Ref
	for _, p := range pages {
		for _, rec := range p.Records {
			out = append(out, t.desc.ObjectOf(rec.Type()).RefOf(rec))
		}
	}
	return out
}

func sameRefs(a, b []connector.Ref) bool {
	byName := func(x, y connector.Ref) int {
		return strings.Compare(x.Object+"/"+x.ID, y.Object+"/"+y.ID)
	}
	return slices.Equal(slices.SortedFunc(slices.Values(a), byName), slices.SortedFunc(slices.Values(b), byName))
}

func needsOmitter(s *subject, _ *connector.Object) string {
	if ability[connector.Omitter](s.h.Driver) == nil {
		return "the driver is no Omitter"
	}
	return ""
}

// runOmit reads a record without some of its fields.
func runOmit(t *trial) {
	om := ability[connector.Omitter](t.d)
	rec := t.existing()
	full := t.mustGet(t.ref(rec))
	for s, v := range full.Values() {
		a := t.object.Type.Attribute(s)
		if v.Unassigned() || strings.EqualFold(a.Name, t.object.IDField()) {
			continue
		}
		got, err := om.GetWithout(t.ctx, t.ref(rec), []string{t.object.Type.Path(s), "noSuchField"})
		if err != nil {
			t.Fatalf("GetWithout %s failed: %v", a.Name, err)
		}
		if err := wellFormed(t.object, got); err != nil {
			t.Fatalf("GetWithout %s: %v", a.Name, err)
		}
		if t.ref(got) != t.ref(rec) {
			t.Fatalf("GetWithout %s gave the record %s, asked for was %s", a.Name, t.ref(got).ID, t.ref(rec).ID)
		}
		if d := differences(full, got, s); len(d) > 0 {
			t.Errorf("GetWithout %s: other fields differ from what Get gives: %s", a.Name, strings.Join(d, ", "))
		}
		if !got.At(s).Unassigned() && !same(a, full.At(s), got.At(s)) {
			t.Errorf("GetWithout %s: the field is neither left out nor right", a.Name)
		}
	}
	if _, err := om.GetWithout(t.ctx, connector.Ref{Object: t.object.Name, ID: t.unknownID(t.object)}, []string{t.object.IDField()}); connector.CodeOf(orNone(err)) != connector.NotFound {
		t.Errorf("GetWithout of an unknown id gave %s, wanted is NotFound", outcome(err))
	}
}

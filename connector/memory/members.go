package memory

import (
	"context"
	"slices"
	"sort"
	"strconv"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// membership is a set of records in the order in which they joined. Joining and
// leaving cost the same however many there are.
type membership struct {
	list  []member // by seq; those that left leave a hole until there are too many
	holes int
	at    map[*stored]int // place in list; nil while the list is short
	seq   uint64
}

type member struct {
	who     *stored // nil for a hole
	seq     uint64
	display string // as it was given, "" when it was not
}

// shortList is how many members are searched one by one.
const shortList = 16

func (m *membership) len() int {
	if m == nil {
		return 0
	}
	return len(m.list) - m.holes
}

func (m *membership) find(who *stored) int {
	if m == nil {
		return -1
	}
	if m.at != nil {
		if i, ok := m.at[who]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(m.list, func(x member) bool { return x.who == who })
}

// add reports whether anything changed: who was no member, or has another name
// for display now.
func (m *membership) add(who *stored, display string) bool {
	if i := m.find(who); i >= 0 {
		if display == "" || m.list[i].display == display {
			return false
		}
		m.list[i].display = display
		return true
	}
	m.seq++
	m.list = append(m.list, member{who: who, seq: m.seq, display: display})
	switch {
	case m.at != nil:
		m.at[who] = len(m.list) - 1
	case len(m.list) > shortList:
		m.compact()
	}
	return true
}

func (m *membership) remove(who *stored) bool {
	i := m.find(who)
	if i < 0 {
		return false
	}
	m.list[i] = member{seq: m.list[i].seq}
	m.holes++
	if m.at != nil {
		delete(m.at, who)
	}
	if m.holes > len(m.list)/2 {
		m.compact()
	}
	return true
}

// compact closes the holes and makes or drops the map.
func (m *membership) compact() {
	m.list = slices.DeleteFunc(m.list, func(x member) bool { return x.who == nil })
	m.holes = 0
	m.at = nil
	if len(m.list) > shortList {
		m.at = make(map[*stored]int, len(m.list))
		for i, x := range m.list {
			m.at[x.who] = i
		}
	}
}

// join and leave keep both sides of a membership. They report whether anything
// changed.
func join(group, who *stored, display string) bool {
	if group.members == nil {
		group.members = &membership{}
	}
	isNew := group.members.find(who) < 0
	changed := group.members.add(who, display)
	if isNew {
		who.groups = append(who.groups, group)
	}
	return changed
}

func leave(group, who *stored) bool {
	if !group.members.remove(who) {
		return false
	}
	who.dropGroup(group)
	return true
}

func (s *stored) dropGroup(group *stored) {
	if i := slices.Index(s.groups, group); i >= 0 {
		s.groups = slices.Delete(s.groups, i, i+1)
	}
}

// label returns what a record is called where it is listed in another.
func (s *stored) label() string {
	t := s.table
	if t.name == schema.NoSlot {
		return ""
	}
	return decodeSlot(t.typ, s.data, t.name).Text()
}

// membersValue returns the members attribute of a group, of those members that
// only holds where it is not nil.
func (s *stored) membersValue(only map[string]bool) schema.Value {
	if s.members.len() == 0 {
		return schema.Value{}
	}
	t := s.table
	sub := t.typ.Attribute(t.members).Sub
	var list []schema.Value
	if only == nil {
		list = make([]schema.Value, 0, s.members.len())
	}
	for _, m := range s.members.list {
		if m.who == nil || only != nil && !only[m.who.id] {
			continue
		}
		display := m.display
		if display == "" {
			display = m.who.label()
		}
		list = append(list, reference(sub, t.refSub, m.who.id, display, m.who.table.typ.Name()))
	}
	return schema.ListValue(list...)
}

// groupsValue returns the groups that a record is a direct member of (RFC 7643
// section 4.1.2).
func (s *stored) groupsValue() schema.Value {
	if len(s.groups) == 0 {
		return schema.Value{}
	}
	t := s.table
	list := make([]schema.Value, len(s.groups))
	for i, g := range s.groups {
		list[i] = reference(t.typ.Attribute(t.groups).Sub, t.inSub, g.id, g.label(), "direct")
	}
	return schema.ListValue(list...)
}

func reference(sub *schema.Type, at refSlots, id, display, typ string) schema.Value {
	rec := sub.New()
	rec.SetAt(at.value, schema.StringValue(id))
	if at.display != schema.NoSlot && display != "" {
		rec.SetAt(at.display, schema.StringValue(display))
	}
	if at.typ != schema.NoSlot {
		rec.SetAt(at.typ, schema.StringValue(typ))
	}
	return schema.ObjectValue(rec)
}

// memberChange is what edits of the members attribute come to.
type memberChange struct {
	all   bool // join is the whole list
	join  []newcomer
	leave []*stored
}

type newcomer struct {
	who     *stored
	display string
}

// planMembers reads the edits of the members attribute, without doing anything.
// Errors: Invalid for a reference to nothing that could be a member.
func (d *Driver) planMembers(t *table, group *stored, edits []schema.Edit) ([]memberChange, error) {
	var out []memberChange
	for _, e := range edits {
		var c memberChange
		switch e.Op {
		case schema.Clear:
			c.all = true
		case schema.Set:
			c.all = true
			fallthrough
		case schema.Add:
			for v := range e.Value.Elements() {
				who, err := d.memberNamed(t, group, v)
				if err != nil {
					return nil, err
				}
				c.join = append(c.join, newcomer{who, v.Member("display").Text()})
			}
		case schema.Remove:
			for v := range e.Value.Elements() {
				// Who does not exist is no member.
				if who := d.lookupMember(t, v.Member("value").Text()); who != nil {
					c.leave = append(c.leave, who)
				}
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func (d *Driver) memberNamed(t *table, group *stored, v schema.Value) (*stored, error) {
	field := t.typ.Attribute(t.members).Name
	who := d.lookupMember(t, v.Member("value").Text())
	switch {
	case who == nil:
		return nil, connector.Errorf(connector.Invalid, field, "a member does not exist")
	case who == group:
		return nil, connector.Errorf(connector.Invalid, field, "a group cannot be a member of itself")
	default:
		return who, nil
	}
}

// lookupMember finds a record of an object that can be a member. Ids are unique
// among all objects of a driver, so the first find is the only one.
func (d *Driver) lookupMember(t *table, id string) *stored {
	for _, name := range t.object.Member {
		if s := d.tables[name].byID[id]; s != nil {
			return s
		}
	}
	return nil
}

// apply carries out a planned change and reports whether it made a difference.
func (c memberChange) apply(group *stored) bool {
	changed := false
	if c.all && group.members.len() > 0 {
		stay := make(map[*stored]bool, len(c.join))
		for _, n := range c.join {
			stay[n.who] = true
		}
		for _, m := range slices.Clone(group.members.list) {
			if m.who != nil && !stay[m.who] {
				changed = leave(group, m.who) || changed
			}
		}
	}
	for _, n := range c.join {
		changed = join(group, n.who, n.display) || changed
	}
	for _, who := range c.leave {
		if group.members != nil {
			changed = leave(group, who) || changed
		}
	}
	return changed
}

// ListMembers reads a page of a group's members in the order in which they
// joined: records with their id and, where they have one, their name.
func (d *Driver) ListMembers(ctx context.Context, group connector.Ref, cursor string) (*connector.Page, error) {
	after, err := d.begin(ctx, "list members", group.Object)
	if err != nil {
		return nil, err
	}
	var seq uint64
	if cursor != "" {
		if seq, err = strconv.ParseUint(cursor, 10, 64); err != nil {
			return nil, connector.Errorf(connector.Invalid, "", "the cursor is not one of this list")
		}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	_, g, err := d.group(group)
	if err != nil {
		return nil, err
	}
	page := &connector.Page{Total: g.members.len()}
	if g.members == nil {
		return page, after
	}
	list := g.members.list
	for i := sort.Search(len(list), func(i int) bool { return list[i].seq > seq }); i < len(list); i++ {
		m := list[i]
		if m.who == nil {
			continue
		}
		if len(page.Records) == d.pageSize {
			page.Next = strconv.FormatUint(seq, 10)
			break
		}
		seq = m.seq
		page.Records = append(page.Records, m.who.asMember())
	}
	if after != nil {
		return nil, after
	}
	return page, nil
}

// asMember returns the record as far as a list of members shows it.
func (s *stored) asMember() *schema.Record {
	t := s.table
	rec := t.typ.New()
	t.setID(rec, s.id)
	if t.name != schema.NoSlot {
		rec.SetAt(t.name, decodeSlot(t.typ, s.data, t.name))
	}
	return rec
}

// EditMembers adds and removes members of a group.
func (d *Driver) EditMembers(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	after, err := d.begin(ctx, "edit members", group.Object)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, g, err := d.group(group)
	if err != nil {
		return nil, err
	}
	results := make([]error, len(add)+len(remove))
	changed := false
	for i, r := range add {
		var who *stored
		if slices.Contains(t.object.Member, r.Object) {
			who = d.tables[r.Object].byID[r.ID]
		}
		switch {
		case who == nil:
			results[i] = connector.Errorf(connector.NotFound, t.typ.Attribute(t.members).Name, "no such member")
		case who == g:
			results[i] = connector.Errorf(connector.Invalid, t.typ.Attribute(t.members).Name, "a group cannot be a member of itself")
		default:
			changed = join(g, who, "") || changed
		}
	}
	for _, r := range remove {
		if who := d.lookupMember(t, r.ID); who != nil && who.table.object.Name == r.Object && g.members != nil {
			changed = leave(g, who) || changed
		}
	}
	if changed {
		g.touch(d.now())
	}
	if after != nil {
		return nil, after
	}
	return results, nil
}

func (d *Driver) group(r connector.Ref) (*table, *stored, error) {
	t, s, err := d.lookup(r)
	if err != nil {
		return nil, nil, err
	}
	if t.members == schema.NoSlot {
		return nil, nil, connector.Errorf(connector.Unsupported, "", "it has no members")
	}
	return t, s, nil
}

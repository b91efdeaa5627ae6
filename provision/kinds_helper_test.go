package provision_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// desk is a driver with guests and staff who share their ids, teams of the one and
// crews of the other. It is as awkward as help desks are: a conversion and an
// activation set a field of their own, a deactivation empties fields and groups,
// and the joint list lacks what only staff have.
type desk struct {
	desc *connector.Description

	mu      sync.Mutex
	records map[connector.Ref]*schema.Record
	members map[connector.Ref][]string
	next    int
	calls   []string
	fail    map[string]error // by call
	fault   *fault           // nil for none
}

// fault breaks calls of a desk: from the one behind the first skip ones on.
type fault struct {
	skip  int
	after bool // what was asked for is done, and the answer is lost
	once  bool
	hit   bool
}

// broken counts a call and returns what goes wrong with it, before and after it
// takes effect.
func (d *desk) broken(lost error) (before, after error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.fault
	if f == nil || f.hit && f.once {
		return nil, nil
	}
	if f.skip--; f.skip >= 0 {
		return nil, nil
	}
	f.hit = true
	if f.after {
		return nil, lost
	}
	return connector.Unavailable, nil
}

func (d *desk) setFault(f *fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

const deskPage = 3

func newDesk(t testing.TB) *desk {
	t.Helper()
	eq := schema.Eq
	person := schema.Fields{
		"id": {Type: schema.Integer, Mutability: schema.ReadOnly, Filter: eq}, "email": {Required: true, Filter: eq}, "name": {Filter: eq},
		"room": {}, "active": {Type: schema.Boolean, Mutability: schema.ReadOnly}, "is_staff": {Type: schema.Boolean, Mutability: schema.ReadOnly},
		"manager": {Type: schema.Integer},
	}
	staff := maps.Clone(person)
	staff["day_pass"] = schema.Attribute{Type: schema.Boolean}
	staff["role"] = schema.Attribute{Filter: eq}
	staff["badge"] = schema.Attribute{Filter: eq}
	staff["chief"] = schema.Attribute{Type: schema.Boolean, Mutability: schema.ReadOnly}
	group := schema.Fields{
		"id": {Type: schema.Integer, Mutability: schema.ReadOnly, Filter: eq}, "name": {Required: true, Filter: eq},
		"members": {Type: schema.Integer, MultiValued: true, Unordered: true},
	}
	typ := func(name string, f schema.Fields) *schema.Type {
		out, err := schema.NewType(name, f)
		require.NoError(t, err)
		return out
	}
	search := connector.Search{And: true, Consistent: []string{"id", "email"}}
	states := []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Erase, connector.Convert}
	return &desk{
		records: map[connector.Ref]*schema.Record{}, members: map[connector.Ref][]string{}, fail: map[string]error{}, next: 100,
		desc: &connector.Description{
			Account: "desk", Version: "1", Owner: connector.Ref{Object: "staff", ID: "1"}, Protected: []connector.Ref{{Object: "staff", ID: "2"}},
			Objects: []connector.Object{
				{Name: "guest", Type: typ("guest", person), IDSpace: "people", Unique: []string{"email"}, Active: "active", Actions: states,
					DroppedByDeactivate: []string{"room"}, LeavesGroups: true, Search: search,
					Kin: []string{"staff"}, KinFilter: []string{"email", "name"}},
				{Name: "staff", Type: typ("staff", staff), IDSpace: "people", Unique: []string{"email"}, Active: "active", Actions: states,
					ResetByActivate: []string{"day_pass"}, Admin: "chief", Search: search, Sparse: []string{"role", "day_pass", "chief"}},
				{Name: "team", Type: typ("team", group), Tag: "te", Actions: []connector.ActionKind{connector.Delete}, Members: true, Member: []string{"guest"},
					Unique: []string{"name"}, MemberField: "members", Search: connector.Search{Consistent: []string{"id", "name"}}},
				{Name: "crew", Type: typ("crew", group), Tag: "cr", Actions: []connector.ActionKind{connector.Delete}, Members: true, Member: []string{"staff"},
					Unique: []string{"name"}, MemberField: "members", SkipsMembers: true, Search: connector.Search{Consistent: []string{"id", "name"}}},
				{Name: "club", Type: typ("club", group), Tag: "cl", Unserved: true},
			},
		},
	}
}

// put stores a record, as somebody in the application would.
func (d *desk) put(object, id, email string, set ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	rec := d.fresh(object, id, email)
	for i := 0; i < len(set); i += 2 {
		switch v := set[i+1].(type) {
		case bool:
			rec.Set(set[i].(string), schema.BooleanValue(v))
		case string:
			rec.SetString(set[i].(string), v)
		}
	}
}

// fresh stores a new record; the lock is held.
func (d *desk) fresh(object, id, email string) *schema.Record {
	rec := d.desc.Object(object).Type.New()
	n, _ := strconv.ParseInt(id, 10, 64)
	rec.Set("id", schema.IntegerValue(n))
	if rec.Type().Slot("email") != schema.NoSlot {
		rec.SetString("email", email)
		rec.Set("active", schema.BooleanValue(true))
		rec.Set("is_staff", schema.BooleanValue(object == "staff"))
	} else {
		rec.SetString("name", email)
	}
	d.records[connector.Ref{Object: object, ID: id}] = rec
	return rec
}

func (d *desk) call(format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := fmt.Sprintf(format, args...)
	d.calls = append(d.calls, s)
	err := d.fail[s]
	delete(d.fail, s)
	return err
}

// takeCalls returns the calls since it was last asked.
func (d *desk) takeCalls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.calls
	d.calls = nil
	return out
}

func (d *desk) rec(object, id string) *schema.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.records[connector.Ref{Object: object, ID: id}]
}

func (d *desk) Describe(context.Context) (*connector.Description, error) { return d.desc, nil }

func (d *desk) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return d.GetWithout(ctx, r, nil)
}

func (d *desk) GetWithout(_ context.Context, r connector.Ref, omit []string) (*schema.Record, error) {
	name := "get " + r.Object
	if slices.Contains(omit, "members") {
		name += " without members"
	}
	if err := d.call("%s", name); err != nil {
		return nil, err
	}
	if before, after := d.broken(connector.Unavailable); before != nil || after != nil {
		return nil, connector.Unavailable
	}
	rec := d.rec(r.Object, r.ID)
	if rec == nil {
		return nil, connector.NotFound
	}
	return d.withMembers(r, rec, omit), nil
}

func (d *desk) withMembers(r connector.Ref, rec *schema.Record, omit []string) *schema.Record {
	d.mu.Lock()
	rec = rec.Clone()
	d.mu.Unlock()
	if rec.Type().Slot("members") == schema.NoSlot || slices.Contains(omit, "members") {
		return rec
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []schema.Value
	for _, id := range d.members[r] {
		n, _ := strconv.ParseInt(id, 10, 64)
		ids = append(ids, schema.IntegerValue(n))
	}
	rec.Set("members", schema.ListValue(ids...))
	return rec
}

func (d *desk) List(_ context.Context, object string, q connector.Query) (*connector.Page, error) {
	name := "list " + object
	if q.Kin {
		name += " and kin"
	}
	if q.Filter != nil {
		name += " " + q.Filter.String()
	}
	if err := d.call("%s", name); err != nil {
		return nil, err
	}
	if before, after := d.broken(connector.Unavailable); before != nil || after != nil {
		return nil, connector.Unavailable
	}
	d.mu.Lock()
	refs := slices.SortedFunc(maps.Keys(d.records), func(a, b connector.Ref) int { return strings.Compare(a.ID, b.ID) })
	d.mu.Unlock()
	from, _ := strconv.Atoi(q.Cursor)
	page := &connector.Page{Total: -1}
	seen := 0
	for _, r := range refs {
		if r.Object != object && !(q.Kin && r.Object == "staff") {
			continue
		}
		rec := d.rec(r.Object, r.ID)
		if rec == nil {
			continue
		}
		rec = d.withMembers(r, rec, q.Omit)
		if q.Kin && r.Object == "staff" {
			for _, f := range d.desc.Object("staff").Sparse {
				rec.Apply(schema.Edit{Slot: rec.Type().Slot(f), Op: schema.Clear})
			}
		}
		if q.Filter != nil {
			match, err := rec.Type().Match(q.Filter)
			if err != nil || !match.Match(rec) {
				continue
			}
		}
		if seen++; seen <= from {
			continue
		}
		if len(page.Records) == deskPage {
			page.Next = strconv.Itoa(seen - 1)
			break
		}
		page.Records = append(page.Records, rec)
	}
	return page, nil
}

func (d *desk) Create(_ context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	if rec.Type().Slot("members") != schema.NoSlot && rec.Has("members") {
		return nil, connector.Errorf(connector.Internal, "members", "a create has no members")
	}
	if err := d.call("create %s", object); err != nil {
		return nil, err
	}
	before, after := d.broken(connector.Ambiguous)
	if before != nil {
		return nil, before
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	unique := d.desc.Object(object).Unique[0]
	for r, other := range d.records {
		same := r.Object == object || unique == "email" && d.desc.Object(r.Object).IDSpace == "people"
		if same && other.String(unique) == rec.String(unique) {
			return nil, connector.Errorf(connector.AlreadyExists, unique, "")
		}
	}
	d.next++
	made := d.fresh(object, strconv.Itoa(d.next), rec.String(unique))
	for s, v := range rec.Values() {
		made.SetAt(s, v)
	}
	if after != nil {
		return nil, after
	}
	return made.Clone(), nil
}

func (d *desk) Update(_ context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	for _, e := range c.Edits {
		if c.Type.Attribute(e.Slot).Name == "members" {
			return nil, connector.Errorf(connector.Internal, "members", "an update has no members")
		}
	}
	if err := d.call("update %s", r.Object); err != nil {
		return nil, err
	}
	before, after := d.broken(connector.Unavailable)
	if before != nil {
		return nil, before
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rec := d.records[r]
	if rec == nil {
		return nil, connector.NotFound
	}
	rec.Apply(c.Edits...)
	if after != nil {
		return nil, after
	}
	return rec.Clone(), nil
}

func (d *desk) Act(_ context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	if err := d.call("%s %s", a.Kind, r.Object); err != nil {
		return nil, err
	}
	before, after := d.broken(connector.Unavailable)
	if before != nil {
		return nil, before
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rec := d.records[r]
	if rec == nil {
		return nil, connector.NotFound
	}
	switch a.Kind {
	case connector.Deactivate:
		rec.Set("active", schema.BooleanValue(false))
		if r.Object == "guest" {
			rec.Apply(schema.Edit{Slot: rec.Type().Slot("room"), Op: schema.Clear})
			d.leaveGroups(r.ID)
		}
	case connector.Activate:
		rec.Set("active", schema.BooleanValue(true))
		if r.Object == "staff" {
			rec.Set("day_pass", schema.BooleanValue(true))
		}
	case connector.Convert:
		to := rec.As(d.desc.Object(a.To).Type)
		to.Set("is_staff", schema.BooleanValue(a.To == "staff"))
		if a.To == "staff" {
			to.Set("day_pass", schema.BooleanValue(true))
			to.SetString("role", "helper")
		}
		delete(d.records, r)
		d.records[connector.Ref{Object: a.To, ID: r.ID}] = to
		d.leaveGroups(r.ID)
		rec = to
	default:
		delete(d.records, r)
		delete(d.members, r)
		return nil, after
	}
	if after != nil {
		return nil, after
	}
	return rec.Clone(), nil
}

// leaveGroups takes a person out of all groups; the lock is held.
func (d *desk) leaveGroups(id string) {
	for g := range d.members {
		d.members[g] = slices.DeleteFunc(d.members[g], func(m string) bool { return m == id })
	}
}

func (d *desk) ListMembers(context.Context, connector.Ref, string) (*connector.Page, error) {
	return nil, connector.Errorf(connector.Unsupported, "", "not here")
}

func (d *desk) EditMembers(_ context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	if err := d.call("edit members of %s +%d -%d", group.Object, len(add), len(remove)); err != nil {
		return nil, err
	}
	before, after := d.broken(connector.Unavailable)
	if before != nil {
		return nil, before
	}
	if d.rec(group.Object, group.ID) == nil {
		return nil, connector.NotFound
	}
	var out []error
	for i, r := range append(slices.Clone(add), remove...) {
		switch {
		case i >= len(add):
			d.mu.Lock()
			d.members[group] = slices.DeleteFunc(d.members[group], func(id string) bool { return id == r.ID })
			d.mu.Unlock()
			out = append(out, nil)
		case d.rec(r.Object, r.ID) != nil:
			d.mu.Lock()
			if !slices.Contains(d.members[group], r.ID) {
				d.members[group] = append(d.members[group], r.ID)
			}
			d.mu.Unlock()
			out = append(out, nil)
		case d.rec("guest", r.ID) != nil || d.rec("staff", r.ID) != nil:
			out = append(out, connector.Errorf(connector.Invalid, "", "only %s belong there", r.Object))
		default:
			out = append(out, connector.NotFound)
		}
	}
	if after != nil {
		return nil, after
	}
	return out, nil
}

const deskURN = "urn:example:desk:2.0"

// deskMappings are the documents for a desk, with a set for each resource type.
func deskMappings() fstest.MapFS {
	user := func(object, more string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`apiVersion: mapping/v1
name: desk-` + object + `
resource:
  type: User
  schemas: [urn:ietf:params:scim:schemas:core:2.0:User, urn:ietf:params:scim:schemas:extension:enterprise:2.0:User, ` + deskURN + `:User]
  extensionAttributes:
    ` + deskURN + `:User: [isStaff, room` + map[bool]string{true: ", dayPass, role, isChief"}[object == "staff"] + `]
prefixes: {d: '` + deskURN + `:User', ent: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'}
target:
  object: ` + object + `
match:
  - {precedence: 1, scim: userName, target: email, fold: true}
lookups:
  boss: {object: guest, keys: [email], value: id, return: id, onMissing: defer}
rules:
  - {scim: userName, target: email, onUnset: keep}
  - {scim: displayName, target: name}
  - {scim: 'd:room', target: room}
  - {scim: 'ent:manager', target: manager, pipe: ['lookup("boss")']}
  - {scim: active, target: active, direction: toScim}
  - {scim: 'd:isStaff', target: is_staff, direction: toScim}
` + more)}
	}
	group := func(object string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`apiVersion: mapping/v1
name: desk-` + object + `
resource:
  type: Group
  schemas: [urn:ietf:params:scim:schemas:core:2.0:Group, ` + deskURN + `:Group]
  extensionAttributes: {'` + deskURN + `:Group': [kind]}
prefixes: {g: '` + deskURN + `:Group'}
target: {object: ` + object + `}
match: [{precedence: 1, scim: displayName, target: name}]
rules:
  - {scim: displayName, target: name, onUnset: keep}
  - {scim: members.value, target: members, pipe: [toInt], element: {type: User}}
  - {scim: 'g:kind', inverse: '"` + object + `"'}
`)}
	}
	set := func(name, prefix, when, use, otherwise string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`apiVersion: mapping/v1
kind: MappingSet
name: ` + name + `
prefixes: {x: '` + deskURN + `:` + prefix + `'}
routes:
  - {when: '` + when + `', use: ` + use + `}
  - {use: ` + otherwise + `}
`)}
	}
	return fstest.MapFS{
		"guest.yaml": user("guest", ""),
		"staff.yaml": user("staff", `  - {scim: 'd:role', target: role, onUnset: keep}
  - {name: day-pass, scim: 'd:dayPass', target: day_pass, onUnset: keep, expr: 'd:dayPass | toBool', inverse: $target.day_pass}
  - {scim: 'd:isChief', target: chief, direction: toScim}
`),
		"team.yaml": group("team"), "crew.yaml": group("crew"), "club.yaml": group("club"),
		"users.yaml":  set("desk-users", "User", "x:isStaff | toBool", "desk-staff", "desk-guest"),
		"groups.yaml": set("desk-groups", "Group", `x:kind == "crew"`, "desk-crew", "desk-team"),
	}
}

// newDeskWorld is a connection to a desk that has the owner and a protected chief.
func newDeskWorld(t testing.TB, o *provision.Options) (*world, *desk) {
	t.Helper()
	d := newDesk(t)
	return deskWorld(t, d, o), d
}

func deskWorld(t testing.TB, d *desk, o *provision.Options) *world {
	t.Helper()
	d.put("staff", "1", "owner@example.com")
	d.put("staff", "2", "account-owner@example.com")
	w := &world{t: t, clock: testx.NewClock(start), events: &events{}, state: provision.NewMemoryState(), mappings: deskMappings()}
	var err error
	w.target, err = connector.NewTarget(d, &connector.Options{Clock: w.clock.Now})
	require.NoError(t, err)
	w.serve(o, scim.ProfileCompatible())
	if o == nil {
		require.NoError(t, w.backend.Check(t.Context()))
	}
	return w
}

func (w *world) profile() scim.Profile { return scim.ProfileCompatible() }

func itoa(n int) string { return strconv.Itoa(n) }

func boolean(b bool) schema.Value { return schema.BooleanValue(b) }

// Package teststore is the backend that the tests of scim and elimityscim run
// against: everything in memory, as simply as can be.
package teststore

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// FreshURN is an extension of the User type with an attribute of every kind.
const FreshURN = "urn:ietf:params:scim:schemas:extension:test:2.0:User"

// Store is the backend.
type Store struct {
	// TypeSet is what Types returns, without features unless With is called.
	TypeSet *scim.Types
	clock   func() time.Time

	mu   sync.Mutex
	last int
	// Resources are all there are, in the order of creation.
	Resources []*scim.Resource

	Calls      []string            // the methods called
	Writes     []scim.WriteOptions // of every write
	LastUpdate scim.Update         // of the last Update
	LastQuery  scim.Query          // of the last List

	// What is answered instead: by the next call, by every read and create, or by
	// a panic.
	Fail    error
	FailNil bool
	Panics  bool
	// Blind makes Update return nil.
	Blind bool
}

var _ scim.Backend = (*Store)(nil)

// Types returns User, with the enterprise extension and FreshURN, and Group.
func Types(t testing.TB) *scim.Types {
	t.Helper()
	user, err := scim.UserType(scim.EnterpriseUserSchema(), schema.Schema{URN: FreshURN, Name: "Test", Attributes: []schema.Attribute{
		{Name: "badge", Choices: []string{"red", "green"}},
		{Name: "level", Type: schema.Integer},
		{Name: "score", Type: schema.Decimal},
		{Name: "since", Type: schema.Date},
		{Name: "at", Type: schema.DateTime},
		{Name: "tags", MultiValued: true},
		{Name: "secret", Mutability: schema.WriteOnly, Returned: schema.ReturnedNever},
		{Name: "birth", Mutability: schema.Immutable},
		{Name: "hidden", Returned: schema.ReturnedRequest},
		{Name: "anything", Type: schema.Any, Shown: schema.Integer},
	}}, schema.Schema{URN: scim.UserURN, Attributes: []schema.Attribute{
		{Name: "custom_fields.shift"}, {Name: "custom_fields.floor", Type: schema.Integer},
	}})
	if err != nil {
		t.Fatal(err)
	}
	group, err := scim.GroupType()
	if err != nil {
		t.Fatal(err)
	}
	types, err := scim.NewTypes("1", user, group)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// New returns an empty store with the types of [Types] and a clock of its own.
func New(t testing.TB) *Store {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return &Store{TypeSet: Types(t), clock: func() time.Time { now = now.Add(time.Second); return now }}
}

// With makes the store one with these features. It has all that there are.
func (s *Store) With(f scim.Features) *Store {
	s.TypeSet = s.TypeSet.With(f)
	return s
}

func (s *Store) call(name string) error {
	s.Calls = append(s.Calls, name)
	if s.Panics {
		panic("a secret detail")
	}
	err := s.Fail
	s.Fail = nil
	return err
}

// Types returns TypeSet.
func (s *Store) Types(context.Context) (*scim.Types, error) { return s.TypeSet, nil }

func (s *Store) find(r scim.Ref) (int, error) {
	for i, res := range s.Resources {
		if res.Record.String("id") == r.ID && res.Record.Type().Name() == r.Type {
			return i, nil
		}
	}
	return -1, scim.Errorf(http.StatusNotFound, "", "There is no %s %s.", r.Type, r.ID)
}

// Get reads a resource; a user has its groups.
func (s *Store) Get(_ context.Context, r scim.Ref, _ scim.ReadOptions) (*scim.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.call("get"); err != nil || s.FailNil {
		return nil, err
	}
	i, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return s.show(s.Resources[i]), nil
}

// show adds the groups of a user.
func (s *Store) show(res *scim.Resource) *scim.Resource {
	if res.Record.Type().Name() != "User" {
		return res
	}
	groups := res.Record.Type().Lookup("groups")
	var list []schema.Value
	for _, g := range s.Resources {
		if g.Record.Type().Name() != "Group" {
			continue
		}
		for m := range g.Record.Get("members").Elements() {
			if m.Record().String("value") == res.Record.String("id") {
				rec := groups.Sub.New()
				rec.SetString("value", g.Record.String("id"))
				rec.SetString("display", g.Record.String("displayName"))
				list = append(list, schema.ObjectValue(rec))
			}
		}
	}
	if list == nil {
		return res
	}
	rec := res.Record.Clone()
	rec.Set("groups", schema.ListValue(list...))
	return &scim.Resource{Record: rec, Version: res.Version}
}

// List reads resources in the order of creation.
func (s *Store) List(_ context.Context, typ string, q scim.Query) (*scim.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.LastQuery = q
	if err := s.call("list"); err != nil || s.FailNil {
		return nil, err
	}
	return scim.PageOf(q, func(yield func(*scim.Resource) bool) {
		for _, res := range s.Resources {
			if res.Record.Type().Name() == typ && !yield(s.show(res)) {
				return
			}
		}
	}), nil
}

// Create makes a resource; users are active unless they are not.
func (s *Store) Create(_ context.Context, typ string, in *schema.Record, o scim.WriteOptions) (*scim.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Writes = append(s.Writes, o)
	if err := s.call("create"); err != nil || s.FailNil {
		return nil, err
	}
	if err := s.unique(typ, in, ""); err != nil {
		return nil, err
	}
	s.last++
	rec := in.Clone()
	rec.SetAt(schema.SlotID, schema.StringValue(fmt.Sprint(s.last)))
	if typ == "User" && !rec.Has("active") {
		rec.Set("active", schema.BooleanValue(true))
	}
	res := s.stamp(rec, s.clock().Format(time.RFC3339))
	s.Resources = append(s.Resources, res)
	return s.show(res), nil
}

func (s *Store) stamp(rec *schema.Record, created string) *scim.Resource {
	meta := rec.Type().Lookup("meta").Sub.New()
	modified := created
	if s.last > 0 && rec.Has("meta") {
		modified = s.clock().Format(time.RFC3339)
	}
	meta.SetString("created", created)
	meta.SetString("lastModified", modified)
	rec.SetAt(schema.SlotMeta, schema.ObjectValue(meta))
	return &scim.Resource{Record: rec, Version: modified}
}

func (s *Store) unique(typ string, rec *schema.Record, except string) error {
	name := "userName"
	if typ == "Group" {
		name = "displayName"
	}
	t, slot := rec.Type(), rec.Type().Slot(name)
	text := func(r *schema.Record) string {
		if slot == schema.NoSlot || r.Type() != t { // the types may have changed
			return r.String(name)
		}
		return r.At(slot).Text()
	}
	value := text(rec)
	for _, res := range s.Resources {
		if res.Record.Type().Name() == typ && res.Record.At(schema.SlotID).Text() != except && strings.EqualFold(text(res.Record), value) {
			return scim.Errorf(http.StatusConflict, scim.Uniqueness, "The %s is taken.", name)
		}
	}
	return nil
}

// Update changes a resource unless that makes no difference.
func (s *Store) Update(_ context.Context, r scim.Ref, u scim.Update, o scim.WriteOptions) (*scim.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Writes = append(s.Writes, o)
	s.LastUpdate = u
	if err := s.call("update"); err != nil || s.FailNil {
		return nil, err
	}
	i, err := s.find(r)
	if err != nil {
		return nil, err
	}
	cur := s.Resources[i]
	if err := mustMatch(cur, o.IfMatch); err != nil {
		return nil, err
	}
	var rec *schema.Record
	if u.Replace != nil {
		rec, err = scim.ApplyReplace(cur.Record, u.Replace)
	} else {
		rec, err = scim.ApplyPatch(cur.Record, u.Patch)
	}
	if err != nil {
		return nil, err
	}
	if err := s.unique(r.Type, rec, r.ID); err != nil {
		return nil, err
	}
	if !rec.Equal(cur.Record) {
		s.Resources[i] = s.stamp(rec, cur.Record.Get("meta").Member("created").Text())
	}
	if s.Blind {
		return nil, nil
	}
	return s.show(s.Resources[i]), nil
}

// Delete removes a resource.
func (s *Store) Delete(_ context.Context, r scim.Ref, o scim.WriteOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Writes = append(s.Writes, o)
	if err := s.call("delete"); err != nil {
		return err
	}
	i, err := s.find(r)
	if err != nil {
		return err
	}
	if err := mustMatch(s.Resources[i], o.IfMatch); err != nil {
		return err
	}
	s.Resources = slices.Delete(s.Resources, i, i+1)
	return nil
}

func mustMatch(res *scim.Resource, versions []string) error {
	if len(versions) > 0 && !slices.Contains(versions, res.Version) {
		return scim.Errorf(http.StatusPreconditionFailed, "", "The resource has changed.")
	}
	return nil
}

package provision

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Key names an entry of a [State]: an id within its id space. Objects whose
// records share one sequence of ids share the space, so that a conversion keeps
// the entry.
type Key struct{ Space, ID string }

// Entry is what a connection remembers of one record.
type Entry struct {
	Key Key
	// Object is the kind that the record was last seen as: a hint, verified by
	// use.
	Object string
	// Hint is the value that the object's Hint field had when the record was last
	// seen (a user's role); it goes with actions.
	Hint string
	// Tombstone is when a DELETE put the record away; zero for a live one.
	Tombstone time.Time
	// Owner says how the connection came by the record.
	Owner Owner
	// Shadow holds attributes that the target cannot hold or cannot search, by
	// SCIM path ("userName", "externalId"); and as "login" the address of a
	// disabled account, whom the target's search may not show.
	Shadow map[string]string
	// Dropped holds the fields that a deactivation emptied, to be restored when
	// the record is activated again.
	Dropped map[string]schema.Value
	// Restoring says that the record was activated, or is about to be, and that
	// Dropped has not been written back, or that it is not back in all of Groups.
	Restoring bool
	// Late are references to records that were not there yet.
	Late []LateReference
	// Groups are those that the record was put into through the connection, where a
	// deactivation takes it out of them.
	Groups []connector.Ref
	// Off says that SCIM shows the account as disabled although it is usable: a
	// policy has taken its special rights away instead.
	Off bool
}

// LateReference is a reference that could not be written because nobody had its
// key yet.
type LateReference struct {
	Lookup string // name in the mapping
	Object string // that is looked up
	Value  string // field of that object whose value is the reference
	Key    string // what was looked for
	Target string // field to be written
}

// means reports whether one of the texts is what was looked for.
func (l *LateReference) means(texts []string) bool {
	return slices.ContainsFunc(texts, func(t string) bool { return strings.EqualFold(t, l.Key) })
}

// waitsFor reports whether the record waits for somebody with one of the texts.
func (e *Entry) waitsFor(texts []string) bool {
	return slices.ContainsFunc(e.Late, func(l LateReference) bool { return l.means(texts) })
}

// Owner says how a connection came by a record.
type Owner uint8

// The kinds of ownership.
const (
	Seen    Owner = iota // only read
	Created              // created through the connection
	Adopted              // taken over by policy
)

// String returns the word used in logs.
func (o Owner) String() string { return [...]string{"seen", "created", "adopted", "seen"}[o&3] }

// empty reports whether there is nothing worth keeping.
func (e *Entry) empty() bool {
	return e.Object == "" && e.Hint == "" && e.Tombstone.IsZero() && e.Owner == Seen && len(e.Shadow) == 0 && len(e.Dropped) == 0 && len(e.Late) == 0 &&
		len(e.Groups) == 0 && !e.Off
}

func (e *Entry) clone() *Entry {
	c := *e
	c.Shadow = maps.Clone(e.Shadow)
	c.Dropped = maps.Clone(e.Dropped)
	c.Late = slices.Clone(e.Late)
	c.Groups = slices.Clone(e.Groups)
	return &c
}

// setShadow keeps, or with an empty value forgets, an attribute.
func (e *Entry) setShadow(attr, value string) {
	if value == "" {
		delete(e.Shadow, attr)
		return
	}
	if e.Shadow == nil {
		e.Shadow = make(map[string]string, 2)
	}
	e.Shadow[attr] = value
}

// drop notes what a field had before a deactivation emptied it.
func (e *Entry) drop(field string, v schema.Value) {
	if !dropped(v) {
		e.keep(field, v)
	}
}

// keep notes the value of a field, unless it has none.
func (e *Entry) keep(field string, v schema.Value) {
	if v.IsUnset() {
		return
	}
	if e.Dropped == nil {
		e.Dropped = make(map[string]schema.Value)
	}
	e.Dropped[field] = v
}

// converted makes the entry one of another kind: what that kind has no place for is
// forgotten.
func (e *Entry) converted(to *binding) {
	e.Object = to.obj.Name
	e.Late = slices.DeleteFunc(e.Late, func(l LateReference) bool { return to.obj.Type.Slot(l.Target) == schema.NoSlot })
	e.Groups = slices.DeleteFunc(e.Groups, func(g connector.Ref) bool { return !slices.Contains(to.joins, g.Object) })
}

// revived takes the marks of a departure away.
func (e *Entry) revived() {
	e.Tombstone = time.Time{}
	e.Dropped, e.Restoring, e.Off = nil, false, false
}

// State remembers entries. Implementations are safe for concurrent use; entries
// that they return are the caller's, entries that they are given are copied.
// One State serves one connection.
type State interface {
	// Load returns the entries of keys, in their order, nil where there is none.
	Load(ctx context.Context, keys ...Key) ([]*Entry, error)
	// Find returns the entries whose shadow attribute has the value, compared
	// without case, in the order of their ids.
	Find(ctx context.Context, attr, value string) ([]*Entry, error)
	// FindLate returns the entries that wait for one of the keys, compared
	// without case, in the order of their ids.
	FindLate(ctx context.Context, keys ...string) ([]*Entry, error)
	// Save stores an entry in place of the one with the same key.
	Save(ctx context.Context, e *Entry) error
}

// MemoryState is the State of a process: what it knows is lost with it.
type MemoryState struct {
	mu      sync.RWMutex
	entries map[Key]*Entry
	shadow  map[string]map[Key]struct{} // by attribute and folded value
	late    map[string]map[Key]struct{} // by folded key
}

var _ State = (*MemoryState)(nil)

// NewMemoryState returns an empty State.
func NewMemoryState() *MemoryState {
	return &MemoryState{
		entries: make(map[Key]*Entry),
		shadow:  make(map[string]map[Key]struct{}),
		late:    make(map[string]map[Key]struct{}),
	}
}

// Load implements [State].
func (s *MemoryState) Load(_ context.Context, keys ...Key) ([]*Entry, error) {
	out := make([]*Entry, len(keys))
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i, k := range keys {
		if e := s.entries[k]; e != nil {
			out[i] = e.clone()
		}
	}
	return out, nil
}

// Find implements [State].
func (s *MemoryState) Find(_ context.Context, attr, value string) ([]*Entry, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.collect(s.shadow[shadowKey(attr, value)]), nil
}

// FindLate implements [State].
func (s *MemoryState) FindLate(_ context.Context, keys ...string) ([]*Entry, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make(map[Key]struct{})
	for _, k := range keys {
		maps.Copy(all, s.late[strings.ToLower(k)])
	}
	return s.collect(all), nil
}

func (s *MemoryState) collect(keys map[Key]struct{}) []*Entry {
	out := make([]*Entry, 0, len(keys))
	for k := range keys {
		out = append(out, s.entries[k].clone())
	}
	slices.SortFunc(out, func(a, b *Entry) int { return strings.Compare(a.Key.ID, b.Key.ID) })
	return out
}

// Save implements [State].
func (s *MemoryState) Save(_ context.Context, e *Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.entries[e.Key]; old != nil {
		for attr, v := range old.Shadow {
			drop(s.shadow, shadowKey(attr, v), e.Key)
		}
		for _, l := range old.Late {
			drop(s.late, strings.ToLower(l.Key), e.Key)
		}
		delete(s.entries, e.Key)
	}
	if e.empty() {
		return nil
	}
	s.entries[e.Key] = e.clone()
	for attr, v := range e.Shadow {
		put(s.shadow, shadowKey(attr, v), e.Key)
	}
	for _, l := range e.Late {
		put(s.late, strings.ToLower(l.Key), e.Key)
	}
	return nil
}

func shadowKey(attr, value string) string { return attr + "\x00" + strings.ToLower(value) }

func put(index map[string]map[Key]struct{}, at string, k Key) {
	if index[at] == nil {
		index[at] = make(map[Key]struct{}, 1)
	}
	index[at][k] = struct{}{}
}

func drop(index map[string]map[Key]struct{}, at string, k Key) {
	delete(index[at], k)
	if len(index[at]) == 0 {
		delete(index, at)
	}
}

// keyOf returns the key of a record.
func keyOf(o *connector.Object, id string) Key {
	if o.IDSpace != "" {
		return Key{Space: o.IDSpace, ID: id}
	}
	return Key{Space: o.Name, ID: id}
}

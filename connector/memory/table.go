package memory

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/usher-scim/usher/schema"
)

// stored is one record. Its fields change under the driver's lock only.
type stored struct {
	id       string
	data     string // see encode
	seq      uint64 // place in the order of creation
	created  int64  // Unix time in nanoseconds
	modified int64
	table    *table
	groups   []*stored   // records that have this one as a member, in the order of joining
	members  *membership // nil for records that have none

	// ready is the record as it is read, without members and groups, while it is in
	// the cache. It is never changed once it is here, and cached is the cache's.
	ready  atomic.Pointer[schema.Record]
	cached bool
}

// cache has the records that were written or read last, ready to be read, so that
// what a client works on is not decoded again and again.
type cache struct {
	mu   sync.Mutex
	ring []*stored
	next int
}

// put makes rec what s is read as. The caller holds the driver's lock, for
// writing where s was changed.
func (c *cache) put(s *stored, rec *schema.Record) {
	if len(c.ring) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.ready.Store(rec)
	if s.cached {
		return
	}
	s.cached = true
	if old := c.ring[c.next]; old != nil {
		old.ready.Store(nil)
		old.cached = false
	}
	c.ring[c.next] = s
	c.next = (c.next + 1) % len(c.ring)
}

// table has the records of one object.
type table struct {
	object  Object
	typ     *schema.Type
	id      schema.Slot
	meta    schema.Slot // NoSlot where the type has none, as for the next two
	members schema.Slot
	groups  schema.Slot
	name    schema.Slot // what a record is called where it is a member
	metaSub metaSlots
	refSub  refSlots // of members
	inSub   refSlots // of groups
	keep    []bool   // slots that are stored as they are written
	forget  []bool   // slots that are accepted and not kept
	unique  []*index
	indexes []*index

	byID map[string]*stored
	// order has the records by seq; those that were deleted leave a hole until
	// there are too many of them.
	order []place
	holes int
}

// place is where a record stands in the order.
type place struct {
	seq uint64
	s   *stored // nil for a hole
}

// metaSlots are the slots of the meta attribute.
type metaSlots struct{ resourceType, created, modified schema.Slot }

// refSlots are the slots of an attribute that refers to records.
type refSlots struct{ value, display, typ schema.Slot }

func newTable(o Object) (*table, error) {
	t := &table{object: o, typ: o.Type, byID: make(map[string]*stored)}
	if o.Name == "" || o.Type == nil {
		return nil, fmt.Errorf("memory: an object needs a name and a type")
	}
	t.id = o.Type.Slot("id")
	if t.id == schema.NoSlot {
		return nil, fmt.Errorf("memory: the type of object %s has no id", o.Name)
	}
	t.meta = schema.NoSlot
	if a := o.Type.Lookup("meta"); a != nil && a.Sub != nil && !a.MultiValued {
		t.meta = o.Type.Slot("meta")
		t.metaSub = metaSlots{a.Sub.Slot("resourceType"), a.Sub.Slot("created"), a.Sub.Slot("lastModified")}
	}
	t.name = o.Type.Slot("displayName")
	if t.name == schema.NoSlot {
		t.name = o.Type.Slot("name")
	}
	var err error
	if t.members, t.refSub, err = refSlot(o, o.Members); err != nil {
		return nil, err
	}
	if t.groups, t.inSub, err = refSlot(o, o.Groups); err != nil {
		return nil, err
	}
	t.keep, t.forget = make([]bool, o.Type.Len()), make([]bool, o.Type.Len())
	for i := range t.keep {
		s := schema.Slot(i)
		a := o.Type.Attribute(s)
		t.forget[i] = a.Mutability == schema.WriteOnly || a.Returned == schema.ReturnedNever
		derived := s == t.id || s == t.meta || s == t.members || s == t.groups || s == schema.SlotSchemas && o.Type.IsResource()
		t.keep[i] = !derived && !t.forget[i]
	}
	return t, t.addIndexes()
}

func refSlot(o Object, name string) (schema.Slot, refSlots, error) {
	if name == "" {
		return schema.NoSlot, refSlots{}, nil
	}
	a := o.Type.Lookup(name)
	if a == nil || a.Sub == nil || !a.MultiValued || a.Sub.Slot("value") == schema.NoSlot {
		return 0, refSlots{}, fmt.Errorf("memory: %s of object %s is no list of references with a value", name, o.Name)
	}
	return o.Type.Slot(name), refSlots{a.Sub.Slot("value"), a.Sub.Slot("display"), a.Sub.Slot("type")}, nil
}

// insert adds a record, which has its seq, at the end.
func (t *table) insert(s *stored) {
	t.byID[s.id] = s
	t.order = append(t.order, place{s.seq, s})
}

// remove takes a record out. Holes are closed when they are more than half, so
// that removing costs little however many there are.
func (t *table) remove(s *stored) {
	delete(t.byID, s.id)
	if i := t.after(s.seq) - 1; i >= 0 && t.order[i].s == s {
		t.order[i].s = nil
		t.holes++
	}
	if t.holes > len(t.order)/2 {
		t.order = slices.DeleteFunc(t.order, func(p place) bool { return p.s == nil })
		t.holes = 0
	}
}

// after returns the position of the first record that comes after seq.
func (t *table) after(seq uint64) int {
	return sort.Search(len(t.order), func(i int) bool { return t.order[i].seq > seq })
}

// len returns the number of records.
func (t *table) len() int { return len(t.order) - t.holes }

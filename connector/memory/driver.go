package memory

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// DefaultPageSize is how many records a page has where [Options.PageSize] is 0.
const DefaultPageSize = 500

// DefaultCache is how many records are kept ready where [Options.Cache] is 0.
const DefaultCache = 1024

// Object describes one kind of record that a driver is to hold.
type Object struct {
	Name string
	// Type needs an attribute id. Attributes that are never returned, such as a
	// password, are accepted and not kept.
	Type *schema.Type
	// Unique are attributes of type string or reference whose values only one
	// record of the object can have, compared as the attribute's CaseExact says.
	Unique []string
	// Index are further attributes and sub-attributes of type string or reference
	// ("externalId", "emails.value") for which an eq filter costs the same however
	// many records there are. It always does for id and for Unique.
	Index []string
	// Members is the complex multi-valued attribute that holds the members of a
	// group, by their id in its value; "" where the object has none. Member are
	// the objects that they can be of.
	Members string
	Member  []string
	// Groups is the read-only attribute in which a record shows the groups that it
	// is a direct member of; "" where it does not.
	Groups string
	// Active is the boolean attribute that says whether an account is usable; "" for
	// none. It is written like any other, and true in a record that is created
	// without it.
	Active string
}

// Options of a [Driver]. The zero value, like a nil *Options, has the defaults.
type Options struct {
	// Clock tells the time for meta; nil means time.Now.
	Clock func() time.Time
	// NewID issues ids: 1 to 128 of the characters A-Z a-z 0-9 . _ : -, never the
	// same one twice. It is called with a lock held, so it must not call the driver.
	// nil means "1", "2" and so on.
	NewID func() string
	// PageSize is how many records a page has at most; 0 means [DefaultPageSize].
	PageSize int
	// Cache is how many records are kept ready to be read; the others are read from
	// a compact form. 0 means [DefaultCache], a negative number none.
	Cache int
	// Account names the account; "" means "memory".
	Account string
	// Observe is told of every call before it does anything, by the names of
	// [Fault.Op]. It must be safe for concurrent use. nil means nobody is.
	Observe func(op, object string)
}

// Driver keeps records in memory. Make it with New.
type Driver struct {
	desc     *connector.Description
	tables   map[string]*table
	clock    func() time.Time
	newID    func() string
	pageSize int
	observe  func(op, object string)

	mu     sync.RWMutex // guards what the tables hold
	seq    uint64
	nextID uint64
	enc    encoder
	cache  cache

	faultMu sync.Mutex
	faults  []Fault
}

var (
	_ connector.Driver  = (*Driver)(nil)
	_ connector.Members = (*Driver)(nil)
	_ connector.Omitter = (*Driver)(nil)
	_ connector.Checker = (*Driver)(nil)
)

var idPattern = regexp.MustCompile(`\A[A-Za-z0-9._:-]{1,128}\z`)

// New returns an empty driver for these objects. It fails when an object names
// attributes that its type does not have or that cannot be what they are named
// for.
func New(objects []Object, o *Options) (*Driver, error) {
	if o == nil {
		o = &Options{}
	}
	d := &Driver{tables: make(map[string]*table), clock: o.Clock, newID: o.NewID, pageSize: o.PageSize, observe: o.Observe}
	if d.clock == nil {
		d.clock = time.Now
	}
	if d.pageSize == 0 {
		d.pageSize = DefaultPageSize
	}
	if d.pageSize < 0 {
		return nil, fmt.Errorf("memory: a page cannot have %d records", d.pageSize)
	}
	switch {
	case o.Cache == 0:
		d.cache.ring = make([]*stored, DefaultCache)
	case o.Cache > 0:
		d.cache.ring = make([]*stored, o.Cache)
	}
	if d.newID == nil {
		d.newID = func() string { d.nextID++; return strconv.FormatUint(d.nextID, 10) }
	}
	d.desc = &connector.Description{Account: o.Account, Version: "1"}
	if o.Account == "" {
		d.desc.Account = "memory"
	}
	for _, obj := range objects {
		t, err := newTable(obj)
		if err != nil {
			return nil, err
		}
		if d.tables[obj.Name] != nil {
			return nil, fmt.Errorf("memory: object %s is there twice", obj.Name)
		}
		d.tables[obj.Name] = t
		d.desc.Objects = append(d.desc.Objects, connector.Object{
			Name: obj.Name, Type: obj.Type, IDPattern: idPattern, Unique: slices.Clone(obj.Unique), Active: obj.Active,
			Actions: []connector.ActionKind{connector.Delete},
			Search:  connector.Search{And: true, Or: true, Any: true, Immediate: true},
			Members: obj.Members != "", Member: slices.Clone(obj.Member),
			PageSize: d.pageSize, Offset: true, BlindUpdate: true,
		})
	}
	for _, obj := range objects {
		if (obj.Members == "") != (len(obj.Member) == 0) {
			return nil, fmt.Errorf("memory: object %s: Members and Member go together", obj.Name)
		}
		for _, m := range obj.Member {
			if d.tables[m] == nil {
				return nil, fmt.Errorf("memory: object %s: there is no object %s that its members could be of", obj.Name, m)
			}
		}
	}
	return d, nil
}

// NewTarget returns a target with an empty driver of its own.
func NewTarget(objects []Object, o *Options) (*connector.Target, error) {
	d, err := New(objects, o)
	if err != nil {
		return nil, err
	}
	var to connector.Options
	if o != nil {
		to.Clock = o.Clock
	}
	return connector.NewTarget(d, &to)
}

// Application returns the application "memory", which takes no settings. Each
// target that it opens is empty and has records of its own. Default mappings are
// the caller's, who chose the types, to add.
func Application(objects []Object, o *Options) connector.Application {
	return connector.Application{
		Name: "memory", Title: "In memory",
		Open: func(context.Context, connector.Settings) (*connector.Target, error) { return NewTarget(objects, o) },
	}
}

// Describe returns the objects that were given to New.
func (d *Driver) Describe(ctx context.Context) (*connector.Description, error) {
	after, err := d.begin(ctx, "describe", "")
	if err != nil {
		return nil, err
	}
	if after != nil {
		return nil, after
	}
	return d.desc, nil
}

// Check succeeds: nothing can be missing.
func (d *Driver) Check(ctx context.Context) error {
	after, err := d.begin(ctx, "check", "")
	if err != nil {
		return err
	}
	return after
}

// Len returns the number of records of an object.
func (d *Driver) Len(object string) int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if t := d.tables[object]; t != nil {
		return t.len()
	}
	return 0
}

// Get reads a record, a group with all its members.
func (d *Driver) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return d.GetWithout(ctx, r, nil)
}

// GetWithout reads a record without some attributes.
func (d *Driver) GetWithout(ctx context.Context, r connector.Ref, fields []string) (*schema.Record, error) {
	after, err := d.begin(ctx, "get", r.Object)
	if err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, s, err := d.lookup(r)
	if err != nil {
		return nil, err
	}
	if after != nil {
		return nil, after
	}
	return d.read(s, t.without(fields), true), nil
}

// without returns all slots but those of some attributes.
func (t *table) without(fields []string) *slots {
	if len(fields) == 0 {
		return nil
	}
	wants := newSlots(t.typ)
	for i := range wants.in {
		wants.in[i] = true
	}
	for _, f := range fields {
		if s := t.typ.Slot(f); s != schema.NoSlot && s != t.id {
			wants.in[s] = false
		}
	}
	return wants
}

// Create stores a record under a new id.
func (d *Driver) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	after, err := d.begin(ctx, "create", object)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tables[object]
	if t == nil {
		return nil, errNoObject()
	}
	if rec.Type() != t.typ {
		return nil, connector.Errorf(connector.Internal, "", "the record is of another type")
	}
	for slot, v := range rec.Values() {
		if err := t.typ.Attribute(slot).CheckValue(v); err != nil {
			return nil, &connector.Error{Code: connector.Invalid, Field: t.typ.Attribute(slot).Name, Reason: "the value does not fit", Err: err}
		}
	}
	if x := t.taken(rec, nil, nil); x != nil {
		return nil, connector.Errorf(connector.AlreadyExists, x.name, "another record has this value")
	}
	if a := t.typ.Lookup(t.object.Active); a != nil && a.Type == schema.Boolean && !rec.Has(t.object.Active) {
		rec = rec.Clone()
		rec.Set(t.object.Active, schema.BooleanValue(true))
	}
	var changes []memberChange
	if t.members != schema.NoSlot {
		if changes, err = d.planMembers(t, nil, []schema.Edit{{Op: schema.Set, Value: rec.At(t.members)}}); err != nil {
			return nil, err
		}
	}
	id := d.newID()
	if !idPattern.MatchString(id) || d.idTaken(id) {
		return nil, &connector.Error{Code: connector.Internal, Err: fmt.Errorf("NewID gave %q, which is malformed or in use", id)}
	}
	d.seq++
	now := d.now()
	s := &stored{id: id, seq: d.seq, created: now, modified: now, table: t}
	t.insert(s)
	t.reindex(s, nil, rec)
	d.store(s, rec)
	for _, c := range changes {
		c.apply(s)
	}
	if after != nil {
		return nil, after
	}
	return d.read(s, nil, true), nil
}

func (d *Driver) idTaken(id string) bool {
	for _, t := range d.tables {
		if t.byID[id] != nil {
			return true
		}
	}
	return false
}

// Update carries out the edits, all or none. When they make no difference, the
// record's time of change stays as it is. It returns nil where members were added
// or removed: who does that to a large group does not want to read them all.
func (d *Driver) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	after, err := d.begin(ctx, "update", r.Object)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, s, err := d.lookup(r)
	if err != nil {
		return nil, err
	}
	old, _ := d.base(s, true)
	rec := old.Clone()
	var ofMembers []schema.Edit
	changed, partly := false, false
	for _, e := range c.Edits {
		a := t.typ.Attribute(e.Slot)
		switch {
		case e.Slot == t.members:
			ofMembers = append(ofMembers, e)
			partly = partly || e.Op == schema.Add || e.Op == schema.Remove
		case t.forget[e.Slot]:
			changed = true
		case !t.keep[e.Slot]:
			return nil, connector.Errorf(connector.Invalid, a.Name, "it cannot be written")
		default:
			if err := a.CheckValue(e.Value); err != nil && e.Op != schema.Clear {
				return nil, &connector.Error{Code: connector.Invalid, Field: a.Name, Reason: "the value does not fit", Err: err}
			}
			rec.Apply(e)
		}
	}
	changes, err := d.planMembers(t, s, ofMembers)
	if err != nil {
		return nil, err
	}
	if !old.Equal(rec) {
		if x := t.taken(rec, s, old); x != nil {
			return nil, connector.Errorf(connector.AlreadyExists, x.name, "another record has this value")
		}
		changed = true
		t.reindex(s, old, rec)
	}
	for _, m := range changes {
		changed = m.apply(s) || changed
	}
	if changed {
		s.modified = d.now()
		d.store(s, rec)
	}
	if after != nil {
		return nil, after
	}
	if partly {
		return nil, nil
	}
	return d.read(s, nil, true), nil
}

// Act deletes a record: for good, with its memberships. No other action is
// declared.
func (d *Driver) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	after, err := d.begin(ctx, "act", r.Object)
	if err != nil {
		return nil, err
	}
	if a.Kind != connector.Delete {
		return nil, connector.Errorf(connector.Unsupported, "", "there is no such action")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, s, err := d.lookup(r)
	if err != nil {
		return nil, err
	}
	now := d.now()
	for _, g := range s.groups {
		if g.members.remove(s) {
			g.touch(now)
		}
	}
	if s.members != nil {
		for _, m := range s.members.list {
			if m.who != nil {
				m.who.dropGroup(s)
			}
		}
	}
	old, _ := d.base(s, false)
	t.reindex(s, old, nil)
	t.remove(s)
	s.ready.Store(nil)
	return nil, after
}

// lookup finds a record.
func (d *Driver) lookup(r connector.Ref) (*table, *stored, error) {
	t := d.tables[r.Object]
	if t == nil {
		return nil, nil, errNoObject()
	}
	s := t.byID[r.ID]
	if s == nil {
		return nil, nil, connector.Errorf(connector.NotFound, "", "no such record")
	}
	return t, s, nil
}

func errNoObject() error {
	return connector.Errorf(connector.Unsupported, "", "there is no such object")
}

func (d *Driver) now() int64 { return d.clock().UnixNano() }

package connector

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Ref names a record of a target: its kind and its id there. A conversion
// changes the object and keeps the id.
type Ref struct{ Object, ID string }

// Driver is what an author writes to reach a kind of application: six methods,
// each with what every target can do. Optional abilities are [Members] and
// [Checker]; what a target can do is said as data by Describe.
//
// A driver may rely on the following, because [Target] sees to it: records are
// never nil and of the type that Describe gave, their values fit their fields,
// read-only fields are not written; ids match the object's pattern; List gets
// only fields and operators that are declared, spelt as the type spells them; an
// Update has one edit at least; only declared actions are asked for; nobody else
// changes the same record through the same Target at the same time.
//
// A driver promises: its methods are safe for concurrent use and honour the
// context; records that it returns are the caller's, records that it is given
// are not kept or changed; errors are, or wrap, an [*Error] with a code wherever
// the target's answer gives a reason; no error text has a credential, a
// personal datum or a response body in it.
type Driver interface {
	// Describe says what the target holds and can do, with the fields that the
	// account's administrators added. It may ask the target, once per call. While
	// the fields are the same it gives the same types (the pointers), so that
	// plans made for them live on.
	Describe(ctx context.Context) (*Description, error)

	// Get reads a record. NotFound when there is none of that kind.
	Get(ctx context.Context, r Ref) (*schema.Record, error)

	// List reads a page of records of an object. Page after page, it gives every
	// record that passes the query once, as long as none is changed meanwhile.
	List(ctx context.Context, object string, q Query) (*Page, error)

	// Create makes a record and returns it as the target stored it. Errors:
	// AlreadyExists when a unique value is taken (Field says which), Invalid with
	// Field when the target refuses a value, Ambiguous when it is not known
	// whether the record was made.
	Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error)

	// Update changes the fields that c edits and leaves the rest alone. It
	// returns the record as stored, or nil where the target does not tell.
	Update(ctx context.Context, r Ref, c Change) (*schema.Record, error)

	// Act does what is not an edit of fields. It returns the record as stored,
	// or nil where the target does not tell or nothing is left. Repeating an
	// action that has been done is a success, but Delete and Erase of what is gone
	// may be NotFound.
	Act(ctx context.Context, r Ref, a Action) (*schema.Record, error)
}

// Members is the optional ability to read and change the members of a group
// without its whole record. An object that has it says so in
// [Object.Members].
type Members interface {
	// ListMembers reads a page of a group's members, as records that have an id
	// at least. An empty cursor asks for the first page.
	ListMembers(ctx context.Context, group Ref, cursor string) (*Page, error)

	// EditMembers adds and removes members. It returns one result for each
	// reference, first those to add, then those to remove, nil for success;
	// adding a member who is there and removing one who is not are successes.
	// The second result is set only when nothing was tried.
	EditMembers(ctx context.Context, group Ref, add, remove []Ref) ([]error, error)
}

// Omitter is the optional ability to read a record without fields that are costly
// to fill, such as the members of a large group.
type Omitter interface {
	// GetWithout is Get; the fields named may be left out of the record. Fields
	// that the object has not are passed over.
	GetWithout(ctx context.Context, r Ref, fields []string) (*schema.Record, error)
}

// Checker is the optional ability to try a connection: address, credential and
// each permission that is needed. Its error says in words what is missing.
type Checker interface {
	Check(ctx context.Context) error
}

// Description is what a driver says of its target. It must not be changed after
// it was returned.
type Description struct {
	// Account names the account behind the connection, the same for every
	// connection to it ("acme.freshservice.com"). Rate budgets are shared by it.
	Account string
	// Version changes when the fields do.
	Version string
	// Objects are the kinds of records, in the order in which an id without a
	// known kind is looked for.
	Objects []Object
	// Owner is the record that the credential belongs to; zero where the target
	// does not tell. It is never disabled, downgraded or deleted.
	Owner Ref
	// Protected are further records that are never disabled, downgraded or deleted,
	// such as the account's owner.
	Protected []Ref
}

// Object returns the object of that name, or nil.
func (d *Description) Object(name string) *Object {
	for i := range d.Objects {
		if d.Objects[i].Name == name {
			return &d.Objects[i]
		}
	}
	return nil
}

// Object describes one kind of record and what can be done with it.
type Object struct {
	Name string
	Type *schema.Type
	// ID is the field that holds the id; "" means "id".
	ID string
	// IDPattern is what a whole id has to match before it enters a URL; nil
	// means digits, 1 to 19.
	IDPattern *regexp.Regexp
	// IDSpace is the same for objects whose records share one sequence of ids,
	// so that an id can belong to one of them only; "" means Name.
	IDSpace string
	// Tag is put before the id, with a hyphen, where SCIM shows it ("ag" makes
	// "ag-17"). It is "" for users only, who keep the target's own id.
	Tag string
	// Unique are the fields whose values only one record of the IDSpace can
	// have, the login address first. A create whose answer was lost is settled
	// by looking for them.
	Unique []string
	// Active is the boolean field that says whether an account is usable; "" where
	// the object has no such state. A record in which it is unset counts as usable.
	Active string
	// ReadOnly objects can be read and listed only.
	ReadOnly bool
	// Unserved objects are there to be referred to, such as the department of a
	// person: mappings that would make SCIM resources of them are passed over.
	// Their ReadOnly says whether references can make them.
	Unserved bool
	// Actions are those that Act carries out.
	Actions []ActionKind
	// BlindActions reports that an action's answer tells all of the record as it is
	// then, and that nothing of it is dropped by a deactivation, so that it need
	// not be read before.
	BlindActions bool
	// Hint is a field whose value an action depends on, such as a user's role; ""
	// for none. The value as it was last seen goes with an [Action].
	Hint string
	// Ordinary is the value of Hint of an account without special rights; "" where
	// all of the object's are. Others are never taken over by a policy.
	Ordinary string
	// DroppedByDeactivate are the fields that a deactivation empties and a
	// reactivation does not bring back.
	DroppedByDeactivate []string
	// ResetByActivate are the fields that an activation sets to a value of its own;
	// what they had before is written back.
	ResetByActivate []string
	// LeavesGroups reports that a deactivation takes an account out of the groups
	// whose members are of this object, and that an activation does not put it back.
	LeavesGroups bool
	// Admin is the boolean field that says whether an account has an
	// administrator's rights, whom a connection can be told to protect; "" where the
	// object has none.
	Admin string
	// Search says how filters can be put together.
	Search Search
	// Kin are objects of the same IDSpace whose records List of this one can give
	// along with its own, in one list, each as a record of its own object's type:
	// they come where [Query.Kin] asks for them. KinFilter are the fields of this
	// object that such a list can be filtered by, with the meaning that the fields
	// of the kin have that are mapped alike.
	Kin, KinFilter []string
	// Sparse are the fields that records of this object lack where they come as kin
	// of another, although Get gives them.
	Sparse []string
	// Members reports that the driver's [Members] serves this object, and Member
	// which objects its members are of.
	Members bool
	Member  []string
	// MemberField is the field with the ids of a group's members; "" where records
	// do not show them, or where an Update takes them like any other field. Where it
	// is set, no Create and no Update has it: members are added and removed by
	// EditMembers. Get and List fill it unless they are told to omit it.
	MemberField string
	// SkipsMembers reports that a group which cannot have somebody as a member is
	// to go on without them, with a warning; else the write is refused.
	SkipsMembers bool
	// PageSize is the number of records that a page of List may have; 0 means 100.
	PageSize int
	// Offset reports that List can begin anywhere, see [Query.Offset].
	Offset bool
	// BlindUpdate reports that Update needs no Base: a field that is not sent is
	// left alone by the target.
	BlindUpdate bool
}

// Search says how the filters of an object can be put together, beyond the
// operators that each field declares.
type Search struct {
	And, Or bool
	// Any reports that every filter that fits the type is answered with the
	// meaning of RFC 7644, whatever the fields declare: all operators on all
	// fields and sub-attributes, and, or, not, value filters and comparisons with
	// null.
	Any bool
	// MaxLength is the number of characters that the target's query may have; 0
	// means no limit is known.
	MaxLength int
	// Consistent are the fields for which an eq filter on its own sees every
	// finished write. Searches by others may lag behind.
	Consistent []string
	// Immediate reports that every search sees every finished write; Consistent
	// then has nothing to add.
	Immediate bool
}

// Sees reports whether an eq filter on that field alone sees every finished
// write.
func (s Search) Sees(field string) bool {
	return s.Immediate || slices.ContainsFunc(s.Consistent, func(f string) bool { return strings.EqualFold(f, field) })
}

// Can reports whether the object has an action.
func (o *Object) Can(a ActionKind) bool {
	for _, k := range o.Actions {
		if k == a {
			return true
		}
	}
	return false
}

// IDField returns the name of the field that holds the id.
func (o *Object) IDField() string {
	if o.ID == "" {
		return "id"
	}
	return o.ID
}

// ObjectOf returns the first object whose records are of that type, or nil. It
// tells of which kind a record is that [Members] listed.
func (d *Description) ObjectOf(t *schema.Type) *Object {
	for i := range d.Objects {
		if d.Objects[i].Type == t {
			return &d.Objects[i]
		}
	}
	return nil
}

// RefOf returns the reference of one of the object's records.
func (o *Object) RefOf(rec *schema.Record) Ref {
	return Ref{Object: o.Name, ID: rec.String(o.IDField())}
}

// Query asks List for records.
type Query struct {
	// Filter is nil for all records. Its paths are field names, its operators
	// are those that the fields declare.
	Filter schema.Filter
	// Cursor is the Next of the page before; "" asks for the first page.
	Cursor string
	// Limit is how many records the caller can use, 0 for as many as a page
	// holds. A driver may return more or fewer.
	Limit int
	// Offset is the number of records to pass over before the first page. It is
	// 0 where the object does not declare Offset, and with a Cursor.
	Offset int
	// Background marks work that gives way to interactive requests where the
	// rate budget is short.
	Background bool
	// Omit names fields that the caller has no use for. A driver may leave them
	// out of the records.
	Omit []string
	// Kin asks for the records of [Object.Kin] as well. It is false where the object
	// declares none.
	Kin bool
}

// Page is a part of a list.
type Page struct {
	Records []*schema.Record
	// Next is the cursor of the page that follows; "" on the last page.
	Next string
	// Total is the number of all records that pass the query; negative where the
	// target does not tell.
	Total int
}

// Change is what an Update is to do: the fewest edits that lead from Base to
// Want. Drivers may use the edits alone, or send more of Want where the target
// demands it.
type Change struct {
	Edits []schema.Edit
	// Type is the type whose slots the edits have. Callers may leave it nil where
	// Base or Want is set, or where the type is the latest that was described;
	// drivers always get it.
	Type *schema.Type
	// Base is the record as it was read for this change. It is nil for a blind
	// write, which is asked for only where the object says BlindUpdate.
	Base *schema.Record
	// Want is the record as it is to become; nil for a blind write.
	Want *schema.Record
}

// ActionKind says what an [Action] does.
type ActionKind uint8

// The actions.
const (
	Deactivate ActionKind = iota + 1 // the account stays and cannot be used
	Activate                         // undoes Deactivate
	Delete                           // the target's own delete, which it can undo
	Erase                            // deletes for good, with what belongs to it
	Convert                          // makes it a record of the object To, under the same id
	Downgrade                        // takes its special rights away: Hint has the value Ordinary then
)

var actionNames = [...]string{"none", "deactivate", "activate", "delete", "erase", "convert", "downgrade"}

// String returns the action's name in lower case.
func (k ActionKind) String() string {
	if int(k) < len(actionNames) {
		return actionNames[k]
	}
	return "invalid"
}

// Action is something to be done with a record that is not an edit of fields.
type Action struct {
	Kind ActionKind
	To   string // of Convert: the object it becomes
	// Hint is the value of the object's Hint field as it was last seen. It may be
	// out of date; "" means that it is not known, and that the driver has to find
	// out.
	Hint string
	// Keep, of Deactivate and Delete, leaves special rights as they are, in a target
	// that takes them away first.
	Keep bool
}

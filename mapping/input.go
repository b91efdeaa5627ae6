package mapping

import (
	"time"

	"github.com/usher-scim/usher/schema"
)

// Operation is what a client asked for.
type Operation uint8

// The operations. Replace is a PUT.
const (
	Create Operation = iota
	Replace
	Patch
)

// String returns the name that $op has in expressions.
func (o Operation) String() string {
	switch o {
	case Replace:
		return "replace"
	case Patch:
		return "patch"
	default:
		return "create"
	}
}

// Input is what a write starts from. Nothing in it is changed or kept. A record
// of another type than the plan's, made when the types were discovered before,
// is read by the names of its attributes.
type Input struct {
	Op Operation
	// Resource is the resource as it is to be, of the plan's resource type.
	Resource *schema.Record
	// Current is the resource as it was: what [Plan.ToSCIM] gives for Stored plus
	// what the caller keeps elsewhere. Without it Stored is read; a blind Patch has
	// neither.
	Current *schema.Record
	// Stored is the target's record as it was, of the plan's target type; nil on
	// create and in a blind Patch. It must not be the Record of the Result that is
	// reused.
	Stored *schema.Record
	// Touched are the paths that the operations of a blind Patch named. Stored
	// and Current are then nil, see [Plan.Blind].
	Touched []schema.Selector
	// Now is what $now means; zero: unset.
	Now time.Time
}

func (in *Input) blind() bool { return in.Op == Patch && in.Stored == nil }

// Result is what a write comes to. It can be reused; its slices and the record
// are then overwritten.
type Result struct {
	// Record is the stored record with the edits carried out, on create a new
	// one.
	Record *schema.Record
	// Edits are the fewest edits that lead from the stored record to Record, in
	// the order of the rules. On create they are the fields that are set.
	Edits []schema.Edit
	// Deferred are references to what does not exist yet; the fields were left
	// as they are.
	Deferred []Deferred
	// Creates are referenced records that have to be made first. While there are
	// any, the fields that refer to them are missing from Edits: make them, add
	// their resolutions, and call ToTarget again.
	Creates []Creation
	// Warnings are in the order of the rules.
	Warnings []Warning
	// Fired are the names of the rules that led to an edit, in their order.
	Fired []string
	// Steps is the work that it took, see [Options.MaxTotalSteps].
	Steps int

	run runner
}

// Deferred is a reference to a record that does not exist yet.
type Deferred struct {
	Lookup string       // name of the lookup
	Object string       // that is looked up
	Value  string       // field of that object whose value is the reference
	Key    schema.Value // what was looked for
	Target string       // the field that is to hold the reference
	Rule   string
}

// Creation is a referenced record that has to be made.
type Creation struct {
	Lookup *Lookup
	Key    schema.Value // what was looked for
	Fields []FieldValue // of the new record, the first key first
}

// FieldValue is a field of a target by name, and a value for it.
type FieldValue struct {
	Field string
	Value schema.Value
}

// Warning is something that did not stop a write.
type Warning struct {
	Code   Code
	Rule   string
	Target string
}

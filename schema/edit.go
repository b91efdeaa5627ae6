package schema

import "slices"

// EditOp says what an [Edit] does to its attribute.
type EditOp uint8

// The operations of an edit.
const (
	Set    EditOp = iota // the attribute gets Value instead of what it had
	Clear                // the attribute loses its value; Value is what to send (see ClearAs)
	Add                  // the elements of Value join a list
	Remove               // the elements of Value leave a list
)

// String returns the operation's name in lower case.
func (op EditOp) String() string {
	return [...]string{"set", "clear", "add", "remove"}[op&3]
}

// Edit is one change to one attribute of a record.
type Edit struct {
	Slot  Slot
	Op    EditOp
	Value Value
}

// Apply carries out edits on the record, in order. Add leaves out elements that
// are there already; Remove passes over those that are not.
func (r *Record) Apply(edits ...Edit) {
	for _, e := range edits {
		switch e.Op {
		case Set:
			r.vals[e.Slot] = e.Value
		case Clear:
			r.vals[e.Slot] = Value{}
		case Add:
			r.vals[e.Slot] = r.vals[e.Slot].Union(e.Value)
		case Remove:
			r.vals[e.Slot] = without(r.vals[e.Slot], e.Value)
		}
	}
}

func without(list, less Value) Value {
	gone := newValueSet(slices.Collect(less.Elements()))
	var kept []Value
	for e := range list.Elements() {
		if !gone.has(e) {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 {
		return Value{}
	}
	return ListValue(kept...)
}

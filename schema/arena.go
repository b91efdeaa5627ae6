package schema

// Arena makes the records and lists of one whole, such as the objects within a
// resource, in few pieces of memory instead of two for each. They stay in memory
// as long as any of them is in use. The zero Arena is ready. An Arena is not
// safe for concurrent use, what it has made is like any other record or value.
type Arena struct {
	records []Record
	values  []Value
}

// NewArena returns an arena with room for a number of records and lists, and of
// values in them. What does not fit any more is made by itself.
func NewArena(records, values int) *Arena {
	return &Arena{records: make([]Record, 0, records), values: make([]Value, 0, values)}
}

// New is [Type.New] in the arena.
func (a *Arena) New(t *Type) *Record {
	n := len(t.attrs)
	return a.record(t, a.Values(n)[:n])
}

// Values returns an empty slice with room for n values.
func (a *Arena) Values(n int) []Value {
	first := len(a.values)
	if first+n > cap(a.values) {
		return make([]Value, 0, n)
	}
	a.values = a.values[:first+n]
	return a.values[first : first : first+n]
}

// List is [ListValue] in the arena.
func (a *Arena) List(vs []Value) Value { return Value{bits: int64(KindList), node: a.record(nil, vs)} }

func (a *Arena) record(t *Type, vals []Value) *Record {
	if len(a.records) == cap(a.records) {
		return &Record{typ: t, vals: vals}
	}
	a.records = append(a.records, Record{typ: t, vals: vals})
	return &a.records[len(a.records)-1]
}

package mapping

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// OnMissing says what happens when a lookup finds nothing.
type OnMissing uint8

// The ways of dealing with a missing record.
const (
	MissingError          OnMissing = iota // E_LOOKUP_MISSING
	MissingIgnore                          // the field stays as it is, W_LOOKUP_MISSING
	MissingDefer                           // the field stays as it is, [Result.Deferred]
	MissingCreate                          // [Result.Creates], if [Options.AllowCreate]; else as MissingError
	MissingCreateOrIgnore                  // [Result.Creates], if [Options.AllowCreate]; else as MissingIgnore
)

// Lookup describes how a reference is resolved: by which fields of which object,
// and what comes out. It is immutable.
type Lookup struct {
	Name   string
	Object string   // the target's object
	Keys   []string // fields that may hold what is looked for, tried in order
	Value  string   // the field whose value is written
	Return string   // the field whose value is read
	// CaseExact says that texts are compared with case (fold: false).
	CaseExact bool
	OnMissing OnMissing
	// UnknownIDFails says that a stored reference to a record that does not exist
	// is an error of the read (onUnknownId: error, see [Plan.ReadErrors]); else it
	// reads as unset.
	UnknownIDFails bool
	MaxCreate      int // how many records one operation may make; 1 at least
	// Cache says how long answers may be kept; zero members leave it to the host.
	Cache Cache

	create []creator
}

// Cache says how long the answers of a lookup may be kept.
type Cache struct {
	TTL         string // a Go duration, "" for the host's default
	NegativeTTL string
	Max         int // entries; 0 for the host's default
}

// Need is a reference that has to be resolved.
type Need struct {
	Lookup *Lookup
	// Value is what is looked for: a value of one of the keys, or, for a read, of
	// Lookup.Value.
	Value schema.Value
	// Read says that the record is known by Lookup.Value, and Lookup.Return is
	// wanted.
	Read bool
}

// Resolution is the answer to a Need.
type Resolution struct {
	State  State
	Native schema.Value // Lookup.Value of the record found
	Return schema.Value // Lookup.Return of the record found
}

// State says whether a reference was found.
type State uint8

// The states of a resolution.
const (
	Missing State = iota
	Found
	Ambiguous // several records have the value in one key
)

// Choose picks the record that a need means among candidates: for a read the one
// whose Value field has the value, else the one that has it in the first key
// that any of them has it in. Numbers are compared as text, texts without case
// unless the lookup is CaseExact. Two records with the value in one key are
// ambiguous. Candidates that do not match are passed over, so a search that
// finds too much does no harm.
func (n *Need) Choose(candidates []*schema.Record) Resolution {
	if n.Read {
		return n.chooseBy(n.Lookup.Value, candidates)
	}
	for _, key := range n.Lookup.Keys {
		if r := n.chooseBy(key, candidates); r.State != Missing {
			return r
		}
	}
	return Resolution{}
}

func (n *Need) chooseBy(field string, candidates []*schema.Record) Resolution {
	var r Resolution
	for _, rec := range candidates {
		if !n.Lookup.matches(rec.Get(field), n.Value) {
			continue
		}
		native := rec.Get(n.Lookup.Value)
		if r.State != Missing && !native.Equal(r.Native) {
			return Resolution{State: Ambiguous}
		}
		r = Resolution{State: Found, Native: native, Return: rec.Get(n.Lookup.Return)}
	}
	return r
}

// matches compares the content of a field, each element of a list, with a key.
func (l *Lookup) matches(field, key schema.Value) bool {
	want := key.Text()
	if want == "" {
		return false
	}
	for e := range field.Elements() {
		if have := e.Text(); have == want || !l.CaseExact && strings.EqualFold(have, want) {
			return true
		}
	}
	return false
}

// Resolved holds the answers to needs. The zero value is empty and ready.
type Resolved struct {
	answers []answer
	// index finds an answer where there are many: few are looked through.
	index map[needKey]int
}

type answer struct {
	need       Need
	resolution Resolution
}

// fewAnswers is how many answers are looked through rather than hashed.
const fewAnswers = 8

type needKey struct {
	lookup *Lookup
	text   string
	read   bool
}

func (n *Need) key() needKey {
	text := n.Value.Text()
	if !n.CaseExact() {
		text = schema.Fold(text)
	}
	return needKey{n.Lookup, text, n.Read}
}

// needs gathers needs without duplicates.
type needs struct {
	list  []Need
	index map[needKey]bool // where there are many
}

func (s *needs) add(n Need) {
	if s.index == nil {
		for i := range s.list {
			if s.list[i].Equal(&n) {
				return
			}
		}
		if len(s.list) >= fewAnswers {
			s.index = make(map[needKey]bool, 2*len(s.list))
			for i := range s.list {
				s.index[s.list[i].key()] = true
			}
		}
	}
	if s.index != nil {
		k := n.key()
		if s.index[k] {
			return
		}
		s.index[k] = true
	}
	s.list = append(s.list, n)
}

// CaseExact reports whether case counts in the need's value.
func (n *Need) CaseExact() bool { return n.Read || n.Lookup.CaseExact }

// Equal reports whether two needs have the same answer.
func (n *Need) Equal(o *Need) bool {
	if n.Lookup != o.Lookup || n.Read != o.Read {
		return false
	}
	a, b := n.Value.Text(), o.Value.Text()
	return a == b || !n.CaseExact() && strings.EqualFold(a, b)
}

// Add records the answer to a need; a later answer replaces an earlier one.
func (r *Resolved) Add(n Need, resolution Resolution) {
	if i := r.find(&n); i >= 0 {
		r.answers[i].resolution = resolution
		return
	}
	r.answers = append(r.answers, answer{n, resolution})
	switch {
	case r.index != nil:
		r.index[n.key()] = len(r.answers) - 1
	case len(r.answers) > fewAnswers:
		r.index = make(map[needKey]int, 2*len(r.answers))
		for i := range r.answers {
			r.index[r.answers[i].need.key()] = i
		}
	}
}

func (r *Resolved) find(n *Need) int {
	if r.index != nil {
		if i, ok := r.index[n.key()]; ok {
			return i
		}
		return -1
	}
	for i := range r.answers {
		if r.answers[i].need.Equal(n) {
			return i
		}
	}
	return -1
}

// Get returns the answer to a need, and whether there is one. A nil Resolved has
// none.
func (r *Resolved) Get(n Need) (Resolution, bool) {
	if found, ok := r.get(&n); ok {
		return *found, true
	}
	return Resolution{}, false
}

// get is Get without copies.
func (r *Resolved) get(n *Need) (*Resolution, bool) {
	if r == nil {
		return nil, false
	}
	if i := r.find(n); i >= 0 {
		return &r.answers[i].resolution, true
	}
	return nil, false
}

// Reset forgets all answers.
func (r *Resolved) Reset() {
	clear(r.answers)
	r.answers, r.index = r.answers[:0], nil
}

package zendesktest

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// store holds the records of one kind and, for "query=", what the search index
// knows of them (§4.5). Records are not changed once stored: an update stores a
// copy, so old versions can be kept by reference. It is guarded by the account's
// lock.
type store[T any] struct {
	lag     time.Duration
	records map[int64]*T
	index   map[int64][]version[T]
}

// version is a record as of a time; a nil record is gone.
type version[T any] struct {
	at     time.Time
	record *T
}

func newStore[T any](lag time.Duration) *store[T] {
	return &store[T]{lag: max(lag, 0), records: map[int64]*T{}, index: map[int64][]version[T]{}}
}

// put stores a record; at is when, zero for seeds, which the index knows at
// once. A nil record removes it.
func (s *store[T]) put(id int64, record *T, at time.Time) {
	if record == nil {
		delete(s.records, id)
	} else {
		s.records[id] = record
	}
	// Of the versions that the index has taken in, only the last still counts.
	old := s.index[id]
	first := 0
	for i, v := range old {
		if !v.at.After(at.Add(-s.lag)) {
			first = i
		}
	}
	old = old[first:]
	if s.lag == 0 || at.IsZero() {
		old = nil
	}
	s.index[id] = append(old, version[T]{at: at, record: record})
}

// indexed returns the records that a search at now looks at, with their ids.
func (s *store[T]) indexed(now time.Time) map[int64]*T {
	out := make(map[int64]*T, len(s.index))
	for id, versions := range s.index {
		for _, v := range slices.Backward(versions) {
			if v.at.After(now.Add(-s.lag)) {
				continue
			}
			if v.record != nil {
				out[id] = v.record
			}
			break
		}
	}
	return out
}

// ids returns all ids in ascending order.
func (s *store[T]) ids() []int64 {
	return slices.SortedFunc(maps.Keys(s.records), cmp.Compare[int64])
}

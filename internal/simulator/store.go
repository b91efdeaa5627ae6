package simulator

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Store holds the records of one kind by id and, for searches, what the index
// knows of them. Records are not changed once stored: an update stores a copy, so
// old versions can be kept by reference. Make it with [NewStore]; the simulator's
// lock guards it.
type Store[T any] struct {
	// Records are the records as they are now. Only Put changes them.
	Records map[int64]*T
	// Lag is how long the index takes to see a write. It does not change.
	Lag time.Duration

	index map[int64][]version[T]
}

// version is a record as of a time; a nil record is gone.
type version[T any] struct {
	at     time.Time
	record *T
}

// NewStore returns an empty store whose index takes in a write when lag has
// passed since; zero and less is at once.
func NewStore[T any](lag time.Duration) *Store[T] {
	return &Store[T]{Lag: max(lag, 0), Records: map[int64]*T{}, index: map[int64][]version[T]{}}
}

// Put stores a record; at is when, zero for seeds, which the index knows at
// once. A nil record removes it.
func (s *Store[T]) Put(id int64, record *T, at time.Time) {
	if record == nil {
		delete(s.Records, id)
	} else {
		s.Records[id] = record
	}
	// Of the versions that the index has taken in, only the last still counts.
	old := s.index[id]
	first := 0
	for i, v := range old {
		if !v.at.After(at.Add(-s.Lag)) {
			first = i
		}
	}
	old = old[first:]
	if s.Lag == 0 || at.IsZero() {
		old = nil
	}
	s.index[id] = append(old, version[T]{at: at, record: record})
}

// Indexed returns the records that a search at now looks at, with their ids.
func (s *Store[T]) Indexed(now time.Time) map[int64]*T {
	out := make(map[int64]*T, len(s.index))
	for id, versions := range s.index {
		for _, v := range slices.Backward(versions) {
			if v.at.After(now.Add(-s.Lag)) {
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

// IDs returns all ids in ascending order.
func (s *Store[T]) IDs() []int64 {
	return slices.SortedFunc(maps.Keys(s.Records), cmp.Compare[int64])
}

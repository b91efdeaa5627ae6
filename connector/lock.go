package connector

import (
	"context"
	"sync"
)

// locks serialises the writes of each record. The zero value is ready.
type locks struct {
	mu   sync.Mutex
	held map[Ref]*held
}

type held struct {
	free chan struct{} // has one element while nobody holds the lock
	refs int           // holders and waiters
}

// lock waits for the record and returns what frees it. It fails with the
// context's error.
func (l *locks) lock(ctx context.Context, r Ref) (unlock func(), err error) {
	l.mu.Lock()
	h := l.held[r]
	if h == nil {
		h = &held{free: make(chan struct{}, 1)}
		h.free <- struct{}{}
		if l.held == nil {
			l.held = make(map[Ref]*held)
		}
		l.held[r] = h
	}
	h.refs++
	l.mu.Unlock()

	drop := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if h.refs--; h.refs == 0 {
			delete(l.held, r)
		}
	}
	select {
	case <-h.free:
		return func() { h.free <- struct{}{}; drop() }, nil
	case <-ctx.Done():
		drop()
		return nil, context.Cause(ctx)
	}
}

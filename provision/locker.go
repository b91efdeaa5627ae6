package provision

import (
	"context"
	"sync"
)

// Locker makes writers of one thing wait for each other. Keys are opaque.
type Locker interface {
	// Lock waits until nobody else holds the key, or the context ends. The
	// function it returns gives the key back and is called exactly once.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// MemoryLocker is the Locker of a process. The zero MemoryLocker is ready.
type MemoryLocker struct {
	mu    sync.Mutex
	locks map[string]*keyLock
}

var _ Locker = (*MemoryLocker)(nil)

// keyLock is a mutex that a context can interrupt: its channel holds one token.
type keyLock struct {
	token chan struct{}
	users int // who hold it or wait for it
}

// Lock implements [Locker].
func (l *MemoryLocker) Lock(ctx context.Context, key string) (func(), error) {
	l.mu.Lock()
	if l.locks == nil {
		l.locks = make(map[string]*keyLock)
	}
	k := l.locks[key]
	if k == nil {
		k = &keyLock{token: make(chan struct{}, 1)}
		l.locks[key] = k
	}
	k.users++
	l.mu.Unlock()

	select {
	case k.token <- struct{}{}:
		return func() {
			<-k.token
			l.leave(key, k)
		}, nil
	case <-ctx.Done():
		l.leave(key, k)
		return nil, context.Cause(ctx)
	}
}

func (l *MemoryLocker) leave(key string, k *keyLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.locks, key)
	}
}

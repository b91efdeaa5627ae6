package gateway

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/usher-scim/usher/provision"
)

// DefaultEvents is how many events a gateway keeps where [Options.Events] is 0.
const DefaultEvents = 1000

// ring keeps the newest events of all connections.
type ring struct {
	mu     sync.RWMutex
	events []*provision.Event // fills up to its capacity, then wraps around
	next   int                // where the next one goes once full
}

func newRing(size int) *ring { return &ring{events: make([]*provision.Event, 0, size)} }

// add keeps a copy of an event, in place of the oldest one where there is no
// room.
func (r *ring) add(e *provision.Event) {
	own := *e
	own.Changed = slices.Clone(e.Changed)
	own.Done = slices.Clone(e.Done)
	own.Repairs = slices.Clone(e.Repairs)
	own.Warnings = slices.Clone(e.Warnings)
	own.Calls = slices.Clone(e.Calls)

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) < cap(r.events) {
		r.events = append(r.events, &own)
		return
	}
	r.events[r.next] = &own
	r.next = (r.next + 1) % len(r.events)
}

// EventQuery asks for events. The zero EventQuery asks for all that are kept.
type EventQuery struct {
	// Connection is the id of a connection; "" for all.
	Connection string
	// User is a userName, a displayName, an id of the resource or an id of the
	// record behind it, whole and in any case; "" for all.
	User string
	// Limit is the most events wanted; 0 or less for all.
	Limit int
}

func (q *EventQuery) matches(e *provision.Event) bool {
	if q.Connection != "" && q.Connection != e.Connection {
		return false
	}
	return q.User == "" || strings.EqualFold(q.User, e.User) ||
		strings.EqualFold(q.User, e.Ref.ID) || strings.EqualFold(q.User, e.Target.ID)
}

// find returns the events that match, the newest first. They are shared and must
// not be changed.
func (r *ring) find(q EventQuery) []*provision.Event {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := []*provision.Event{}
	for i := range r.events {
		// The newest stands right before next, the others before it.
		e := r.events[(r.next-1-i+2*len(r.events))%len(r.events)]
		if !q.matches(e) {
			continue
		}
		out = append(out, e)
		if len(out) == q.Limit {
			break
		}
	}
	return out
}

// sink takes the events of one connection into the ring, and on to the host's
// own sink.
type sink struct{ g *Gateway }

var _ provision.Sink = sink{}

// Begin implements provision.Sink.
func (s sink) Begin(ctx context.Context, e *provision.Event) error {
	if s.g.opts.Sink != nil {
		return s.g.opts.Sink.Begin(ctx, e)
	}
	return nil
}

// End implements provision.Sink.
func (s sink) End(ctx context.Context, e *provision.Event) {
	s.g.ring.add(e)
	s.g.logEvent(ctx, e)
	if s.g.opts.Sink != nil {
		s.g.opts.Sink.End(ctx, e)
	}
}

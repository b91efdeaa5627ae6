package gateway

import (
	"context"
	"fmt"
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

// What is kept of an event: the lengths of texts in bytes, those of lists in
// entries. A client chooses the names of people, and a userName may be as long as
// a request.
const (
	maxEventName  = 512
	maxEventText  = 4096
	maxEventList  = 100
	maxEventCalls = 256
)

// bounded returns a copy of an event that is no larger than what is kept.
func bounded(e *provision.Event) *provision.Event {
	own := *e
	own.User = clip(e.User, maxEventName)
	own.Ref.ID = clip(e.Ref.ID, maxEventName)
	own.Target.ID = clip(e.Target.ID, maxEventName)
	own.Matched = clip(e.Matched, maxEventName)
	own.Words = clip(e.Words, maxEventText)
	own.Changed = clipList(e.Changed)
	own.Done = clipList(e.Done)
	own.Repairs = clipList(e.Repairs)
	own.Warnings = clipList(e.Warnings)
	own.Calls = slices.Clone(e.Calls[:min(len(e.Calls), maxEventCalls)])
	if more := len(e.Calls) - len(own.Calls); more > 0 {
		own.Warnings = append(own.Warnings, fmt.Sprintf("%d more calls are not shown", more))
	}
	return &own
}

// clip cuts a text to limit bytes and an ellipsis.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

func clipList(list []string) []string {
	out := make([]string, 0, min(len(list), maxEventList+1))
	for i, s := range list {
		if i == maxEventList {
			return append(out, fmt.Sprintf("and %d more", len(list)-i))
		}
		out = append(out, clip(s, maxEventName))
	}
	return out
}

// add keeps a copy of an event, in place of the oldest one where there is no
// room.
func (r *ring) add(e *provision.Event) {
	own := bounded(e)

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) < cap(r.events) {
		r.events = append(r.events, own)
		return
	}
	r.events[r.next] = own
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
	q.User = clip(q.User, maxEventName)
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
	if t, ok := ctx.Value(trailKey{}).(*trail); ok {
		t.note(ctx, true)
	}
	if s.g.opts.Sink != nil {
		return s.g.opts.Sink.Begin(ctx, e)
	}
	return nil
}

// End implements provision.Sink.
func (s sink) End(ctx context.Context, e *provision.Event) {
	if t, ok := ctx.Value(trailKey{}).(*trail); ok {
		t.note(ctx, e.Outcome == provision.Failed)
	}
	s.g.ring.add(e)
	s.g.logEvent(ctx, e)
	if s.g.opts.Sink != nil {
		s.g.opts.Sink.End(ctx, e)
	}
}

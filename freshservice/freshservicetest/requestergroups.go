package freshservicetest

import (
	"slices"
	"time"
)

// RequesterGroup is a requester group to be seeded (§6.2).
type RequesterGroup struct {
	// ID is the id. Zero: the next free one.
	ID          int64
	Name        string
	Description string
	// RuleBased makes a group that the API only reads.
	RuleBased bool
	// Members are ids of requesters.
	Members []int64
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time
}

// requesterGroup is a stored requester group; it is not changed.
type requesterGroup struct {
	RequesterGroup
	updated time.Time
}

// AddRequesterGroup stores a requester group and returns its id. Nothing is
// validated.
func (a *Account) AddRequesterGroup(g RequesterGroup) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addRequesterGroup(g)
}

func (a *Account) addRequesterGroup(g RequesterGroup) int64 {
	g.ID = a.idOr(g.ID)
	g.Members = slices.Clone(g.Members)
	if g.CreatedAt.IsZero() {
		g.CreatedAt = a.clock()
	}
	g.CreatedAt = g.CreatedAt.UTC()
	a.requesterGroups.Put(g.ID, &requesterGroup{RequesterGroup: g, updated: g.CreatedAt}, time.Time{})
	return g.ID
}

// leaveRequesterGroups takes a user out of all requester groups.
func (a *Account) leaveRequesterGroups(user int64) {
	for _, id := range a.requesterGroups.IDs() {
		next := *a.requesterGroups.Records[id]
		next.Members = without(next.Members, user)
		a.requesterGroups.Put(id, &next, time.Time{})
	}
}

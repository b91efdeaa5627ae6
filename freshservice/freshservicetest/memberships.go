package freshservicetest

import (
	"slices"
	"time"
)

// seat is one of the three ways to belong to an agent group (§6.1).
type seat int

const (
	memberSeat seat = iota
	observerSeat
	leaderSeat
	seatCount
)

// String is the attribute of the group that lists those who have the seat.
func (s seat) String() string { return [seatCount]string{"members", "observers", "leaders"}[s] }

// pending is the attribute of those who wait for approval.
func (s seat) pending() string { return s.String() + "_pending_approval" }

// seating is who has a seat of a group: those who are in, and those who wait for
// approval. The lists are replaced, never changed.
type seating struct{ approved, waiting []int64 }

// has reports whether an agent is in or waits.
func (s seating) has(id int64) bool {
	return slices.Contains(s.approved, id) || slices.Contains(s.waiting, id)
}

// replace makes ids the whole list, as a PUT does (§6.1): who is in stays in, who
// waits goes on waiting, and who is not named leaves, or has the request
// withdrawn. Newcomers to a gated group wait.
func (s seating) replace(ids []int64, gated bool) seating {
	var out seating
	for _, id := range ids {
		if gated && !slices.Contains(s.approved, id) {
			out.waiting = append(out.waiting, id)
		} else {
			out.approved = append(out.approved, id)
		}
	}
	return out
}

// leave takes one agent out.
func (s seating) leave(id int64) seating {
	return seating{without(s.approved, id), without(s.waiting, id)}
}

// approve lets one who waits in.
func (s seating) approve(id int64) seating {
	if !slices.Contains(s.waiting, id) {
		return s
	}
	return seating{append(slices.Clone(s.approved), id), without(s.waiting, id)}
}

// approveAll lets all who wait in.
func (s seating) approveAll() seating {
	return seating{approved: slices.Concat(s.approved, s.waiting)}
}

// memberships are the groups of an agent, as agents show them (§5.1).
type memberships struct{ member, observer, memberPending, observerPending []int64 }

func (a *Account) membershipsOf(agent int64) memberships {
	m := memberships{[]int64{}, []int64{}, []int64{}, []int64{}}
	add := func(to *[]int64, ids []int64, group int64) {
		if slices.Contains(ids, agent) {
			*to = append(*to, group)
		}
	}
	for _, id := range a.groups.IDs() {
		g := a.groups.Records[id]
		add(&m.member, g.seats[memberSeat].approved, id)
		add(&m.memberPending, g.seats[memberSeat].waiting, id)
		add(&m.observer, g.seats[observerSeat].approved, id)
		add(&m.observerPending, g.seats[observerSeat].waiting, id)
	}
	return m
}

// takeMemberships reads member_of and observer_of of an agent request, and takes
// them out of it: the groups are written when all else is right. cur is the
// agent.
func (a *Account) takeMemberships(cur *user, in map[string]any) (map[seat][]int64, []fieldError) {
	out := map[seat][]int64{}
	var errs []fieldError
	for i, name := range []string{"member_of", "observer_of"} {
		s := seat(i)
		value, sent := in[name]
		if !sent {
			if a.rules.PendingResend == ResendAlways && cur.id != 0 {
				out[s] = a.approvedIn(s, cur.id)
			}
			continue
		}
		delete(in, name)
		ids, bad := a.convertIDs(name, value)
		if bad == nil && slices.ContainsFunc(ids, func(id int64) bool { return a.groups.Records[id] == nil }) {
			e := invalidValue(name, "There is no group with this id")
			bad = &e
		}
		if bad != nil {
			errs = append(errs, *bad)
			continue
		}
		out[s] = ids
	}
	return out, errs
}

// approvedIn are the groups in which an agent has a seat for good.
func (a *Account) approvedIn(s seat, agent int64) []int64 {
	out := []int64{}
	for _, id := range a.groups.IDs() {
		if slices.Contains(a.groups.Records[id].seats[s].approved, agent) {
			out = append(out, id)
		}
	}
	return out
}

// applyMemberships makes lists of groups the whole of an agent's memberships:
// the same data as the groups' own lists, with the same rule of replacement
// (§5.1, §6.1).
func (a *Account) applyMemberships(agent int64, lists map[seat][]int64, now time.Time) {
	for s, ids := range lists {
		for _, id := range a.groups.IDs() {
			g := a.groups.Records[id]
			in, want := g.seats[s].has(agent), slices.Contains(ids, id)
			if in == want {
				continue
			}
			next := *g
			switch {
			case !want:
				next.seats[s] = g.seats[s].leave(agent)
			case g.gated():
				next.seats[s].waiting = append(slices.Clone(g.seats[s].waiting), agent)
			default:
				next.seats[s].approved = append(slices.Clone(g.seats[s].approved), agent)
			}
			next.updated = now
			a.groups.Put(id, &next, now)
		}
	}
}

// leaveGroups takes a user out of all agent groups.
func (a *Account) leaveGroups(user int64) {
	for _, id := range a.groups.IDs() {
		next := *a.groups.Records[id]
		left := false
		for s := range next.seats {
			if next.seats[s].has(user) {
				next.seats[s], left = next.seats[s].leave(user), true
			}
		}
		if left {
			a.groups.Put(id, &next, time.Time{})
		}
	}
}

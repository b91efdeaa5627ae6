package freshservicetest

import (
	"cmp"
	"slices"
	"time"
)

// AgentGroup is an agent group to be seeded (§6.1).
type AgentGroup struct {
	// ID is the id. Zero: the next free one.
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// WorkspaceID is the group's workspace. Zero: 2, the primary one.
	WorkspaceID int64 `json:"workspace_id"`
	// Members, Observers and Leaders are ids of agents.
	Members   []int64 `json:"members"`
	Observers []int64 `json:"observers"`
	Leaders   []int64 `json:"leaders"`
	// PendingMembers, PendingObservers and PendingLeaders wait for approval.
	PendingMembers   []int64 `json:"members_pending_approval"`
	PendingObservers []int64 `json:"observers_pending_approval"`
	PendingLeaders   []int64 `json:"leaders_pending_approval"`
	// Restricted and ApprovalRequired together make newcomers wait.
	Restricted       bool `json:"restricted"`
	ApprovalRequired bool `json:"approval_required"`
	// UnassignedFor is one of "30m", "1h" and so on. Empty: "30m".
	UnassignedFor   string `json:"unassigned_for"`
	BusinessHoursID int64  `json:"business_hours_id"`
	EscalateTo      int64  `json:"escalate_to"`
	AutoAssign      bool   `json:"auto_ticket_assign"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// group is a stored agent group; it is not changed.
type group struct {
	AgentGroup
	seats   [seatCount]seating
	updated time.Time
}

// gated reports whether newcomers wait for approval.
func (g *group) gated() bool { return g.Restricted && g.ApprovalRequired }

// AddAgentGroup stores an agent group and returns its id. Nothing is validated.
func (a *Account) AddAgentGroup(g AgentGroup) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addAgentGroup(g)
}

func (a *Account) addAgentGroup(g AgentGroup) int64 {
	g.ID = a.idOr(g.ID)
	g.WorkspaceID = cmp.Or(g.WorkspaceID, primaryWorkspace)
	g.UnassignedFor = cmp.Or(g.UnassignedFor, defaultUnassignedFor)
	if g.CreatedAt.IsZero() {
		g.CreatedAt = a.clock()
	}
	g.CreatedAt = g.CreatedAt.UTC()
	s := &group{AgentGroup: g, updated: g.CreatedAt}
	s.seats = [seatCount]seating{
		{slices.Clone(g.Members), slices.Clone(g.PendingMembers)},
		{slices.Clone(g.Observers), slices.Clone(g.PendingObservers)},
		{slices.Clone(g.Leaders), slices.Clone(g.PendingLeaders)},
	}
	a.groups.Put(g.ID, s, time.Time{})
	return g.ID
}

const defaultUnassignedFor = "30m"

func (a *Account) groupView(g *group) map[string]any {
	v := map[string]any{
		"id": g.ID, "name": g.Name, "description": orNull(g.Description), "workspace_id": g.WorkspaceID,
		"restricted": g.Restricted, "approval_required": g.ApprovalRequired, "unassigned_for": g.UnassignedFor,
		"business_hours_id": orNull(g.BusinessHoursID), "escalate_to": orNull(g.EscalateTo),
		"auto_ticket_assign": g.AutoAssign, "ocs_schedule_id": nil,
		"created_at": a.stamp(g.CreatedAt), "updated_at": a.stamp(g.updated),
	}
	for s, seating := range g.seats {
		v[seat(s).String()] = append([]int64{}, seating.approved...)
		v[seat(s).pending()] = append([]int64{}, seating.waiting...)
	}
	return v
}

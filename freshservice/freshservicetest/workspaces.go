package freshservicetest

import (
	"net/http"
	"slices"
	"time"
)

// The workspaces that every account has (§7.3): the primary one, and the global
// level, which is no workspace of its own.
const (
	globalWorkspace  int64 = 1
	primaryWorkspace int64 = 2
)

// Workspace is a workspace of the account (§7.3); the API only reads it.
type Workspace struct {
	// ID is the id, 2 for the primary workspace. Zero: the next free one.
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// Inactive makes its state "inactive".
	Inactive bool `json:"inactive"`
	// Restricted says that only its members see it.
	Restricted bool `json:"restricted"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// AddWorkspace stores a workspace, or replaces the one of that id, and returns
// its id.
func (a *Account) AddWorkspace(w Workspace) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addWorkspace(w)
}

func (a *Account) addWorkspace(w Workspace) int64 {
	w.ID = a.idOr(w.ID)
	if w.CreatedAt.IsZero() {
		w.CreatedAt = a.clock()
	}
	if old := a.workspace(w.ID); old != nil {
		*old = w
	} else {
		a.workspaces = append(a.workspaces, w)
	}
	return w.ID
}

func (a *Account) workspace(id int64) *Workspace {
	if i := slices.IndexFunc(a.workspaces, func(w Workspace) bool { return w.ID == id }); i >= 0 {
		return &a.workspaces[i]
	}
	return nil
}

func (a *Account) workspaceView(w *Workspace) map[string]any {
	state := "active"
	if w.Inactive {
		state = "inactive"
	}
	return map[string]any{
		"id": w.ID, "name": w.Name, "description": w.Description, "type": "it", "primary": w.ID == primaryWorkspace,
		"restricted": w.Restricted, "state": state, "template_name": "it",
		"created_at": a.stamp(w.CreatedAt), "updated_at": a.stamp(w.CreatedAt),
	}
}

// viewWorkspace serves GET /workspaces/{id}.
func (a *Account) viewWorkspace(c *call) answer {
	w := a.workspace(c.id)
	if w == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "workspace", a.workspaceView(w))
}

// listWorkspaces serves GET /workspaces (§7.3).
func (a *Account) listWorkspaces(c *call) answer {
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	from, to, more := p.slice(len(a.workspaces))
	out := []map[string]any{}
	for i := range a.workspaces[from:to] {
		out = append(out, a.workspaceView(&a.workspaces[from+i]))
	}
	return a.link(c, wrapped(http.StatusOK, "workspaces", out), p, more)
}

// convertWorkspaces reads workspace_ids of an agent (§5.1).
func (a *Account) convertWorkspaces(name string, in any) (any, *fieldError) {
	ids, bad := a.convertIDs(name, in)
	if bad != nil {
		return nil, bad
	}
	for _, id := range ids {
		if a.workspace(id) == nil && !a.rules.IgnoreUnknownReferences {
			e := invalidValue(name, "There is no workspace with this id")
			return nil, &e
		}
	}
	return ids, nil
}

// convertIDs reads a list of ids, each of which counts once.
func (a *Account) convertIDs(name string, in any) ([]int64, *fieldError) {
	list, ok := in.([]any)
	if !ok {
		e := a.mismatch(name, "Array")
		return nil, &e
	}
	out := []int64{}
	for _, item := range list {
		id, bad := a.convertID(name, item)
		if bad != nil {
			return nil, bad
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

package freshservicetest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/internal/simulator"
)

// recordsText shows the account's records on the page.
const recordsText = `{{define "rows"}}{{range .}}<tr{{if .Off}} class="off"{{end}}><td>{{.ID}}</td>{{range .Cells}}<td>{{range .}}{{.}}<br>{{end}}</td>{{end}}</tr>
{{else}}<tr><td>none</td></tr>
{{end}}{{end}}{{range .}}<h2>{{.Title}} ({{len .Rows}})</h2>
<table>
<tr><th>Id</th>{{range .Heads}}<th>{{.}}</th>{{end}}</tr>
{{template "rows" .Rows}}</table>
{{end}}`

// pageTable is one kind of records on the page.
type pageTable struct {
	Title string
	Heads []string
	Rows  []pageRow
}

// pageRow is a record: a cell has lines.
type pageRow struct {
	ID    int64
	Off   bool // is not in use
	Cells [][]string
}

// humanPage serves GET /: the account for human eyes.
func (a *Account) humanPage() http.Handler {
	return &simulator.Page{Application: "Freshservice", Root: apiRoot, Guard: a.pageGuard, People: recordsText, Data: a.pageData}
}

// pageData returns what is shown on the page, and the requests.
func (a *Account) pageData() (any, []simulator.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	tables := []pageTable{a.requesterTable(), a.agentTable(), a.groupTable(), a.requesterGroupTable(), a.departmentTable()}
	return tables, a.journal.Last(simulator.ShownRequests)
}

func (a *Account) requesterTable() pageTable {
	t := pageTable{Title: "Requesters", Heads: []string{"Name", "E-mail", "Active", "Departments", "Custom fields"}}
	for _, u := range a.usersByName() {
		if !u.agent {
			t.Rows = append(t.Rows, pageRow{u.id, !u.active, [][]string{
				{u.name()}, u.emails(), {yesNo(u.active)}, {a.departmentNames(u)}, a.customLines(u.custom),
			}})
		}
	}
	return t
}

func (a *Account) agentTable() pageTable {
	t := pageTable{Title: "Agents", Heads: []string{"Name", "E-mail", "Active", "Seat", "Roles", "Departments", "Custom fields"}}
	for _, u := range a.usersByName() {
		if !u.agent {
			continue
		}
		seat := "full-time"
		if u.flag("occasional") {
			seat = "occasional"
		}
		var roles []string
		for _, r := range u.roles {
			name := fmt.Sprint(r.RoleID)
			if known := a.role(r.RoleID); known != nil {
				name = known.Name
			}
			roles = append(roles, name+": "+r.Scope)
		}
		t.Rows = append(t.Rows, pageRow{u.id, !u.active, [][]string{
			{u.name()}, u.emails(), {yesNo(u.active)}, {seat}, roles, {a.departmentNames(u)}, a.customLines(u.agentCustom),
		}})
	}
	return t
}

func (a *Account) groupTable() pageTable {
	t := pageTable{Title: "Agent groups", Heads: []string{"Name", "Workspace", "Members", "Observers", "Leaders", "Waiting"}}
	for _, id := range a.groups.IDs() {
		g := a.groups.Records[id]
		cells := [][]string{{g.Name}, {fmt.Sprint(g.WorkspaceID)}}
		var waiting []string
		for _, s := range g.seats {
			cells = append(cells, a.userNames(s.approved))
			waiting = append(waiting, a.userNames(s.waiting)...)
		}
		t.Rows = append(t.Rows, pageRow{ID: id, Cells: append(cells, waiting)})
	}
	return t
}

func (a *Account) requesterGroupTable() pageTable {
	t := pageTable{Title: "Requester groups", Heads: []string{"Name", "Type", "Members"}}
	for _, id := range a.requesterGroups.IDs() {
		g := a.requesterGroups.Records[id]
		t.Rows = append(t.Rows, pageRow{ID: id, Cells: [][]string{{g.Name}, {g.kind()}, a.userNames(g.Members)}})
	}
	return t
}

func (a *Account) departmentTable() pageTable {
	t := pageTable{Title: "Departments", Heads: []string{"Name", "Head", "Domains"}}
	for _, id := range a.departments.IDs() {
		d := a.departments.Records[id]
		var head []string
		if d.head != 0 {
			head = a.userNames([]int64{d.head})
		}
		t.Rows = append(t.Rows, pageRow{ID: id, Cells: [][]string{{d.name}, head, d.domains}})
	}
	return t
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// userNames are the names of users, or the ids of those who are not there.
func (a *Account) userNames(ids []int64) []string {
	var out []string
	for _, id := range ids {
		name := fmt.Sprint(id)
		if u := a.users.Records[id]; u != nil {
			name = u.name()
		}
		out = append(out, name)
	}
	return out
}

func (a *Account) departmentNames(u *user) string {
	var names []string
	for _, id := range u.ids("department_ids") {
		if d := a.departments.Records[id]; d != nil {
			names = append(names, d.name)
		}
	}
	return strings.Join(names, ", ")
}

func (a *Account) customLines(custom map[string]any) []string {
	var out []string
	for _, name := range sortedKeys(custom) {
		out = append(out, fmt.Sprintf("%s: %v", name, a.customValue(custom[name])))
	}
	return out
}

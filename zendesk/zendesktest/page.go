package zendesktest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/internal/simulator"
)

// recordsText shows the people, groups, organizations and jobs on the page.
const recordsText = `<h2>Users ({{len .Users}})</h2>
<table>
<tr><th>Id</th><th>Name</th><th>E-mail</th><th>External id</th><th>Role</th><th>State</th><th>Organizations</th><th>Custom fields</th></tr>
{{range .Users}}<tr{{if .Off}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Name}}</td><td>{{range .Emails}}{{.}}<br>{{end}}</td><td>{{.ExternalID}}</td><td>{{.Role}}</td><td>{{.State}}</td><td>{{.Organizations}}</td><td>{{range .Custom}}{{.}}<br>{{end}}</td></tr>
{{else}}<tr><td colspan="8">none</td></tr>
{{end}}</table>
<h2>Groups ({{len .Groups}})</h2>
<table>
<tr><th>Id</th><th>Name</th><th>State</th><th>Members</th></tr>
{{range .Groups}}<tr{{if .Off}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Name}}</td><td>{{.State}}</td><td>{{range .Members}}{{.}}<br>{{end}}</td></tr>
{{else}}<tr><td colspan="4">none</td></tr>
{{end}}</table>
<h2>Organizations ({{len .Organizations}})</h2>
<table>
<tr><th>Id</th><th>Name</th><th>External id</th><th>Domains</th><th>Members</th></tr>
{{range .Organizations}}<tr><td>{{.ID}}</td><td>{{.Name}}</td><td>{{.ExternalID}}</td><td>{{.Domains}}</td><td>{{.Members}}</td></tr>
{{else}}<tr><td colspan="5">none</td></tr>
{{end}}</table>
<h2>Jobs ({{len .Jobs}})</h2>
<table>
<tr><th>Id</th><th>Type</th><th>State</th><th>Done</th></tr>
{{range .Jobs}}<tr><td>{{.ID}}</td><td>{{.Kind}}</td><td>{{.State}}</td><td>{{.Done}} of {{.Total}}</td></tr>
{{else}}<tr><td colspan="4">none</td></tr>
{{end}}</table>
`

// pageRecords is what recordsText shows.
type pageRecords struct {
	Users         []pagePerson
	Groups        []pageGroup
	Organizations []pageOrganization
	Jobs          []pageJob
}

type pagePerson struct {
	ID                                           int64
	Name, ExternalID, Role, State, Organizations string
	Emails, Custom                               []string
	Off                                          bool
}

type pageGroup struct {
	ID          int64
	Name, State string
	Members     []string
	Off         bool
}

type pageOrganization struct {
	ID                        int64
	Name, ExternalID, Domains string
	Members                   int
}

type pageJob struct {
	ID, Kind, State string
	Done, Total     int
}

// humanPage serves GET /: the account for human eyes.
func (a *Account) humanPage() http.Handler {
	return &simulator.Page{Application: "Zendesk", Root: apiRoot, Guard: a.pageGuard, People: recordsText, Data: a.pageData}
}

// pageData returns what is shown on the page, and the requests.
func (a *Account) pageData() (any, []simulator.Request) {
	defer a.look()()
	out := pageRecords{}
	users := a.all(func(*user) bool { return true })
	slices.SortFunc(users, byName)
	members, people := map[int64][]string{}, map[int64]int{}
	for _, u := range users {
		out.Users = append(out.Users, a.pagePerson(u))
		if !u.live() {
			continue
		}
		for _, m := range u.groups {
			members[m.group] = append(members[m.group], u.name)
		}
		for _, m := range u.memberships {
			people[m.organization]++
		}
	}
	for _, g := range a.groupsThat(func(*group) bool { return true }) {
		out.Groups = append(out.Groups, pageGroup{ID: g.id, Name: g.name, State: a.groupState(g), Members: members[g.id], Off: g.deleted})
	}
	for _, id := range a.organizations.IDs() {
		o := a.organizations.Records[id]
		out.Organizations = append(out.Organizations, pageOrganization{
			ID: id, Name: o.name, ExternalID: o.externalID, Domains: strings.Join(o.domains, ", "), Members: people[id],
		})
	}
	for _, j := range slices.Backward(a.jobs) {
		out.Jobs = append(out.Jobs, pageJob{ID: j.id, Kind: j.kind, State: j.status, Done: j.done, Total: len(j.items)})
	}
	return out, a.journal.Last(simulator.ShownRequests)
}

func (a *Account) groupState(g *group) string {
	switch {
	case g.deleted:
		return "deleted"
	case g.id == a.defaultGroup:
		return "default"
	case g.private:
		return "private"
	}
	return "public"
}

func (a *Account) pagePerson(u *user) pagePerson {
	p := pagePerson{ID: u.id, Name: u.name, ExternalID: u.externalID, Role: u.role, State: "active", Off: u.suspended || !u.live()}
	switch {
	case u.erased:
		p.State = "permanently deleted"
	case !u.live():
		p.State = "deleted"
	case u.suspended:
		p.State = "suspended"
	}
	if r := a.customRole(u.customRole); r != nil {
		p.Role += ", " + r.Name
	}
	for _, i := range u.identities {
		if i.kind == "email" {
			p.Emails = append(p.Emails, i.value)
		}
	}
	var names []string
	for _, id := range u.organizations() {
		if o := a.organizations.Records[id]; o != nil {
			names = append(names, o.name)
		}
	}
	p.Organizations = strings.Join(names, ", ")
	for _, key := range sortedKeys(u.fields) {
		p.Custom = append(p.Custom, key+": "+plain(u.fields[key]))
	}
	return p
}

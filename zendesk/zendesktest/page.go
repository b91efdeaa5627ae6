package zendesktest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/internal/simulator"
)

// peopleText shows the people on the page.
const peopleText = `<h2>Users ({{len .}})</h2>
<table>
<tr><th>Id</th><th>Name</th><th>E-mail</th><th>External id</th><th>Role</th><th>State</th><th>Organizations</th><th>Custom fields</th></tr>
{{range .}}<tr{{if .Off}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Name}}</td><td>{{range .Emails}}{{.}}<br>{{end}}</td><td>{{.ExternalID}}</td><td>{{.Role}}</td><td>{{.State}}</td><td>{{.Organizations}}</td><td>{{range .Custom}}{{.}}<br>{{end}}</td></tr>
{{else}}<tr><td colspan="8">none</td></tr>
{{end}}</table>
`

type pagePerson struct {
	ID                                           int64
	Name, ExternalID, Role, State, Organizations string
	Emails, Custom                               []string
	Off                                          bool
}

// humanPage serves GET /: the account for human eyes.
func (a *Account) humanPage() http.Handler {
	return &simulator.Page{Application: "Zendesk", Root: apiRoot, Guard: a.pageGuard, People: peopleText, Data: a.pageData}
}

// pageData returns who is shown on the page, and the requests.
func (a *Account) pageData() (any, []simulator.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	users := a.all(func(*user) bool { return true })
	slices.SortFunc(users, byName)
	people := make([]pagePerson, 0, len(users))
	for _, u := range users {
		people = append(people, a.pagePerson(u))
	}
	return people, a.journal.Last(simulator.ShownRequests)
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

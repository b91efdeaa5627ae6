package freshservicetest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/internal/simulator"
)

// peopleText shows the people on the page.
const peopleText = `<h2>Requesters ({{len .}})</h2>
<table>
<tr><th>Id</th><th>Name</th><th>E-mail</th><th>Active</th><th>Departments</th><th>Custom fields</th></tr>
{{range .}}<tr{{if not .Active}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Name}}</td><td>{{range .Emails}}{{.}}<br>{{end}}</td><td>{{if .Active}}yes{{else}}no{{end}}</td><td>{{.Departments}}</td><td>{{range .Custom}}{{.}}<br>{{end}}</td></tr>
{{else}}<tr><td colspan="6">none</td></tr>
{{end}}</table>
`

type pagePerson struct {
	ID          int64
	Name        string
	Emails      []string
	Active      bool
	Departments string
	Custom      []string
}

// humanPage serves GET /: the account for human eyes.
func (a *Account) humanPage() http.Handler {
	return &simulator.Page{Application: "Freshservice", Root: apiRoot, Guard: a.pageGuard, People: peopleText, Data: a.pageData}
}

// pageData returns who is shown on the page, and the requests.
func (a *Account) pageData() (any, []simulator.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var people []pagePerson
	for _, u := range a.usersByName() {
		if u.agent {
			continue
		}
		p := pagePerson{
			ID: u.id, Active: u.active, Emails: u.emails(),
			Name: u.name(),
		}
		var names []string
		for _, id := range u.ids("department_ids") {
			if d := a.departments.Records[id]; d != nil {
				names = append(names, d.name)
			}
		}
		p.Departments = strings.Join(names, ", ")
		for _, name := range sortedKeys(u.custom) {
			p.Custom = append(p.Custom, fmt.Sprintf("%s: %v", name, a.customValue(u.custom[name])))
		}
		people = append(people, p)
	}
	return people, a.journal.Last(simulator.ShownRequests)
}

package zendesktest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

// shownRequests is how many requests the page shows.
const shownRequests = 50

// pageStyle is the page's whole style sheet; the policy allows it by its hash.
const pageStyle = `body{font:15px/1.4 sans-serif;margin:2em}table{border-collapse:collapse;margin-bottom:2em}` +
	`th,td{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#eee}` +
	`.off{color:#888}code{white-space:pre-wrap;word-break:break-all}`

// pageText is the page. It has no script, no link and nothing from elsewhere.
const pageText = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Zendesk simulator</title>
<style>{{.Style}}</style>
</head>
<body>
<h1>Zendesk simulator</h1>
<p>A stand-in for a Zendesk account; nothing here leaves this process.</p>
<h2>Users ({{len .People}})</h2>
<table>
<tr><th>Id</th><th>Name</th><th>E-mail</th><th>External id</th><th>Role</th><th>State</th><th>Organizations</th><th>Custom fields</th></tr>
{{range .People}}<tr{{if .Off}} class="off"{{end}}><td>{{.ID}}</td><td>{{.Name}}</td><td>{{range .Emails}}{{.}}<br>{{end}}</td><td>{{.ExternalID}}</td><td>{{.Role}}</td><td>{{.State}}</td><td>{{.Organizations}}</td><td>{{range .Custom}}{{.}}<br>{{end}}</td></tr>
{{else}}<tr><td colspan="8">none</td></tr>
{{end}}</table>
<h2>Last requests</h2>
<table>
<tr><th>Time</th><th>Request</th><th>Status</th><th>Body</th></tr>
{{range .Requests}}<tr><td>{{.Time}}</td><td>{{.Line}}</td><td>{{.Status}}</td><td><code>{{.Body}}</code></td></tr>
{{else}}<tr><td colspan="4">none yet</td></tr>
{{end}}</table>
</body>
</html>
`

type pageData struct {
	Style    template.CSS
	People   []pagePerson
	Requests []pageRequest
}

type pagePerson struct {
	ID                                           int64
	Name, ExternalID, Role, State, Organizations string
	Emails, Custom                               []string
	Off                                          bool
}

type pageRequest struct{ Time, Line, Status, Body string }

// servePage serves GET /: the account for human eyes.
func (a *Account) servePage(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	sum := sha256.Sum256([]byte(pageStyle))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is served here; the API is below "+apiRoot, http.StatusMethodNotAllowed)
		return
	}
	if a.pageGuard != nil && !a.pageGuard(r) {
		http.Error(w, "this page is not shown to this address", http.StatusForbidden)
		return
	}
	var out bytes.Buffer
	page, err := template.New("page").Parse(pageText)
	if err == nil {
		err = page.Execute(&out, a.pageData())
	}
	if err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

func (a *Account) pageData() pageData {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := pageData{Style: pageStyle}
	people := a.all(func(*user) bool { return true })
	slices.SortFunc(people, byName)
	for _, u := range people {
		d.People = append(d.People, a.pagePerson(u))
	}
	for _, r := range slices.Backward(a.requests) {
		if len(d.Requests) == shownRequests {
			break
		}
		line := r.Method + " " + r.Path
		if q := r.Query.Encode(); q != "" {
			line += "?" + q
		}
		status := "no answer"
		if r.Status != 0 {
			status = fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
		}
		d.Requests = append(d.Requests, pageRequest{r.Time.Format(time.TimeOnly), line, status, string(r.Body)})
	}
	return d
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
	for _, id := range u.organizations {
		if o := a.organizations.records[id]; o != nil {
			names = append(names, o.name)
		}
	}
	p.Organizations = strings.Join(names, ", ")
	for _, key := range sortedKeys(u.fields) {
		p.Custom = append(p.Custom, key+": "+plain(u.fields[key]))
	}
	return p
}

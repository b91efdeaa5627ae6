package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// ShownRequests is how many requests the page shows, the last one first.
const ShownRequests = 50

// pageStyle is the page's whole style sheet; the policy allows it by its hash.
// Class "off" is for records that are not in use.
const pageStyle = `body{font:15px/1.4 sans-serif;margin:2em}table{border-collapse:collapse;margin-bottom:2em}` +
	`th,td{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#eee}` +
	`.off{color:#888}code{white-space:pre-wrap;word-break:break-all}`

// pageText is the page. It has no script, no link and nothing from elsewhere.
const pageText = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Application}} simulator</title>
<style>{{.Style}}</style>
</head>
<body>
<h1>{{.Application}} simulator</h1>
<p>A stand-in for a {{.Application}} account; nothing here leaves this process.</p>
{{template "people" .People}}<h2>Last requests</h2>
<table>
<tr><th>Time</th><th>Request</th><th>Status</th><th>Body</th></tr>
{{range .Requests}}<tr><td>{{.Time}}</td><td>{{.Line}}</td><td>{{.Status}}</td><td><code>{{.Body}}</code></td></tr>
{{else}}<tr><td colspan="4">none yet</td></tr>
{{end}}</table>
</body>
</html>
`

// Page shows an account to human eyes, as one HTML page.
type Page struct {
	// Application is the application's name.
	Application string
	// Root is the path of the API, for those who look for it here.
	Root string
	// Guard says who is shown the page. Nil: everybody.
	Guard func(*http.Request) bool
	// People is the text of the html/template that shows the people: a heading
	// and a table, with a line break at the end.
	People string
	// Data returns what People is executed with, and the last [ShownRequests] of
	// the journal. It is only called for those whom Guard lets in.
	Data func() (people any, last []Request)
}

type pageRequest struct{ Time, Line, Status, Body string }

// A Page is a handler.
var _ http.Handler = (*Page)(nil)

// ServeHTTP serves the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
		http.Error(w, "only GET is served here; the API is below "+p.Root, http.StatusMethodNotAllowed)
		return
	}
	if p.Guard != nil && !p.Guard(r) {
		http.Error(w, "this page is not shown to this address", http.StatusForbidden)
		return
	}
	out, err := p.render()
	if err != nil {
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out)
}

func (p *Page) render() ([]byte, error) {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	if _, err := page.New("people").Parse(p.People); err != nil {
		return nil, err
	}
	people, last := p.Data()
	requests := make([]pageRequest, 0, len(last))
	for _, r := range slices.Backward(last) {
		requests = append(requests, shown(r))
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		Application string
		Style       template.CSS
		People      any
		Requests    []pageRequest
	}{p.Application, pageStyle, people, requests})
	return out.Bytes(), err
}

// shown is a request as the page shows it.
func shown(r Request) pageRequest {
	line := r.Method + " " + r.Path
	if q := r.Query.Encode(); q != "" {
		line += "?" + q
	}
	status := "no answer"
	if r.Status != 0 {
		status = fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
	}
	return pageRequest{r.Time.Format(time.TimeOnly), line, status, string(r.Body)}
}

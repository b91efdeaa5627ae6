package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/provision"
)

// apiBase is what the paths of the administration API begin with.
const apiBase = "/api/v1"

// maxAdminBody bounds the body of an administration request, in bytes. Mapping
// documents are the largest thing in one.
const maxAdminBody = 1 << 20

// checkTimeout bounds the test of a new connection's credentials.
const checkTimeout = 10 * time.Second

// defaultToken is the name of the token that a POST makes.
const defaultToken = "default"

// serveAdmin answers a request to the administration API.
func (g *Gateway) serveAdmin(x *exchange, r *http.Request, rest string) {
	x.route = apiBase
	h := x.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case g.opts.AdminToken.IsZero():
		writeError(x, http.StatusNotFound, "not_found", "", "the administration API is switched off")
		return
	case !CheckHost(r, g.opts.AdminHosts):
		x.refused = "host or origin"
		writeError(x, http.StatusForbidden, "forbidden", "", "the administration API is not served to this host name or origin")
		return
	case !g.isAdmin(r):
		x.refused = "no admin token"
		h.Set("WWW-Authenticate", `Bearer realm="usher administration"`)
		writeError(x, http.StatusUnauthorized, "unauthenticated", "", "the admin token is wanted as a bearer token")
		return
	}
	x.actor = "admin"
	id, named := strings.CutPrefix(rest, "/connections/")
	switch {
	case rest == "/connections":
		x.route += rest
		method(x, r, methods{http.MethodGet: g.listConnections, http.MethodPost: g.addConnection})
	case named && !strings.Contains(id, "/"):
		x.route += "/connections/{id}"
		method(x, r, methods{http.MethodDelete: func(x *exchange, _ *http.Request) { g.removeConnection(x, id) }})
	case named && strings.HasSuffix(id, "/attributes") && strings.Count(id, "/") == 1:
		x.route += "/connections/{id}/attributes"
		id = strings.TrimSuffix(id, "/attributes")
		method(x, r, methods{http.MethodGet: func(x *exchange, r *http.Request) { g.listAttributes(x, r, id) }})
	case rest == "/events":
		x.route += rest
		method(x, r, methods{http.MethodGet: g.listEvents})
	default:
		writeError(x, http.StatusNotFound, "not_found", "", "nothing is here")
	}
}

// isAdmin reports whether a request has the admin token.
func (g *Gateway) isAdmin(r *http.Request) bool {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return false
	}
	token, ok := bearer(values[0])
	return g.opts.AdminToken.equal(HashToken(token)) && ok
}

type methods map[string]func(*exchange, *http.Request)

// method calls the function for the request's method.
func method(x *exchange, r *http.Request, m methods) {
	f := m[r.Method]
	if f == nil {
		var allow []string
		for _, name := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			if m[name] != nil {
				allow = append(allow, name)
			}
		}
		x.Header().Set("Allow", strings.Join(allow, ", "))
		writeError(x, http.StatusMethodNotAllowed, "method", "", "this method is not served here")
		return
	}
	f(x, r)
}

// connectionJSON is a connection in a list.
type connectionJSON struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Target    string      `json:"target"`
	SCIMURL   string      `json:"scim_url"`
	Profile   string      `json:"profile"`
	CreatedAt time.Time   `json:"created_at"`
	Tokens    []tokenJSON `json:"tokens"`
}

type tokenJSON struct {
	Name      string     `json:"name"`
	ReadOnly  bool       `json:"read_only"`
	ExpiresAt *time.Time `json:"expires_at"` // null: never
}

func (g *Gateway) listConnections(x *exchange, _ *http.Request) {
	list := []connectionJSON{}
	for _, i := range g.List() {
		c := connectionJSON{i.ID, i.Name, i.Target, i.SCIMURL, i.Profile, i.Created.UTC(), []tokenJSON{}}
		for _, t := range i.Tokens {
			tj := tokenJSON{Name: t.Name, ReadOnly: t.ReadOnly}
			if !t.Expires.IsZero() {
				at := t.Expires.UTC()
				tj.ExpiresAt = &at
			}
			c.Tokens = append(c.Tokens, tj)
		}
		list = append(list, c)
	}
	writeJSON(x, http.StatusOK, map[string]any{"connections": list})
}

// newConnection is the body of a POST.
type newConnection struct {
	ID          string                `json:"id"`
	Name        string                `json:"name"`
	Target      string                `json:"target"`
	Settings    map[string]any        `json:"settings"`
	Credentials map[string]any        `json:"credentials"`
	Profile     string                `json:"profile"`
	Mapping     json.RawMessage       `json:"mapping"`
	Policies    map[string]policyJSON `json:"policies"`
	// CreateReferences is that of Config.
	CreateReferences bool `json:"create_references"`
	// NewObjects and ProtectAdmins are those of Config.
	NewObjects    map[string]string `json:"new_objects"`
	ProtectAdmins bool              `json:"protect_admins"`
}

type policyJSON struct {
	Disable         provision.DisablePolicy  `json:"disable"`
	Enable          provision.EnablePolicy   `json:"enable"`
	Delete          provision.DeletePolicy   `json:"delete"`
	Conflict        provision.ConflictPolicy `json:"conflict"`
	ConflictSpecial bool                     `json:"conflict_special"`
}

// addedConnection is the answer to a POST.
type addedConnection struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Target  string `json:"target"`
	SCIMURL string `json:"scim_url"`
	Token   string `json:"token"`
}

func (g *Gateway) addConnection(x *exchange, r *http.Request) {
	var body newConnection
	if !readJSON(x, r, &body) {
		return
	}
	cfg, e := g.configOf(&body)
	if e != nil {
		fail(x, e)
		return
	}
	token, hash, err := g.NewToken()
	if err != nil {
		g.log.ErrorContext(r.Context(), "no token was made", "request_id", x.id, "error", err)
		writeError(x, http.StatusInternalServerError, "internal", "", "something went wrong here: see the log under request id "+x.id)
		return
	}
	cfg.Tokens = []Token{{Name: defaultToken, Hash: hash}}
	conn, e := g.build(r.Context(), *cfg)
	if e == nil {
		e = g.tryOut(r.Context(), conn)
	}
	if e == nil {
		e = g.insert(conn)
	}
	if e != nil {
		fail(x, e)
		return
	}
	i := &conn.info
	x.connection = i.ID
	x.Header().Set("Location", g.opts.PublicURL+apiBase+"/connections/"+i.ID)
	writeJSON(x, http.StatusCreated, addedConnection{i.ID, i.Name, i.Target, i.SCIMURL, token})
}

// configOf checks the members of a body, and completes the mapping.
func (g *Gateway) configOf(b *newConnection) (*Config, *Error) {
	switch {
	case b.Name == "":
		return nil, &Error{Code: Invalid, Field: "name", Msg: "it is required"}
	case b.Target == "":
		return nil, &Error{Code: Invalid, Field: "target", Msg: "it is required"}
	}
	settings, err := connector.NewSettings(b.Settings, b.Credentials)
	if err != nil {
		return nil, openError(err)
	}
	mapping, e := g.mappingOf(b)
	if e != nil {
		return nil, e
	}
	cfg := &Config{
		ID: b.ID, Name: b.Name, Target: b.Target, Settings: settings, Profile: b.Profile, Mapping: mapping,
		Policies: make(map[string]provision.Policy, len(b.Policies)), CreateReferences: b.CreateReferences,
		NewObjects: b.NewObjects, ProtectAdmins: b.ProtectAdmins,
	}
	for object, p := range b.Policies {
		cfg.Policies[object] = provision.Policy(p)
	}
	return cfg, nil
}

// mappingOf puts a mapping document beside those of the application.
func (g *Gateway) mappingOf(b *newConnection) (fs.FS, *Error) {
	if len(b.Mapping) == 0 || string(b.Mapping) == "null" {
		return nil, nil //nolint:nilnil // the application's own mapping is meant
	}
	if b.Mapping[0] != '{' {
		return nil, &Error{Code: Invalid, Field: "mapping", Msg: "a mapping document or null is wanted"}
	}
	app, err := g.opts.Applications.Lookup(b.Target)
	if err != nil {
		return nil, openError(err)
	}
	return WithDocument(app.Mappings, "mapping.json", b.Mapping), nil
}

// tryOut asks a new connection's target whether it takes the credentials. A
// target that cannot be reached just now may be there later.
func (g *Gateway) tryOut(ctx context.Context, conn *connection) *Error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := conn.backend.Check(ctx)
	switch {
	case err == nil:
	case errors.Is(err, connector.Unauthenticated):
		return &Error{Code: Refused, Field: "credentials", Msg: "the target does not accept them", Err: err}
	case isMisfit(err):
		return misfit(err)
	default:
		g.log.WarnContext(ctx, "the test of a new connection failed", "connection", conn.info.ID, "error", err)
	}
	return nil
}

// isMisfit reports whether an error is about what was configured, which does not
// fit the target: whatever the target itself says is a [*connector.Error].
func isMisfit(err error) bool {
	_, ok := errors.AsType[*connector.Error](err)
	return !ok && connector.CodeOf(err) == connector.Unknown
}

// misfit is the error for an administrator to whom isMisfit applies.
func misfit(err error) *Error {
	e := &Error{Code: Invalid, Msg: err.Error(), Err: err}
	if _, ok := errors.AsType[*mapping.DiagnosticsError](err); ok {
		e.Field = "mapping"
	}
	return e
}

func (g *Gateway) removeConnection(x *exchange, id string) {
	if err := g.Remove(id); err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			fail(x, e)
			return
		}
	}
	x.connection = id
	x.WriteHeader(http.StatusNoContent)
}

func (g *Gateway) listEvents(x *exchange, r *http.Request) {
	q, e := eventQuery(r.URL.RawQuery)
	if e != nil {
		fail(x, e)
		return
	}
	list := []eventJSON{}
	for _, ev := range g.Events(q) {
		list = append(list, eventOf(ev))
	}
	writeJSON(x, http.StatusOK, map[string]any{"events": list})
}

// eventQuery reads the query of a request for events.
func eventQuery(raw string) (EventQuery, *Error) {
	var q EventQuery
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, &Error{Code: Invalid, Msg: "the query is not well formed"}
	}
	for name, v := range values {
		if len(v) > 1 {
			return q, &Error{Code: Invalid, Field: printable(name, maxID), Msg: "it is there more than once"}
		}
		switch name {
		case "connection":
			q.Connection = v[0]
		case "user":
			q.User = v[0]
		case "limit":
			if q.Limit, err = strconv.Atoi(v[0]); err != nil || q.Limit < 1 {
				return q, &Error{Code: Invalid, Field: name, Msg: "a number above 0 is wanted"}
			}
		default:
			return q, &Error{Code: Invalid, Field: printable(name, maxID), Msg: "there is no such parameter, only connection, user and limit"}
		}
	}
	return q, nil
}

// readJSON reads a body into v. It reports whether it could, and has answered
// else.
func readJSON(x *exchange, r *http.Request, v any) bool {
	for _, enc := range r.Header.Values("Content-Encoding") {
		if enc != "" && !strings.EqualFold(enc, "identity") {
			writeError(x, http.StatusUnsupportedMediaType, "media_type", "", "compressed bodies are not taken")
			return false
		}
	}
	if ct := r.Header.Get("Content-Type"); ct != "" {
		media, _, err := mime.ParseMediaType(ct)
		if err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
			writeError(x, http.StatusUnsupportedMediaType, "media_type", "", "application/json is wanted")
			return false
		}
	}
	d := json.NewDecoder(http.MaxBytesReader(x, r.Body, maxAdminBody))
	d.DisallowUnknownFields()
	d.UseNumber()
	err := d.Decode(v)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("more than one value")
			if tooLarge(end) {
				err = end
			}
		}
	}
	switch {
	case err == nil:
		return true
	case tooLarge(err):
		writeError(x, http.StatusRequestEntityTooLarge, "too_large", "", "the body is larger than 1 MiB")
	default:
		e := &Error{Code: Invalid, Msg: "the body is no JSON object of this kind"}
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			e.Field, e.Msg = t.Field, wanted(t.Type.Kind())+" is wanted"
		} else if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			e.Field, e.Msg = printable(strings.Trim(name, `"`), maxID), "there is no such member"
		}
		fail(x, e)
	}
	return false
}

// wanted says in the words of JSON what goes into a member.
func wanted(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "a number"
	}
}

func tooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// fail answers with an error of this package.
func fail(x *exchange, e *Error) { writeError(x, e.status(), string(e.Code), e.Field, e.Msg) }

// writeError answers in the form of the administration API.
func writeError(x *exchange, status int, code, field, message string) {
	writeJSON(x, status, map[string]any{"error": map[string]string{"code": code, "message": message, "field": field}})
}

func writeJSON(x *exchange, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		// Cannot be: plain structs and strings.
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"","field":""}}`)
	}
	x.Header().Set("Content-Type", "application/json")
	x.WriteHeader(status)
	_, _ = x.Write(append(body, '\n'))
}

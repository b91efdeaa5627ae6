package gateway

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// scimBase is the path of the service that a token picks.
const scimBase = "/scim/v2"

// connectionsBase is what the paths of connections begin with.
const connectionsBase = "/connections/"

func connectionBase(id string) string { return connectionsBase + id + scimBase }

// service makes the SCIM service provider of a connection's backend under a path.
func (g *Gateway) service(b scim.Backend, connection string, p scim.Profile, base string) (http.Handler, error) {
	return scim.NewHandler(b, &scim.Options{
		Refused:   func(r *http.Request, e *scim.Error) { g.noteRefusal(connection, base, r, e) },
		BaseURL:   g.opts.PublicURL + base,
		Auth:      scim.NoAuth(), // serveSCIM has done that
		Profile:   p,
		Logger:    g.log,
		CursorKey: g.opts.CursorKey,
		RequestID: g.opts.NewID,
	})
}

// ServeHTTP answers a request. It recovers panics, http.ErrAbortHandler apart.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, begin: g.opts.Clock(), id: g.requestID(r)}
	w.Header().Set("X-Request-Id", x.id)
	defer g.finish(x, r)
	if !g.enter() {
		w.Header().Set("Retry-After", "10")
		refuse(x, r.URL.Path, http.StatusServiceUnavailable, "unavailable", "The server is about to stop: try again in a moment.")
		return
	}
	defer g.leave()
	g.route(x, r)
}

// route finds who answers.
func (g *Gateway) route(x *exchange, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/healthz":
		x.route = path
		g.serveHealth(x, r)
	case below(path, scimBase):
		g.serveSCIM(x, r, "", path[len(scimBase):])
	case strings.HasPrefix(path, connectionsBase):
		id, rest, _ := strings.Cut(path[len(connectionsBase):], "/")
		if id == "" || !below("/"+rest, scimBase) {
			nothingHere(x, path)
			return
		}
		g.serveSCIM(x, r, id, rest[len(scimBase)-1:])
	case below(path, apiBase):
		g.serveAdmin(x, r, path[len(apiBase):])
	default:
		nothingHere(x, path)
	}
}

// nothingHere answers for a path that is not served. A base URL with another
// version of SCIM than 2 is refused as RFC 7644 section 3.13 has it.
func nothingHere(x *exchange, path string) {
	if otherVersion(path) {
		writeSCIMError(x, &scim.Error{Status: http.StatusBadRequest, Type: scim.InvalidVers, Detail: "This version of SCIM is not served. The base URLs end with /scim/v2."})
		return
	}
	refuse(x, path, http.StatusNotFound, "not_found", "Nothing is served at this path. The SCIM base URLs are /scim/v2 and /connections/{id}/scim/v2.")
}

// refuse answers with an error in the form of the administration API for paths
// that look like it, and in that of SCIM for all others: it is an identity provider
// with a wrong base URL that asks for them.
func refuse(x *exchange, path string, status int, code, sentence string) {
	if below(path, "/api") {
		writeError(x, status, code, "", sentence)
		return
	}
	writeSCIMError(x, &scim.Error{Status: status, Detail: sentence})
}

// otherVersion reports whether a path is that of a service, but for the version.
func otherVersion(path string) bool {
	if rest, ok := strings.CutPrefix(path, connectionsBase); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	version, ok := strings.CutPrefix(path, scimBase[:len(scimBase)-1])
	version, _, _ = strings.Cut(version, "/")
	return ok && version != "" && version != "2" && strings.Trim(version, "0123456789.") == ""
}

// below reports whether a path is base or under it.
func below(path, base string) bool {
	return strings.HasPrefix(path, base) && (len(path) == len(base) || path[len(base)] == '/')
}

func (g *Gateway) serveHealth(x *exchange, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		x.Header().Set("Allow", "GET, HEAD")
		writeError(x, http.StatusMethodNotAllowed, "method", "", "only GET is served here")
		return
	}
	x.Header().Set("Content-Type", "text/plain; charset=utf-8")
	x.Header().Set("Cache-Control", "no-store")
	_, _ = x.Write([]byte("ok\n"))
}

// serveSCIM hands a request to the connection that its token opens. Where the
// path names a connection, it has to be that one.
func (g *Gateway) serveSCIM(x *exchange, r *http.Request, id, rest string) {
	x.route = scimBase + routeOf(rest)
	if id != "" {
		x.route = connectionsBase + "{id}" + x.route
	}
	gr, presented := g.authenticate(x, r, id)
	if gr == nil {
		challenge := `Bearer realm="usher"`
		detail := "A bearer token is wanted."
		if presented {
			challenge += `, error="invalid_token"`
			detail = "The bearer token is not good for this."
		}
		x.Header().Set("WWW-Authenticate", challenge)
		writeSCIMError(x, &scim.Error{Status: http.StatusUnauthorized, Detail: detail})
		return
	}
	x.connection, x.actor = gr.conn.info.ID, gr.Name
	ctx := scim.WithPrincipal(scim.WithRequestID(r.Context(), x.id), scim.Principal{Name: gr.Name, ReadOnly: gr.ReadOnly})
	ctx = provision.WithRequest(withTrail(ctx), provision.Request{
		ID: x.id, Actor: gr.Name, Profile: gr.conn.info.Profile,
	})
	r = r.WithContext(ctx)
	if id != "" {
		gr.conn.own.ServeHTTP(x, r)
	} else {
		gr.conn.byToken.ServeHTTP(x, r)
	}
}

// authenticate returns the token that a request came with, if it is good for
// the connection (any connection where id is ""), and whether there was one at
// all. A token of another connection, or of none, takes the same steps.
func (g *Gateway) authenticate(x *exchange, r *http.Request, id string) (gr *grant, presented bool) {
	var token string
	if values := r.Header.Values("Authorization"); len(values) == 1 {
		token, presented = bearer(values[0])
	}
	hash := HashToken(token)
	gr = g.table.Load().grants[hash]
	if gr == nil {
		gr = &g.nobody
	}
	known := gr.Hash.equal(hash)
	good := gr.good(g.opts.Clock())
	here := id == "" || subtle.ConstantTimeCompare([]byte(gr.conn.info.ID), []byte(id)) == 1
	switch {
	case !presented:
		x.refused = "no bearer token"
	case !known:
		x.refused = "unknown token"
	case !here:
		x.refused = "token of another connection"
	case !good:
		x.refused = "token has expired"
	default:
		return gr, true
	}
	return nil, presented
}

// routeOf returns the pattern of a SCIM path for the log: the endpoint if it is
// a well-known one, and no id, since a client can write anything there.
func routeOf(rest string) string {
	if rest == "" || rest == "/" {
		return ""
	}
	endpoint, id, more := strings.Cut(rest[1:], "/")
	switch endpoint {
	case "Users", "Groups", "Me", "Bulk", ".search", "ServiceProviderConfig", "ResourceTypes", "Schemas":
	default:
		endpoint = "{other}"
	}
	switch {
	case !more:
		return "/" + endpoint
	case id == ".search":
		return "/" + endpoint + "/.search"
	default:
		return "/" + endpoint + "/{id}"
	}
}

// writeSCIMError answers in the form of RFC 7644 section 3.12.
func writeSCIMError(w http.ResponseWriter, e *scim.Error) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(e.Status)
	_, _ = w.Write(e.AppendJSON(nil))
}

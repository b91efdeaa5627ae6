package gateway

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// maxName is the length of a name in characters, maxID that of an id.
const (
	maxName = 100
	maxID   = 63
)

// Config describes a connection that is to be added.
type Config struct {
	// ID names the connection in paths, events and logs: 1 to 63 of a-z, 0-9 and
	// "-". "" means that it is made of Name: the same if that is a good id, else
	// its letters and digits in lower case.
	ID string
	// Name is what people call it: 1 to 100 printable characters. "" means ID.
	Name string
	// Target is the name of an application of the gateway's registry.
	Target string
	// Settings are those of the target, credentials included.
	Settings connector.Settings
	// Open makes the target itself, in place of the registry's application named
	// Target, which then is only what lists call it; Settings are not used. For
	// host programs with targets that no application stands for.
	Open func(ctx context.Context) (*connector.Target, error)
	// Profile is the name of the client profile; "" means compatible.
	Profile string
	// Mapping has the mapping documents. Nil means the application's own.
	Mapping fs.FS
	// Policies are the policies by target object, that of "" for all others.
	Policies map[string]provision.Policy
	// CreateReferences lets lookups of the mapping with onMissing: create make the
	// records that are referred to and do not exist, such as departments.
	CreateReferences bool
	// NewObjects says what a new resource becomes that does not say so itself, by
	// resource type ("Group": "agent_group"); see [provision.Options].
	NewObjects map[string]string
	// ProtectAdmins keeps administrators of the target from being disabled,
	// downgraded or deleted.
	ProtectAdmins bool
	// Tokens open the connection. Without one nobody gets in.
	Tokens []Token
}

// Info is what can be told of a connection. It has no secrets.
type Info struct {
	ID, Name string
	// Target is the name of the application.
	Target string
	// SCIMURL is the base URL for the identity provider.
	SCIMURL string
	// Profile is the name of the client profile.
	Profile string
	// Created is when it was added.
	Created time.Time
	// Tokens are the tokens in the order given, without their hashes.
	Tokens []TokenInfo
}

// TokenInfo is what can be told of a token.
type TokenInfo struct {
	Name     string
	Expires  time.Time // zero: never
	ReadOnly bool
}

// connection is a connection that serves. It is immutable.
type connection struct {
	info    Info
	grants  []*grant
	backend *provision.Backend
	// The same service under its two paths: the locations of resources begin with
	// the path that the client uses.
	own, byToken http.Handler
}

// table is the set of connections at one time. It is immutable; writers swap it.
type table struct {
	conns  []*connection // in the order in which they were added
	byID   map[string]*connection
	grants map[TokenHash]*grant
}

// with returns a table that has one more connection.
func (t *table) with(c *connection) (*table, *Error) {
	if t.byID[c.info.ID] != nil {
		return nil, taken(c.info.ID)
	}
	out := &table{conns: append(slices.Clone(t.conns), c), byID: maps.Clone(t.byID), grants: maps.Clone(t.grants)}
	out.byID[c.info.ID] = c
	for _, gr := range c.grants {
		if out.grants[gr.Hash] != nil {
			return nil, &Error{Code: Exists, Field: "tokens", Msg: "token " + gr.Name + " opens another connection, or is there twice"}
		}
		out.grants[gr.Hash] = gr
	}
	return out, nil
}

// without returns a table that lacks a connection.
func (t *table) without(c *connection) *table {
	out := &table{conns: slices.Clone(t.conns), byID: maps.Clone(t.byID), grants: maps.Clone(t.grants)}
	out.conns = slices.DeleteFunc(out.conns, func(o *connection) bool { return o == c })
	delete(out.byID, c.info.ID)
	for _, gr := range c.grants {
		delete(out.grants, gr.Hash)
	}
	return out
}

func taken(id string) *Error {
	return &Error{Code: Exists, Field: "id", Msg: "there is a connection " + id + " already"}
}

// Add makes a connection and lets it serve at once. The target is opened, not
// called: [Gateway.Check] does that. Errors: Invalid with the field, Exists,
// UnknownTarget, Closed; nothing is added then.
func (g *Gateway) Add(ctx context.Context, c Config) (*Info, error) {
	conn, e := g.build(ctx, c)
	if e != nil {
		return nil, e
	}
	if e := g.insert(conn); e != nil {
		return nil, e
	}
	return conn.info.clone(), nil
}

// insert lets a connection serve.
func (g *Gateway) insert(conn *connection) *Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return &Error{Code: Closed, Msg: "the gateway has been closed"}
	}
	next, e := g.table.Load().with(conn)
	if e != nil {
		return e
	}
	g.table.Store(next)
	return nil
}

// Remove ends a connection: its tokens are good for nothing from now on, requests
// under way finish. Nothing is done to the target's records. Errors: NotFound.
func (g *Gateway) Remove(id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.table.Load()
	conn := t.byID[id]
	if conn == nil {
		return notFound(id)
	}
	g.table.Store(t.without(conn))
	return nil
}

func notFound(id string) *Error {
	return &Error{Code: NotFound, Msg: "there is no connection " + printable(id, maxID)}
}

// List returns the connections in the order in which they were added.
func (g *Gateway) List() []*Info {
	conns := g.table.Load().conns
	out := make([]*Info, 0, len(conns))
	for _, c := range conns {
		out = append(out, c.info.clone())
	}
	return out
}

// Lookup returns a connection. Errors: NotFound.
func (g *Gateway) Lookup(id string) (*Info, error) {
	if c := g.table.Load().byID[id]; c != nil {
		return c.info.clone(), nil
	}
	return nil, notFound(id)
}

// Check tries a connection's target: address, credential and permissions. Errors:
// NotFound for the connection; else those of [connector.Target.Check].
func (g *Gateway) Check(ctx context.Context, id string) error {
	c := g.table.Load().byID[id]
	if c == nil {
		return notFound(id)
	}
	return c.backend.Check(ctx)
}

func (i *Info) clone() *Info {
	c := *i
	c.Tokens = slices.Clone(i.Tokens)
	return &c
}

// build checks a configuration and makes its connection.
func (g *Gateway) build(ctx context.Context, c Config) (*connection, *Error) {
	if c.ID == "" {
		c.ID = idFrom(c.Name)
		if c.ID == "" {
			return nil, &Error{Code: Invalid, Field: "name", Msg: "a name with a letter or digit of a-z and 0-9 is wanted, or an id"}
		}
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	if !validID(c.ID) {
		return nil, &Error{Code: Invalid, Field: "id", Msg: "1 to 63 of a-z, 0-9 and - are wanted"}
	}
	if !validName(c.Name) {
		return nil, &Error{Code: Invalid, Field: "name", Msg: "1 to 100 printable characters are wanted, without blanks at the ends"}
	}
	if g.table.Load().byID[c.ID] != nil {
		return nil, taken(c.ID) // before work is spent on it
	}
	profile, err := scim.ProfileByName(c.Profile)
	if err != nil {
		return nil, &Error{Code: Invalid, Field: "profile", Msg: "strict or compatible is wanted", Err: err}
	}
	conn := &connection{info: Info{
		ID: c.ID, Name: c.Name, Target: c.Target, Profile: profile.Name, Created: g.opts.Clock(),
		SCIMURL: g.opts.PublicURL + connectionBase(c.ID),
	}}
	if e := conn.setTokens(c.Tokens); e != nil {
		return nil, e
	}
	target, e := g.open(ctx, &c)
	if e != nil {
		return nil, e
	}
	conn.backend, err = provision.New(target, c.Mapping, &provision.Options{
		Connection: c.ID, State: g.opts.State(c.ID), Locker: g.opts.Locker, Sink: sink{g}, Policies: c.Policies,
		CreateReferences: c.CreateReferences, NewObjects: c.NewObjects, ProtectAdmins: c.ProtectAdmins, Clock: g.opts.Clock, NewID: g.opts.NewID, Logger: g.log,
	})
	if err != nil {
		e := &Error{Code: Invalid, Field: "policies", Msg: err.Error(), Err: err}
		if _, ok := errors.AsType[*mapping.DiagnosticsError](err); ok {
			e.Field = "mapping"
		}
		return nil, e
	}
	if conn.own, err = g.service(conn.backend, c.ID, profile, connectionBase(c.ID)); err != nil {
		return nil, &Error{Code: Invalid, Msg: err.Error(), Err: err}
	}
	if conn.byToken, err = g.service(conn.backend, c.ID, profile, scimBase); err != nil {
		return nil, &Error{Code: Invalid, Msg: err.Error(), Err: err}
	}
	return conn, nil
}

// open makes the target, and completes the mapping.
func (g *Gateway) open(ctx context.Context, c *Config) (*connector.Target, *Error) {
	if c.Open != nil {
		t, err := c.Open(ctx)
		if err != nil {
			return nil, openError(err)
		}
		if t == nil {
			return nil, &Error{Code: Invalid, Field: "target", Msg: "Open gave no target"}
		}
		return t, nil
	}
	app, err := g.opts.Applications.Lookup(c.Target)
	if err != nil {
		return nil, openError(err)
	}
	if c.Mapping == nil {
		c.Mapping = app.Mappings
	}
	t, err := g.opts.Applications.Open(ctx, c.Target, c.Settings)
	if err != nil {
		return nil, openError(err)
	}
	return t, nil
}

// setTokens checks the tokens and takes them.
func (c *connection) setTokens(tokens []Token) *Error {
	names := make(map[string]bool, len(tokens))
	for _, t := range tokens {
		switch {
		case !validName(t.Name):
			return &Error{Code: Invalid, Field: "tokens", Msg: "a token's name has 1 to 100 printable characters, without blanks at the ends"}
		case names[t.Name]:
			return &Error{Code: Invalid, Field: "tokens", Msg: "two tokens are called " + t.Name}
		case t.Hash.IsZero():
			return &Error{Code: Invalid, Field: "tokens", Msg: "token " + t.Name + " has no hash"}
		}
		names[t.Name] = true
		c.grants = append(c.grants, &grant{Token: t, conn: c})
		c.info.Tokens = append(c.info.Tokens, TokenInfo{Name: t.Name, Expires: t.Expires, ReadOnly: t.ReadOnly})
	}
	return nil
}

func validID(id string) bool {
	return id != "" && len(id) <= maxID && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName &&
		strings.TrimSpace(name) == name && strings.IndexFunc(name, suspicious) < 0
}

// idFrom makes an id of a name: the name itself where it is one.
func idFrom(name string) string {
	if validID(name) {
		return name
	}
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case !unicode.IsMark(r) && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	id := b.String()
	return strings.Trim(id[:min(len(id), maxID)], "-")
}

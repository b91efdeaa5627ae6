package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
)

// Options are the settings of a [Gateway].
type Options struct {
	// Applications are the kinds of targets that connections can be opened to.
	// Nil: none but those that [Config.Open] makes.
	Applications *connector.Registry
	// PublicURL is how clients reach the gateway: scheme, host and port, without a
	// path ("https://scim.example.com"). Required: all locations begin with it, and
	// none is ever made of a request's Host.
	PublicURL string
	// AdminToken is the hash of the token for the administration API. The zero hash
	// switches the API off.
	AdminToken TokenHash
	// AdminHosts are the hosts, without ports, under which the administration API
	// may be asked; see [CheckHost]. Nil: all.
	AdminHosts []string
	// TrustedProxies are the networks whose X-Forwarded-For counts, for the
	// client's address in the log only. Nil: none.
	TrustedProxies []netip.Prefix
	// Events is how many events are kept, 1 to 1,000,000; 0 means [DefaultEvents].
	Events int

	// State returns where a connection remembers what its target cannot hold. It is
	// called once for each connection that is added. Nil: a new
	// provision.MemoryState each time.
	State func(connection string) provision.State
	// Locker serialises writers. Nil: one provision.MemoryLocker for all
	// connections.
	Locker provision.Locker
	// Sink gets the events as well, and may refuse. Nil: none.
	Sink provision.Sink

	// Logger gets a line for each request and each event, and what goes wrong. Nil:
	// none.
	Logger *slog.Logger
	// Clock is the time. Nil: time.Now.
	Clock func() time.Time
	// CursorKey protects the cursors of lists (RFC 9865): 32 random bytes, the same
	// in every replica. Nil: a key of the gateway's own, so that a list by cursor has
	// to begin again after a restart.
	CursorKey []byte
	// Random is where the tokens come from. It is read by one goroutine at a time.
	// Nil: crypto/rand.
	Random io.Reader
	// NewID makes ids of requests and events, safe for concurrent use: 1 to 64
	// letters, digits and dashes. Nil: 128 random bits.
	NewID func() string
}

// Gateway serves connections. Make one with [New].
type Gateway struct {
	opts   Options
	log    *slog.Logger
	ring   *ring
	nobody grant // stands in for a token that nobody has
	table  atomic.Pointer[table]

	mu      sync.Mutex // guards what follows, writes of table, and opts.Random
	closed  bool
	running int           // requests under way
	idle    chan struct{} // closed when the last one ends after Close; nil before
}

var _ http.Handler = (*Gateway)(nil)

// New returns a gateway without connections. It fails when an option is missing
// or out of range.
func New(o *Options) (*Gateway, error) {
	g := &Gateway{}
	if o != nil {
		g.opts = *o
	}
	var err error
	if g.opts.PublicURL, err = parsePublicURL(g.opts.PublicURL); err != nil {
		return nil, fmt.Errorf("gateway: public URL: %w", err)
	}
	if g.opts.Events == 0 {
		g.opts.Events = DefaultEvents
	}
	if g.opts.Events < 1 || g.opts.Events > 1_000_000 {
		return nil, errors.New("gateway: the number of events to keep is out of range")
	}
	if g.opts.Applications == nil {
		if g.opts.Applications, err = connector.NewRegistry(); err != nil {
			return nil, err
		}
	}
	g.opts.AdminHosts = slices.Clone(g.opts.AdminHosts)
	g.opts.TrustedProxies = slices.Clone(g.opts.TrustedProxies)
	if g.opts.State == nil {
		g.opts.State = func(string) provision.State { return provision.NewMemoryState() }
	}
	if g.opts.Locker == nil {
		g.opts.Locker = new(provision.MemoryLocker)
	}
	if g.opts.Clock == nil {
		g.opts.Clock = time.Now
	}
	if g.opts.Random == nil {
		g.opts.Random = rand.Reader
	}
	if g.opts.CursorKey == nil {
		g.opts.CursorKey = make([]byte, 32)
		if _, err := io.ReadFull(g.opts.Random, g.opts.CursorKey); err != nil {
			return nil, fmt.Errorf("gateway: no randomness for a cursor key: %w", err)
		}
	}
	if len(g.opts.CursorKey) != 32 {
		return nil, errors.New("gateway: the cursor key has to have 32 bytes")
	}
	if g.opts.NewID == nil {
		g.opts.NewID = rand.Text
	}
	g.log = g.opts.Logger
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.ring = newRing(g.opts.Events)
	g.nobody.conn = &connection{}
	g.table.Store(&table{byID: map[string]*connection{}, grants: map[TokenHash]*grant{}})
	return g, nil
}

// parsePublicURL checks a public URL and takes the final slash off.
func parsePublicURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return "", errors.New("it is required")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Opaque != "":
		return "", errors.New("an http or https URL is wanted")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return "", errors.New("only scheme, host and port are wanted")
	}
	return strings.TrimSuffix(raw, "/"), nil
}

// Events returns events, the newest first. They are shared and must not be
// changed. The administration API shows an event as
//
//	{"id": "…", "time": "2026-01-02T03:04:05Z", "duration_ms": 12.5, "connection": "acme",
//	 "request": {"id": "…", "actor": "okta", "profile": "compatible"},
//	 "action": "create", "resource": {"type": "User", "id": "21000000111"}, "user": "ada@example.com",
//	 "target": {"object": "requester", "id": "21000000111"}, "matched": "",
//	 "changed": ["first_name"], "done": [], "repairs": [], "warnings": [],
//	 "calls": [{"method": "POST", "path": "/api/v2/requesters", "status": 201, "duration_ms": 11.2}],
//	 "outcome": "success", "status": 0, "code": "", "words": "…"}
func (g *Gateway) Events(q EventQuery) []*provision.Event { return g.ring.find(q) }

// NewToken returns a token and its hash, drawn from the gateway's randomness.
func (g *Gateway) NewToken() (string, TokenHash, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return NewToken(g.opts.Random)
}

// Close turns new requests away with 503 and waits for those under way, or for
// the context. It may be called more than once.
func (g *Gateway) Close(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		g.idle = make(chan struct{})
		if g.running == 0 {
			close(g.idle)
		}
	}
	g.mu.Unlock()
	select {
	case <-g.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("gateway: close: %w", context.Cause(ctx))
	}
}

// enter counts a request in, unless the gateway is closed.
func (g *Gateway) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.running++
	return true
}

// leave counts a request out.
func (g *Gateway) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running--; g.closed && g.running == 0 {
		close(g.idle)
	}
}

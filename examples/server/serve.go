package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/examples/internal/local"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/zendesk"
)

// Limits of the server.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = 3 * time.Minute // a request may wait for the target's rate limit
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10

	// checkTimeout bounds the test of the configured connections at the start.
	checkTimeout = 15 * time.Second
	// stopTimeout is how long the gateway may take to close.
	stopTimeout = 30 * time.Second
)

// serve runs the server until ctx ends. Everything that can be wrong is found
// out before the first request is answered.
func (p *program) serve(ctx context.Context, f *flags) error {
	held := newHeldWriter(p.stderr)
	log := slog.New(slog.NewTextHandler(held, nil))
	c, err := p.settle(f)
	if err != nil {
		return err
	}
	listener, err := local.Listen(ctx, c.listen)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // http.Server has closed it, or nothing was served
	s, err := p.build(ctx, f, c, listener.Addr(), log)
	if err != nil {
		return err
	}
	if err := s.checkAll(ctx, c.connections); err != nil {
		return err
	}
	held.release()
	return s.run(ctx, listener, func() error {
		if f.json {
			return s.ready.writeJSON(p.stdout)
		}
		return s.ready.write(p.stdout, s.sandbox != nil)
	})
}

// settle joins flags and configuration file.
func (p *program) settle(f *flags) (*config, error) {
	c := &config{}
	if f.config != "" {
		var err error
		if c, err = loadConfig(f.config, p.env); err != nil {
			return nil, err
		}
	} else {
		f.sandbox = true
	}
	if f.listen != "" {
		c.listen = f.listen
	}
	if c.listen == "" {
		c.listen = defaultListen
	}
	if f.publicURL != "" {
		c.publicURL = f.publicURL
	}
	if f.sandbox && !f.sandboxRemote && !local.IsLoopback(c.listen) {
		return nil, fmt.Errorf("a sandbox does not listen on %s: everybody there could use it (loopback only, unless --sandbox-remote is given)", c.listen)
	}
	return c, nil
}

// server is the whole: gateway, sandbox, and what is said of them.
type server struct {
	log     *slog.Logger
	gateway *gateway.Gateway
	sandbox *sandbox    // nil: none
	hosts   []string    // under which the sandbox's pages are served
	tokens  *tokenStore // nil: none
	ready   ready
}

// applications are the help desks with real accounts, whose OAuth tokens are kept
// in tokens; nil keeps them in memory.
func (p *program) applications(log *slog.Logger, tokens func(account, clientID string) connector.TokenStore) []connector.Application {
	fresh, zen := p.freshservice, p.zendesk
	fresh.Logger, zen.Logger = log, log
	fresh.Tokens, zen.Tokens = tokens, tokens
	return []connector.Application{freshservice.Application(&fresh), zendesk.Application(&zen)}
}

// build makes the gateway with its connections.
func (p *program) build(ctx context.Context, f *flags, c *config, addr net.Addr, log *slog.Logger) (*server, error) {
	public := c.publicURL
	if public == "" {
		public = local.URL(addr)
	}
	s := &server{log: log, tokens: c.tokens, ready: ready{Ready: true, URL: local.URL(addr), Connections: []shown{}}}
	inMemory, err := memoryApplication()
	if err != nil {
		return nil, err
	}
	var tokens func(account, clientID string) connector.TokenStore
	if s.tokens != nil {
		if err := s.tokens.open(log); err != nil {
			return nil, err
		}
		tokens = s.tokens.store
	}
	helpDesks := p.applications(log, tokens)
	if f.sandbox {
		s.hosts = sandboxHosts(public, addr)
		s.sandbox = newSandbox(public, inMemory, log)
		if f.config == "" {
			helpDesks = s.sandbox.applications() // no account but the simulators', and no network
		}
	}
	apps, err := connector.NewRegistry(append(helpDesks, inMemory)...)
	if err != nil {
		return nil, err
	}
	admin := c.adminToken
	if admin.IsZero() {
		if s.ready.AdminToken, admin, err = gateway.NewToken(rand.Reader); err != nil {
			return nil, err
		}
	}
	s.gateway, err = gateway.New(&gateway.Options{
		Applications: apps, PublicURL: public, AdminToken: admin, AdminHosts: s.hosts, TrustedProxies: c.trustedProxies, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	for i := range c.connections {
		if err := s.addConfigured(ctx, &c.connections[i], apps); err != nil {
			return nil, err
		}
	}
	if s.tokens != nil {
		if err := s.tokens.check(); err != nil {
			return nil, err
		}
	}
	if s.sandbox != nil {
		added, err := s.sandbox.add(ctx, s.gateway)
		if err != nil {
			return nil, err
		}
		s.ready.Connections = append(s.ready.Connections, added...)
	}
	return s, nil
}

// addConfigured adds a connection of the configuration file.
func (s *server) addConfigured(ctx context.Context, c *configured, apps *connector.Registry) error {
	var err error
	if c.config.Mapping, err = c.mapping(apps); err != nil {
		return err
	}
	var added shown
	if len(c.config.Tokens) == 0 {
		s.log.Warn("the connection has no token in the configuration: it gets a new one at each start", "connection", cmp.Or(c.config.ID, c.config.Name))
		added, err = addShown(ctx, s.gateway, c.config)
	} else {
		var i *gateway.Info
		if i, err = s.gateway.Add(ctx, c.config); err == nil {
			added = shownOf(i)
		}
	}
	if err != nil {
		return c.explain(err)
	}
	c.config.ID = added.ID
	s.ready.Connections = append(s.ready.Connections, added)
	return nil
}

// addShown adds a connection with a new token.
func addShown(ctx context.Context, g *gateway.Gateway, c gateway.Config) (shown, error) {
	token, hash, err := g.NewToken()
	if err != nil {
		return shown{}, err
	}
	c.Tokens = []gateway.Token{{Name: "default", Hash: hash}}
	i, err := g.Add(ctx, c)
	if err != nil {
		return shown{}, err
	}
	out := shownOf(i)
	out.Token = token
	return out, nil
}

func shownOf(i *gateway.Info) shown {
	return shown{ID: i.ID, Name: i.Name, Target: i.Target, SCIMURL: i.SCIMURL}
}

// checkAll tries the configured connections. One whose credentials the target
// does not accept ends the start; one that cannot be reached just now does not.
func (s *server) checkAll(ctx context.Context, list []configured) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(list))
	var wg sync.WaitGroup
	for i := range list {
		wg.Go(func() { errs[i] = s.gateway.Check(ctx, list[i].config.ID) })
	}
	wg.Wait()
	for i, err := range errs {
		c := &list[i]
		switch {
		case err == nil:
		case errors.Is(err, connector.Unauthenticated) && s.tokens != nil && c.consented():
			return c.at.find("credentials").errorf("%s does not accept the credentials or the stored tokens of connection %s; `server authorize` asks for new tokens",
				c.config.Target, c.config.ID)
		case errors.Is(err, connector.Unauthenticated):
			return c.at.find("credentials").errorf("%s does not accept the credentials of connection %s", c.config.Target, c.config.ID)
		case isDiagnostics(err):
			return c.at.find("mapping").errorf("connection %s: the mapping does not fit the account:\n%w", c.config.ID, err)
		case !isOfTarget(err):
			return c.at.errorf("connection %s does not fit the account: %w", c.config.ID, err)
		default:
			s.log.Warn("the connection's target did not pass the test", "connection", c.config.ID, "error", err)
		}
	}
	return nil
}

// isOfTarget tells what a target says, or that time ran out, from what is wrong
// with the configuration.
func isOfTarget(err error) bool {
	_, ok := errors.AsType[*connector.Error](err)
	return ok || connector.CodeOf(err) != connector.Unknown
}

func isDiagnostics(err error) bool {
	_, ok := errors.AsType[*mapping.DiagnosticsError](err)
	return ok
}

// handler is everything that the server serves.
func (s *server) handler() http.Handler {
	if s.sandbox == nil {
		return s.gateway
	}
	return s.sandbox.serve(s.hosts, s.gateway)
}

// run serves until ctx ends, then lets the requests under way finish.
func (s *server) run(ctx context.Context, l net.Listener, announce func() error) error {
	srv := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	err := local.Serve(ctx, srv, l, s.log, announce)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, s.gateway.Close(stop))
}

// sandboxHosts are the hosts under which a sandbox's pages are served: those by
// which the server is called directly, and the public URL's.
func sandboxHosts(public string, addr net.Addr) []string {
	hosts := local.Hosts(addr)
	if u, err := url.Parse(public); err == nil && u.Hostname() != "" {
		hosts = append(hosts, u.Hostname())
	}
	return hosts
}

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/gateway"
)

// The sandbox's connections, and the account that its simulator plays.
const (
	freshserviceSandbox = "freshservice-sandbox"
	memorySandbox       = "memory-sandbox"
	simulatedSubdomain  = "sandbox"
	simulatorPath       = "/simulator/freshservice"
)

// sandbox is a Freshservice simulator that lives in this process.
type sandbox struct {
	account *freshservicetest.Account
	app     connector.Application
	url     string // of the simulator
	page    http.Handler
}

// newSandbox makes a simulator that is reached by people and scripts below
// publicURL, under the given hosts only, and by connections without a network.
func newSandbox(publicURL string, hosts []string, base freshservice.Options) *sandbox {
	s := &sandbox{url: publicURL + simulatorPath}
	o := freshservicetest.Sandbox()
	o.Keys = []freshservicetest.Key{{Value: rand.Text()}}
	o.PublicURL = s.url
	s.account = freshservicetest.New(o)
	base.Transport = inProcess{host: simulatedSubdomain + ".freshservice.com", handler: s.account}
	s.app = freshservice.Application(&base)
	inner := http.StripPrefix(simulatorPath, s.account)
	s.page = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !gateway.CheckHost(r, hosts) {
			http.Error(w, "the simulator is not served to this host name or origin", http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
	return s
}

// apiKey returns the key to the simulated account.
func (s *sandbox) apiKey() string { return s.account.APIKey() }

// add adds the sandbox's connections to a gateway, each with a new token.
func (s *sandbox) add(ctx context.Context, g *gateway.Gateway, memoryApp connector.Application) ([]shown, error) {
	settings, err := connector.NewSettings(
		map[string]any{"subdomain": simulatedSubdomain}, map[string]any{"api_key": s.apiKey()})
	if err != nil {
		return nil, err
	}
	fresh, err := addShown(ctx, g, gateway.Config{
		ID: freshserviceSandbox, Target: s.app.Name, Mapping: s.app.Mappings,
		Open: opener(s.app, settings),
	})
	if err != nil {
		return nil, err
	}
	fresh.SimulatorURL = s.url
	fresh.SimulatorCredentials = map[string]string{"api_key": s.apiKey()}
	inMemory, err := addShown(ctx, g, gateway.Config{
		ID: memorySandbox, Target: memoryApp.Name, Mapping: memoryApp.Mappings,
		Open: opener(memoryApp, connector.Settings{}),
	})
	if err != nil {
		return nil, err
	}
	return []shown{fresh, inMemory}, nil
}

// opener opens an application that the gateway's registry need not have.
func opener(app connector.Application, s connector.Settings) func(context.Context) (*connector.Target, error) {
	return func(ctx context.Context) (*connector.Target, error) {
		r, err := connector.NewRegistry(app)
		if err != nil {
			return nil, err
		}
		return r.Open(ctx, app.Name, s)
	}
}

// inProcess is a transport to a handler in this process. Other hosts cannot be
// reached by it.
type inProcess struct {
	host    string
	handler http.Handler
}

var _ http.RoundTripper = inProcess{}

// RoundTrip implements http.RoundTripper. An answer that the handler cuts off
// ends as a broken connection would.
func (t inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body != nil {
		defer r.Body.Close() //nolint:errcheck // it is read only
	}
	if r.URL.Host != t.host {
		return nil, fmt.Errorf("the sandbox has one account only: %s", t.host)
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host, in.RemoteAddr, in.RequestURI = r.URL.Host, "127.0.0.1:0", r.URL.RequestURI()
	w := &answer{header: http.Header{}}
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, io.ErrUnexpectedEOF
			if p != http.ErrAbortHandler { //nolint:errorlint // the value that handlers panic with
				err = errors.New("the simulator panicked")
			}
		}
	}()
	t.handler.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// answer keeps what a handler writes.
type answer struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

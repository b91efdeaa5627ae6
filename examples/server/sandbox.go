package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// The sandbox's connections, and the account that each simulator plays.
const (
	freshserviceSandbox = "freshservice-sandbox"
	zendeskSandbox      = "zendesk-sandbox"
	memorySandbox       = "memory-sandbox"
	simulatedSubdomain  = "sandbox"
	simulatorRoot       = "/simulator/"
)

// simulator is a help desk that lives in this process. People and scripts reach it
// below a path of the server, connections without a network.
type simulator struct {
	connection string // id of the connection that leads to it
	path       string // on this server, without a final slash
	url        string // the same, for clients
	handler    http.Handler
	app        connector.Application // which reaches this simulator and nothing else

	// credentials are all that the simulator takes; those of uses are the
	// connection's.
	credentials map[string]string
	uses        []string
	login       string // the credentials in the words of the banner
	// settings are those of the connection, beside the account's name.
	settings map[string]any
}

// sandbox is what the server has to try things out with.
type sandbox struct {
	simulators []*simulator
	memory     connector.Application
}

// newSandbox makes a simulator of each help desk, all of them reached below
// publicURL.
func newSandbox(publicURL string, memoryApp connector.Application, log *slog.Logger) *sandbox {
	publicURL = strings.TrimSuffix(publicURL, "/")
	return &sandbox{
		simulators: []*simulator{newFreshserviceSimulator(publicURL, log), newZendeskSimulator(publicURL, log)},
		memory:     memoryApp,
	}
}

func newFreshserviceSimulator(publicURL string, log *slog.Logger) *simulator {
	s := &simulator{connection: freshserviceSandbox, path: simulatorRoot + "freshservice"}
	s.url = publicURL + s.path
	o := freshservicetest.Sandbox()
	o.Keys = []freshservicetest.Key{{Value: rand.Text()}}
	o.PublicURL = s.url
	account := freshservicetest.New(o)
	s.handler = account
	s.app = freshservice.Application(&freshservice.Options{
		Transport: inProcess{host: simulatedSubdomain + ".freshservice.com", handler: account}, Logger: log,
	})
	s.credentials = map[string]string{"api_key": account.APIKey()}
	s.uses = []string{"api_key"}
	s.settings = map[string]any{"agents": freshservice.AgentsManaged, "owner": o.Owner.Email}
	s.login = "key " + account.APIKey()
	return s
}

// newZendeskSimulator makes an account that holds callers to the vendor's limits.
func newZendeskSimulator(publicURL string, log *slog.Logger) *simulator {
	s := &simulator{connection: zendeskSandbox, path: simulatorRoot + "zendesk"}
	s.url = publicURL + s.path
	o := zendesktest.Sandbox()
	o.Clients = []zendesktest.OAuthClient{{ID: "usher-sandbox", Secret: rand.Text()}}
	o.APITokens = []string{rand.Text()}
	o.PublicURL = s.url
	account := zendesktest.New(o)
	s.handler = account
	s.app = zendesk.Application(&zendesk.Options{
		Transport: inProcess{host: simulatedSubdomain + ".zendesk.com", handler: account}, Logger: log,
	})
	s.credentials = map[string]string{
		"client_id": account.ClientID(), "client_secret": account.ClientSecret(),
		"email": account.OwnerEmail(), "api_token": account.APIToken(),
	}
	s.uses = []string{"client_id", "client_secret"}
	s.login = "user " + account.OwnerEmail() + "/token, password " + account.APIToken()
	return s
}

// add adds the sandbox's connections to a gateway, each with a new token: to the
// simulators, and to an empty memory.
func (s *sandbox) add(ctx context.Context, g *gateway.Gateway) ([]shown, error) {
	var out []shown
	for _, sim := range s.simulators {
		added, err := sim.add(ctx, g)
		if err != nil {
			return nil, err
		}
		out = append(out, added)
	}
	inMemory, err := addShown(ctx, g, gateway.Config{
		ID: memorySandbox, Target: s.memory.Name, Mapping: s.memory.Mappings,
		Open: opener(s.memory, connector.Settings{}),
	})
	return append(out, inMemory), err
}

// add adds the connection to the simulator.
func (s *simulator) add(ctx context.Context, g *gateway.Gateway) (shown, error) {
	credentials := map[string]any{}
	for _, name := range s.uses {
		credentials[name] = s.credentials[name]
	}
	values := map[string]any{"subdomain": simulatedSubdomain}
	maps.Copy(values, s.settings)
	settings, err := connector.NewSettings(values, credentials)
	if err != nil {
		return shown{}, err
	}
	out, err := addShown(ctx, g, gateway.Config{
		ID: s.connection, Target: s.app.Name, Mapping: s.app.Mappings, Open: opener(s.app, settings),
	})
	out.SimulatorURL, out.SimulatorCredentials, out.login = s.url, s.credentials, s.login
	return out, err
}

// applications are those of the simulators, for a server that is to reach nothing
// else.
func (s *sandbox) applications() []connector.Application {
	out := make([]connector.Application, len(s.simulators))
	for i, sim := range s.simulators {
		out[i] = sim.app
	}
	return out
}

// serve serves the simulators below their paths, under the given hosts only, and
// everything else by next.
func (s *sandbox) serve(hosts []string, next http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, sim := range s.simulators {
		inner := http.StripPrefix(sim.path, sim.handler)
		page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !gateway.CheckHost(r, hosts) {
				http.Error(w, "the simulator is not served to this host name or origin", http.StatusForbidden)
				return
			}
			inner.ServeHTTP(w, r)
		})
		mux.Handle(sim.path, page)
		mux.Handle(sim.path+"/", page)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Only the simulators' paths go through the mux, which would clean the others.
		for _, sim := range s.simulators {
			if r.URL.Path == sim.path || strings.HasPrefix(r.URL.Path, sim.path+"/") {
				mux.ServeHTTP(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
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

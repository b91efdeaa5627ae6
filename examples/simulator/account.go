package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// account is a simulated account, and what is said of it once it is served.
type account struct {
	Ready       bool   `json:"ready"`
	Application string `json:"application"`
	// URL is where it is served; its API is below that at /api/v2.
	URL         string            `json:"url"`
	Credentials map[string]string `json:"credentials"`

	handler http.Handler
	release func() // ends calls that a fault holds
	login   string // user and password of HTTP Basic authentication, for curl
	try     string // a path of the API to try
}

// opener makes an account of a seed, of nil the simulator's own. Its page is shown
// to whom guard lets in.
type opener func(seed io.Reader, guard func(*http.Request) bool) (*account, error)

var applications = map[string]opener{"freshservice": openFreshservice, "zendesk": openZendesk}

func openFreshservice(seed io.Reader, guard func(*http.Request) bool) (*account, error) {
	o := freshservicetest.Sandbox()
	if seed != nil {
		var err error
		if o, err = freshservicetest.ReadSeed(seed); err != nil {
			return nil, err
		}
	}
	if len(o.Keys) == 0 {
		o.Keys = []freshservicetest.Key{{Value: rand.Text()}}
	}
	o.PageGuard = guard
	a := freshservicetest.New(o)
	return &account{
		Ready: true, Application: "freshservice", Credentials: map[string]string{"api_key": a.APIKey()},
		handler: a, release: a.Close, login: a.APIKey() + ":X", try: "/requesters?per_page=3",
	}, nil
}

func openZendesk(seed io.Reader, guard func(*http.Request) bool) (*account, error) {
	o := zendesktest.Sandbox()
	if seed != nil {
		var err error
		if o, err = zendesktest.ReadSeed(seed); err != nil {
			return nil, err
		}
	}
	if len(o.Clients) == 0 {
		o.Clients = []zendesktest.OAuthClient{{ID: "simulator", Secret: rand.Text()}}
	}
	if len(o.APITokens) == 0 {
		o.APITokens = []string{rand.Text()}
	}
	o.PageGuard = guard
	a := zendesktest.New(o)
	return &account{
		Ready: true, Application: "zendesk", Credentials: map[string]string{
			"client_id": a.ClientID(), "client_secret": a.ClientSecret(), "email": a.OwnerEmail(), "api_token": a.APIToken(),
		},
		handler: a, release: a.Close, login: a.OwnerEmail() + "/token:" + a.APIToken(), try: "/users/me",
	}, nil
}

// openFile makes an account of a seed file; "" stands for none.
func openFile(open opener, name string, guard func(*http.Request) bool) (*account, error) {
	if name == "" {
		return open(nil, guard)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is read only
	a, err := open(f, guard)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// writeJSON prints the whole as one line.
func (a *account) writeJSON(w io.Writer) error {
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// write prints it for people.
func (a *account) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe %s simulator serves on %s\n", a.Application, a.URL)
	b.WriteString("It keeps everything in memory: what you do there is gone when it stops.\n\n")
	line := func(name, value string) { fmt.Fprintf(&b, "  %-14s %s\n", name, value) }
	line("API", a.URL+"/api/v2")
	for _, name := range slices.Sorted(maps.Keys(a.Credentials)) {
		line(name, a.Credentials[name])
	}
	line("try", fmt.Sprintf("curl -u %q %q", a.login, a.URL+"/api/v2"+a.try))
	line("see", a.URL+"/")
	b.WriteString("\nCtrl-C stops it.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

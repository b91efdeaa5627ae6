package main

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const (
	back        = "https://app.example.com/back"
	tokenKey    = "4a5b6c7d4a5b6c7d4a5b6c7d4a5b6c7d4a5b6c7d4a5b6c7d4a5b6c7d4a5b6c7d"
	keepsTokens = "\ntoken_store: {directory: tokens, key: env:TOKEN_KEY}\n"

	acmeConsented = keepsTokens + `
connections:
  - name: acme
    target: zendesk
    settings: {subdomain: acme, grant: authorization_code}
    credentials: {client_id: env:CLIENT, client_secret: env:SECRET}
    tokens:
      - {name: okta, env: OKTA}
`
	acmeApp = keepsTokens + `
connections:
  - name: acme
    target: freshservice
    settings: {subdomain: acme, org_domain: acme.myfreshworks.com}
    credentials: {client_id: env:CLIENT, client_secret: env:SECRET}
    tokens:
      - {name: okta, env: OKTA}
`
)

// laterClock is the system's clock put forward.
type laterClock struct{ by time.Duration }

func (c laterClock) Now() time.Time { return time.Now().Add(c.by) }
func (c laterClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// inProcesses is a transport to several handlers of this process, by host.
type inProcesses map[string]http.Handler

func (t inProcesses) RoundTrip(r *http.Request) (*http.Response, error) {
	return inProcess{host: r.URL.Host, handler: t[r.URL.Host]}.RoundTrip(r)
}

// oauthAccount is an account with an OAuth client to which somebody can consent.
type oauthAccount struct {
	config string
	// program returns a program that reaches the account, at a time from now.
	program func(t *testing.T, later time.Duration, vars ...string) *program
	// authorize consents to a request, and returns the code.
	authorize func(t *testing.T, consent *url.URL) string
	// revoke withdraws the consent.
	revoke func()
	// first asks the account itself for tokens, and returns the refresh token.
	first func(t *testing.T) string
}

var oauthAccounts = map[string]func(t *testing.T) *oauthAccount{
	"zendesk": func(t *testing.T) *oauthAccount {
		t.Helper()
		sim := zendeskAccount(t, newProgram())
		authorize := func(_ *testing.T, consent *url.URL) string {
			q := consent.Query()
			return sim.Authorize(zendesktest.Authorization{
				ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"), Scope: q.Get("scope"), Challenge: q.Get("code_challenge"),
			})
		}
		return &oauthAccount{
			config: acmeConsented, authorize: authorize, revoke: sim.RevokeGrants,
			program: func(t *testing.T, later time.Duration, vars ...string) *program {
				t.Helper()
				p := newProgram(append([]string{"CLIENT", "the-client", "SECRET", "right-secret", "OKTA", "token-of-okta", "TOKEN_KEY", tokenKey}, vars...)...)
				p.zendesk.Transport, p.zendesk.Clock = inProcess{host: "acme.zendesk.com", handler: sim}, laterClock{later}
				return p
			},
			first: func(t *testing.T) string {
				t.Helper()
				code := sim.Authorize(zendesktest.Authorization{RedirectURI: back})
				return redeem(t, inProcess{host: "acme.zendesk.com", handler: sim}, "https://acme.zendesk.com/oauth/tokens",
					url.Values{"client_id": {"the-client"}, "client_secret": {"right-secret"}, "code": {code}, "scope": {"read write"}})
			},
		}
	},
	"freshservice": func(t *testing.T) *oauthAccount {
		t.Helper()
		o := freshservicetest.Sandbox()
		o.OAuth = &freshservicetest.OAuth{ClientID: "the-client", ClientSecret: "right-secret", RedirectURI: back}
		sim := freshservicetest.New(o)
		hosts := inProcesses{"acme.freshservice.com": sim, "acme.myfreshworks.com": sim}
		return &oauthAccount{
			config: acmeApp, revoke: sim.RevokeTokens,
			authorize: func(_ *testing.T, consent *url.URL) string {
				q := consent.Query()
				return sim.Authorize(q.Get("redirect_uri"), strings.Fields(q.Get("scope"))...)
			},
			program: func(t *testing.T, later time.Duration, vars ...string) *program {
				t.Helper()
				p := newProgram(append([]string{"CLIENT", "the-client", "SECRET", "right-secret", "OKTA", "token-of-okta", "TOKEN_KEY", tokenKey}, vars...)...)
				p.freshservice = freshservice.Options{Transport: hosts, Clock: laterClock{later}}
				return p
			},
			first: func(t *testing.T) string {
				t.Helper()
				return redeem(t, hosts, "https://the-client:right-secret@acme.myfreshworks.com/oauth/v2/token", url.Values{"code": {sim.Authorize("")}})
			},
		}
	},
}

// redeem turns a code into tokens and returns the refresh token.
func redeem(t *testing.T, transport http.RoundTripper, endpoint string, form url.Values) string {
	t.Helper()
	form.Set("grant_type", "authorization_code")
	form.Set("redirect_uri", back)
	resp, err := (&http.Client{Transport: transport}).PostForm(endpoint, form)
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	token, _ := (&answered{text: string(text)}).object(t)["refresh_token"].(string)
	require.NotEmpty(t, token, "%s", text)
	return token
}

// forEachAccount runs a test with an account of each kind and its configuration.
func forEachAccount(t *testing.T, f func(t *testing.T, a *oauthAccount, config string)) {
	t.Helper()
	for name, newAccount := range oauthAccounts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			f(t, a, file(t, "usher.yaml", a.config))
		})
	}
}

// serves runs a program until it has answered a request for users.
func serves(t *testing.T, p *program, config string) *running {
	t.Helper()
	r := start(t, p, "--config", config)
	got := ask(t, http.MethodGet, r.connection("acme").SCIMURL+"/Users?count=1", "token-of-okta", "")
	require.Equal(t, http.StatusOK, got.status, "%s\n%s", got.text, r.stderr)
	r.stop()
	require.Equal(t, exitOK, <-r.code, r.stderr)
	return r
}

// authorizes runs the command authorize up to the answer, which a function makes of
// the address at which to consent.
func authorizes(t *testing.T, p *program, config string, answer func(consent *url.URL) string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs output
	in, paste := io.Pipe()
	p.stdin, p.stdout, p.stderr = in, &watched{&out, func(text string) {
		address := regexp.MustCompile(`\n(https://\S+)\n`).FindStringSubmatch(text)
		if assert.NotNil(t, address, text) {
			u, err := url.Parse(address[1])
			assert.NoError(t, err)
			go func() { _, _ = io.WriteString(paste, answer(u)); _ = paste.Close() }()
		}
	}}, &errs
	code = p.run(t.Context(), append([]string{"authorize", "--config", config, "--redirect-url", back}, args...))
	return code, out.String(), errs.String()
}

// watched calls a function with the first write.
type watched struct {
	*output
	first func(string)
}

func (w *watched) Write(p []byte) (int, error) {
	if w.first != nil {
		w.first(string(p))
		w.first = nil
	}
	return w.output.Write(p)
}

// Refresh tokens are rotated; a server that starts again with the same
// configuration, whose refresh token was used, goes on with those of the store.
func TestTokenStore_OutlivesARestart(t *testing.T) {
	t.Parallel()
	forEachAccount(t, func(t *testing.T, a *oauthAccount, config string) {
		text := strings.Replace(a.config, "client_secret: env:SECRET", "client_secret: env:SECRET, refresh_token: env:REFRESH", 1)
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		refresh := a.first(t)
		for i := range 4 { // each time the access token of the one before has expired
			r := serves(t, a.program(t, time.Duration(i)*2*time.Hour, "REFRESH", refresh), config)
			assert.NotContains(t, r.stderr.String(), "memory only")
			for _, secret := range []string{refresh, tokenKey, "right-secret", "the-client"} {
				assert.NotContains(t, r.stderr.String()+r.line, secret)
			}
		}

		// What there was without it.
		require.NoError(t, os.WriteFile(config, []byte(strings.Replace(text, keepsTokens, "", 1)), 0o600))
		refresh = a.first(t)
		r := serves(t, a.program(t, 0, "REFRESH", refresh), config)
		assert.Contains(t, r.stderr.String(), "kept in memory only")
		code, _, stderr := fails(t, a.program(t, 0, "REFRESH", refresh), "--listen", "127.0.0.1:0", "--config", config)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, stderr, "does not accept the credentials of connection acme\n")
	})
}

// Servers that share a store use what the other one was given, and what the command
// stores while they run.
func TestTokenStore_SharedByServers(t *testing.T) {
	t.Parallel()
	forEachAccount(t, func(t *testing.T, a *oauthAccount, config string) {
		consent := func() {
			code, _, stderr := authorizes(t, a.program(t, 0), config, func(consent *url.URL) string { return a.authorize(t, consent) })
			require.Equal(t, exitOK, code, stderr)
		}
		consent()
		one := start(t, a.program(t, 0), "--config", config)
		two := start(t, a.program(t, 2*time.Hour), "--config", config) // to which the token has expired
		works := func(r *running) int {
			return ask(t, http.MethodGet, r.connection("acme").SCIMURL+"/Users?count=1", "token-of-okta", "").status
		}
		assert.Equal(t, []int{http.StatusOK, http.StatusOK, http.StatusOK}, []int{works(two), works(one), works(two)})
		a.revoke()
		assert.Equal(t, []int{http.StatusBadGateway, http.StatusBadGateway}, []int{works(one), works(two)})
		consent()
		assert.Equal(t, []int{http.StatusOK, http.StatusOK}, []int{works(one), works(two)})
	})
}

// A key that is not that of the files ends the start, and loses nothing.
func TestTokenStore_WrongKey(t *testing.T) {
	t.Parallel()
	forEachAccount(t, func(t *testing.T, a *oauthAccount, config string) {
		code, _, stderr := authorizes(t, a.program(t, 0), config, func(consent *url.URL) string { return a.authorize(t, consent) })
		require.Equal(t, exitOK, code, stderr)
		wrong := strings.Repeat("0", 64)
		for _, args := range [][]string{{"--listen", "127.0.0.1:0", "--config", config}, {"authorize", "--config", config, "--redirect-url", back}} {
			code, stdout, stderr := fails(t, a.program(t, 0, "TOKEN_KEY", wrong), args...)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, stdout, "nobody is asked to consent")
			assert.Regexp(t, `^usher: `+regexp.QuoteMeta(config)+`:2: token_store: token file \S+/tokens/[0-9a-f]{64}\.token: it is damaged, or was encrypted with another key\n$`, stderr)
		}
		serves(t, a.program(t, 0), config)
	})
}

func TestTokenStore_Mistakes(t *testing.T) {
	t.Parallel()
	const end = "connections:\n  - id: a\n    target: memory\n"
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	for name, c := range map[string]struct{ text, says string }{
		"no object":       {"token_store: tokens\n", ":1: token_store: a list of names and values is wanted"},
		"unknown field":   {"token_store:\n  path: x\n", ":2: token_store.path: unknown field; known are directory, key"},
		"no directory":    {"token_store: {key: env:KEY}\n", ":1: token_store.directory: it is required"},
		"no key":          {"token_store:\n  directory: x\n", ":2: token_store.key: it is required"},
		"literal key":     {"token_store:\n  directory: x\n  key: hunter2\n", ":3: token_store.key: a secret is not written here"},
		"no variable":     {"token_store: {directory: x, key: env:NOT_THERE}\n", ":1: token_store.key: the environment has no variable NOT_THERE"},
		"short key":       {"token_store:\n  directory: x\n  key: env:SHORT\n", ":3: token_store.key: 64 hexadecimal digits, or base64, of 32 bytes are wanted"},
		"key of 48 bytes": {"token_store: {directory: x, key: env:LONG}\n", ":1: token_store.key: 64 hexadecimal"},
		"a passphrase":    {"token_store: {directory: x, key: env:WORDS}\n", ":1: token_store.key: 64 hexadecimal"},
		"no parent":       {"token_store:\n  directory: a/b\n  key: env:KEY\n", ":2: token_store.directory: connector: token directory: mkdir "},
		"a file":          {"token_store:\n  directory: usher.yaml\n  key: env:KEY\n", ":2: token_store.directory: connector: token directory: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, "usher.yaml", c.text+end)
			p := newProgram("KEY", key, "SHORT", "hunter2hunter2", "LONG", strings.Repeat("h", 64), "WORDS", "hunter2 is the key that I have chosen")
			code, stdout, stderr := fails(t, p, "--listen", "127.0.0.1:0", "--config", path)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, stdout)
			assert.True(t, strings.HasPrefix(stderr, "usher: "+path+c.says), stderr)
			assert.NotContains(t, stderr, "hunter2")
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
}

// Both spellings of a key are one key.
func TestTokenStore_KeysInBase64AndFiles(t *testing.T) {
	t.Parallel()
	a := oauthAccounts["zendesk"](t)
	config := file(t, "usher.yaml", strings.Replace(a.config, "env:TOKEN_KEY", "file:token.key", 1))
	keyFile := filepath.Join(filepath.Dir(config), "token.key")
	code, key, stderr := fails(t, newProgram(), "token-key")
	require.Equal(t, exitOK, code, stderr)
	require.Regexp(t, `^[0-9a-f]{64}\n$`, key)
	require.NoError(t, os.WriteFile(keyFile, []byte(key), 0o600))
	code, _, stderr = authorizes(t, a.program(t, 0), config, func(consent *url.URL) string { return a.authorize(t, consent) })
	require.Equal(t, exitOK, code, stderr)
	text := base64.StdEncoding.EncodeToString(parseTokenKey(strings.TrimSpace(key)))
	require.NoError(t, os.WriteFile(keyFile, []byte(text), 0o600))
	serves(t, a.program(t, 0), config)

	_, again, _ := fails(t, newProgram(), "token-key")
	assert.NotEqual(t, key, again)
	code, _, stderr = fails(t, newProgram(), "token-key", "x")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "token-key takes no arguments")
}

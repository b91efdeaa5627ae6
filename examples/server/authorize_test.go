package main

import (
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// From an empty store to a server that serves, and goes on after the first access
// token has expired.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	forEachAccount(t, func(t *testing.T, a *oauthAccount, config string) {
		code, _, stderr := fails(t, a.program(t, 0), "--listen", "127.0.0.1:0", "--config", config)
		assert.Equal(t, exitFailed, code)
		assert.Contains(t, stderr, "`server authorize` asks for new tokens")

		var secret string
		for _, answer := range []func(consent *url.URL) string{
			func(consent *url.URL) string { secret = a.authorize(t, consent); return secret },
			func(consent *url.URL) string { // anew
				secret = a.authorize(t, consent)
				return "  " + back + "?" + url.Values{"code": {secret}, "state": {consent.Query().Get("state")}}.Encode() + "\r\n"
			},
		} {
			code, stdout, stderr := authorizes(t, a.program(t, 0), config, answer, "acme")
			require.Equal(t, exitOK, code, stderr)
			assert.True(t, strings.HasSuffix(stdout, "The tokens of connection acme are stored.\n"), stdout)
			for _, s := range []string{secret, "right-secret", tokenKey} {
				assert.NotContains(t, stdout+stderr, s)
			}
			serves(t, a.program(t, 0), config)
			serves(t, a.program(t, 2*time.Hour), config)
		}
	})
}

func TestAuthorize_Refusals(t *testing.T) {
	t.Parallel()
	forEachAccount(t, func(t *testing.T, a *oauthAccount, config string) {
		redirected := func(consent *url.URL, q url.Values) string {
			if !q.Has("state") {
				q.Set("state", consent.Query().Get("state"))
			}
			return back + "?" + q.Encode() + "\n"
		}
		for says, answer := range map[string]func(*url.URL) string{
			"nothing was pasted":                      func(*url.URL) string { return "" },
			"neither a URL nor a code":                func(*url.URL) string { return "canary canary\n" },
			"is no URL":                               func(*url.URL) string { return "https://canary:%zz/?code=canary\n" },
			"its state is another one; begin anew":    func(u *url.URL) string { return redirected(u, url.Values{"code": {"canary"}, "state": {"x"}}) },
			"the user did not consent":                func(u *url.URL) string { return redirected(u, url.Values{"error": {"access_denied"}}) },
			"consent was refused: invalid_scope":      func(u *url.URL) string { return redirected(u, url.Values{"error": {"invalid_scope"}}) },
			"the URL has no code":                     func(u *url.URL) string { return redirected(u, url.Values{"error": {"Canary \x1b[0m"}}) },
			"connection acme: ":                       func(u *url.URL) string { return redirected(u, url.Values{"code": {"canary"}}) },
			"does not accept the code: it is used or": func(*url.URL) string { return "canary\n" },
		} {
			code, _, stderr := authorizes(t, a.program(t, 0), config, answer)
			assert.Equal(t, exitFailed, code, says)
			assert.Contains(t, stderr, says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
			assert.NotContains(t, strings.ToLower(stderr), "canary")
		}
	})
}

// Whoever stops it is not kept waiting for a line.
func TestAuthorize_Stopped(t *testing.T) {
	t.Parallel()
	a := oauthAccounts["zendesk"](t)
	p := a.program(t, 0)
	in, paste := io.Pipe()
	t.Cleanup(func() { _ = paste.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs output
	p.stdin, p.stdout, p.stderr = in, &watched{&out, func(string) { cancel() }}, &errs
	code := p.run(ctx, []string{"authorize", "--config", file(t, "usher.yaml", a.config), "--redirect-url", back})
	assert.Equal(t, exitFailed, code)
	assert.Equal(t, "usher: stopped before a code was pasted\n", errs.String())
}

func TestAuthorize_Mistakes(t *testing.T) {
	t.Parallel()
	two := acmeConsented + "  - {id: other, target: memory}\n"
	for name, c := range map[string]struct {
		text string
		args []string
		code int
		says string
	}{
		"help":               {acmeConsented, []string{"-h"}, exitOK, "usage: server authorize"},
		"no redirect URL":    {acmeConsented, []string{"acme"}, exitUsage, "usage: server authorize"},
		"two connections":    {acmeConsented, []string{"--redirect-url", back, "acme", "other"}, exitUsage, "usage: server authorize"},
		"unknown connection": {two, []string{"--redirect-url", back, "acne"}, exitFailed, `there is no connection "acne"; there are: acme, other`},
		"which connection":   {two, []string{"--redirect-url", back}, exitFailed, "which connection is meant? There are: acme, other"},
		"no OAuth":           {two, []string{"--redirect-url", back, "other"}, exitFailed, ":11: connections[1].credentials: the connection has no OAuth client"},
		"redirect URL":       {acmeConsented, []string{"--redirect-url", "http://app.example.com"}, exitFailed, "--redirect-url: an https URL is wanted, or one of localhost"},
		"no store":           {strings.Replace(acmeConsented, keepsTokens, "", 1), []string{"--redirect-url", back}, exitFailed, ":1: token_store: it is required"},
		"client credentials": {strings.Replace(acmeConsented, ", grant: authorization_code", "", 1), []string{"--redirect-url", back}, exitFailed,
			":7: connections[0].settings.grant: only a connection with authorization_code"},
		"an API key": {strings.Replace(acmeApp, "client_id: env:CLIENT, client_secret: env:SECRET", "api_key: env:SECRET", 1), []string{"--redirect-url", back}, exitFailed,
			":8: connections[0].credentials: the connection has no OAuth client"},
		"setting":        {strings.Replace(acmeApp, "acme.myfreshworks.com", "127.0.0.1", 1), []string{"--redirect-url", back}, exitFailed, ":7: connections[0].settings.org_domain: "},
		"unknown target": {strings.Replace(acmeApp, "freshservice", "fax", 1), []string{"--redirect-url", back}, exitFailed, `:6: connections[0].target: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram("CLIENT", "the-client", "SECRET", "right-secret", "OKTA", "token-of-okta", "TOKEN_KEY", tokenKey)
			code, stdout, stderr := fails(t, p, append([]string{"authorize", "--config", file(t, "usher.yaml", c.text)}, c.args...)...)
			assert.Equal(t, c.code, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.says)
			if c.code == exitFailed {
				assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
			}
			assert.NotContains(t, stderr, "right-secret")
		})
	}
}

// What the guides show is taken by the command.
func TestAuthorize_OfTheGuides(t *testing.T) {
	t.Parallel()
	for name, newAccount := range oauthAccounts {
		guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guides", name+".md"))
		require.NoError(t, err)
		_, rest, ok := strings.Cut(string(guide), "\n    token_store:")
		require.True(t, ok, name)
		text, _, _ := strings.Cut(rest, "\n\n")
		config := file(t, "usher.yaml", "token_store:"+strings.ReplaceAll(text, "\n    ", "\n")+"\n")
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(config), "token.key"), []byte(tokenKey+"\n"), 0o600))
		a := newAccount(t)
		var vars []string
		for variable, value := range map[string]string{"CLIENT_ID": "the-client", "CLIENT_SECRET": "right-secret"} {
			vars = append(vars, "ZENDESK_"+variable, value, "FRESHWORKS_"+variable, value)
		}
		code, _, stderr := authorizes(t, a.program(t, 0, vars...), config, func(consent *url.URL) string { return a.authorize(t, consent) }, "acme")
		assert.Equal(t, exitOK, code, "%s: %s", name, stderr)
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/gateway"
)

// A request that has begun is answered, and the exit code says that all is well.
func TestServe_StopsGracefully(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("memory-sandbox")

	body, writer := io.Pipe()
	reading := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.SCIMURL+"/Users", body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Expect", "100-continue") // the server says so when it reads the body
	type result struct {
		status int
		err    error
	}
	done := make(chan result, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: 1 << 40}}
		resp, err := client.Do(req)
		if err != nil {
			done <- result{err: err}
			return
		}
		_, err = io.Copy(io.Discard, resp.Body)
		done <- result{resp.StatusCode, errors.Join(err, resp.Body.Close())}
	}()
	<-reading
	r.stop()
	// The listener is closed first: once nobody can connect, it is stopping.
	for {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.ready.URL, "http://"))
		if err != nil {
			break
		}
		require.NoError(t, conn.Close())
	}
	_, err = writer.Write([]byte(`{"schemas":["` + userSchema + `"],"userName":"ada@example.com"}`))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	got := <-done
	require.NoError(t, got.err)
	assert.Equal(t, http.StatusCreated, got.status)
	assert.Equal(t, exitOK, <-r.code, r.stderr)
}

func TestServe_TakenPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	code, stdout, stderr := fails(t, newProgram(), "--json", "--listen", l.Addr().String())
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, stdout)
	assert.Equal(t, fmt.Sprintf("usher: cannot listen on %s: the port is taken; --listen 127.0.0.1:0 picks a free one\n", l.Addr()), stderr)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"help":               {[]string{"-h"}, exitOK, "usage: server"},
		"unknown flag":       {[]string{"--lisen", "x"}, exitUsage, "-lisen"},
		"unknown argument":   {[]string{"serve"}, exitUsage, `unknown argument "serve"`},
		"token with flags":   {[]string{"token", "--json"}, exitFailed, "token takes no arguments"},
		"address":            {[]string{"--listen", "127.0.0.1:99999"}, exitFailed, "cannot listen"},
		"public URL":         {[]string{"--listen", "127.0.0.1:0", "--public-url", "scim.example.com"}, exitFailed, "public URL: an http or https URL is wanted"},
		"public URL, a path": {[]string{"--listen", "127.0.0.1:0", "--public-url", "https://example.com/scim"}, exitFailed, "only scheme, host and port are wanted"},
		"config is missing":  {[]string{"--config", "/nowhere/usher.yaml"}, exitFailed, "/nowhere/usher.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := fails(t, newProgram(), c.args...)
			assert.Equal(t, c.code, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.says)
			if c.code == exitFailed {
				assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
			}
		})
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := fails(t, newProgram(), "token")
	require.Equal(t, exitOK, code)
	assert.Empty(t, stderr)
	m := regexp.MustCompile(`^token:  (usher_[a-z2-7]{52})\nsha256: ([0-9a-f]{64})\n$`).FindStringSubmatch(stdout)
	require.NotNil(t, m, stdout)
	hash, err := gateway.ParseTokenHash(m[2])
	require.NoError(t, err)
	assert.Equal(t, gateway.HashToken(m[1]), hash)
	_, again, _ := fails(t, newProgram(), "token")
	assert.NotEqual(t, stdout, again)
}

// account is a Freshservice account behind a program, without a network.
func account(t *testing.T, p *program, key string) *freshservicetest.Account {
	t.Helper()
	o := freshservicetest.Sandbox()
	o.Keys = []freshservicetest.Key{{Value: key}}
	a := freshservicetest.New(o)
	p.freshservice = freshservice.Options{
		Transport: inProcess{host: "acme.freshservice.com", handler: a}, Jitter: func() float64 { return 0 },
	}
	return a
}

const acme = `
connections:
  - name: acme
    target: freshservice
    settings: {subdomain: acme}
    credentials: {api_key: env:KEY}
    tokens:
      - {name: okta, env: OKTA}
`

func TestConfigured_Serves(t *testing.T) {
	t.Parallel()
	p := newProgram("KEY", "right-key", "OKTA", "token-of-okta")
	a := account(t, p, "right-key")
	r := start(t, p, "--config", file(t, "usher.yaml", acme))
	require.Len(t, r.ready.Connections, 1, "no sandbox")
	c := r.connection("acme")
	assert.Empty(t, c.Token, "configured tokens are not printed")
	assert.Empty(t, c.SimulatorURL)
	made := ask(t, http.MethodPost, c.SCIMURL+"/Users", "token-of-okta", `{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com"}`)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	assert.NotNil(t, a.RequesterByEmail("rosalind@example.com"))
	assert.Equal(t, http.StatusNotFound, ask(t, http.MethodGet, r.ready.URL+"/simulator/freshservice/", "", "").status)
	for _, secret := range []string{"right-key", "token-of-okta"} {
		assert.NotContains(t, r.stderr.String(), secret)
		assert.NotContains(t, r.line, secret)
	}
}

func TestConfigured_WithSandbox(t *testing.T) {
	t.Parallel()
	p := newProgram("KEY", "right-key", "OKTA", "token-of-okta")
	account(t, p, "right-key")
	r := start(t, p, "--config", file(t, "usher.yaml", acme), "--sandbox")
	require.Len(t, r.ready.Connections, 4)
	c := r.connection("freshservice-sandbox")
	made := ask(t, http.MethodPost, c.SCIMURL+"/Users", c.Token, `{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com"}`)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	seen := ask(t, http.MethodGet, r.connection("acme").SCIMURL+`/Users?filter=userName+eq+"rosalind@example.com"`, "token-of-okta", "")
	assert.EqualValues(t, 0, seen.object(t)["totalResults"], "the sandbox's people stay there")

	code, _, stderr := fails(t, p, "--config", file(t, "usher.yaml", "listen: 0.0.0.0:0\n"), "--sandbox")
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "--sandbox-remote")
}

func TestConfigured_WrongKey(t *testing.T) {
	t.Parallel()
	p := newProgram("KEY", "wrong-key", "OKTA", "token-of-okta")
	account(t, p, "right-key")
	path := file(t, "usher.yaml", acme)
	code, stdout, stderr := fails(t, p, "--json", "--listen", "127.0.0.1:0", "--config", path)
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, stdout)
	assert.Equal(t, "usher: "+path+":6: connections[0].credentials: freshservice does not accept the credentials of connection acme\n", stderr)
}

// The target may be back before the identity provider comes.
func TestConfigured_UnreachableTarget(t *testing.T) {
	t.Parallel()
	p := newProgram("KEY", "right-key", "OKTA", "token-of-okta")
	account(t, p, "right-key")
	p.freshservice.Transport = inProcess{host: "nowhere.freshservice.com"}
	r := start(t, p, "--config", file(t, "usher.yaml", acme))
	assert.Contains(t, r.stderr.String(), "did not pass the test")
	a := ask(t, http.MethodGet, r.connection("acme").SCIMURL+"/Users", "token-of-okta", "")
	assert.Equal(t, http.StatusServiceUnavailable, a.status)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
}

// Tokens that stand in the file as hashes outlive the process.
func TestConfigured_TokensOutliveARestart(t *testing.T) {
	t.Parallel()
	_, stdout, _ := fails(t, newProgram(), "token")
	var token, hash string
	_, err := fmt.Sscanf(stdout, "token: %s\nsha256: %s\n", &token, &hash)
	require.NoError(t, err)
	path := file(t, "usher.yaml", `
admin_token: sha256:`+gateway.HashToken("the-admin-token").String()[7:]+`
connections:
  - {id: store, target: memory, tokens: [{name: okta, sha256: `+hash+`}, {name: auditor, env: AUDITOR, read_only: true}, {name: old, env: OLD, expires: 2020-01-01}]}
`)
	for range 2 {
		r := start(t, newProgram("AUDITOR", "token-of-the-auditor", "OLD", "token-of-old"), "--config", path)
		assert.Empty(t, r.ready.AdminToken)
		url := r.connection("store").SCIMURL + "/Users"
		assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, url, token, "").status)
		assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, url, "token-of-the-auditor", "").status)
		body := `{"schemas":["` + userSchema + `"],"userName":"ada@example.com"}`
		assert.Equal(t, http.StatusForbidden, ask(t, http.MethodPost, url, "token-of-the-auditor", body).status)
		assert.Equal(t, http.StatusUnauthorized, ask(t, http.MethodGet, url, "token-of-old", "").status)
		assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, r.ready.URL+"/api/v1/connections", "the-admin-token", "").status)
		r.stop()
		assert.Equal(t, exitOK, <-r.code)
	}
}

func TestConfigured_WithoutTokenGetsOne(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram(), "--config", file(t, "usher.yaml", "connections: [{name: Store 1, target: memory}]\n"))
	c := r.connection("store-1")
	assert.Equal(t, "Store 1", c.Name)
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, c.SCIMURL+"/Users", c.Token, "").status)
	assert.Contains(t, r.stderr.String(), "new one at each start")
}

func TestConfigured_Mapping(t *testing.T) {
	t.Parallel()
	p := newProgram("KEY", "right-key", "OKTA", "token-of-okta")
	a := account(t, p, "right-key")
	own, err := freshservice.Mappings.ReadFile("mapping/requester.yaml")
	require.NoError(t, err)
	changed := strings.Replace(string(own), "{scim: title, target: job_title", "{scim: nickName, target: job_title", 1)
	if changed == string(own) {
		changed = regexp.MustCompile(`scim: title\b`).ReplaceAllString(string(own), "scim: nickName")
	}
	require.NotEqual(t, string(own), changed)
	config := strings.Replace(acme, "    target:", "    mapping: mine.yaml\n    target:", 1)
	path := file(t, "usher.yaml", config)
	mine := filepath.Join(filepath.Dir(path), "mine.yaml")
	require.NoError(t, os.WriteFile(mine, []byte(changed), 0o600))
	r := start(t, p, "--config", path)
	made := ask(t, http.MethodPost, r.connection("acme").SCIMURL+"/Users", "token-of-okta",
		`{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com","nickName":"Chemist"}`)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	assert.Equal(t, "Chemist", a.RequesterByEmail("rosalind@example.com")["job_title"])

	require.NoError(t, os.WriteFile(mine, []byte("apiVersion: mapping/v1\nnme: x\n"), 0o600))
	code, _, stderr := fails(t, p, "--listen", "127.0.0.1:0", "--config", path)
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, path+":4: connections[0].mapping:")
	assert.Contains(t, stderr, "mine.yaml:2:")
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// output is a stream that may be written and read at once.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// running is a simulator that serves.
type running struct {
	account
	stdout *bufio.Reader
	stderr *output
	stop   context.CancelFunc
	code   chan int
}

// start runs the program on a free port until the test ends.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	r := launch(t, append(args, "--json")...)
	line, err := r.stdout.ReadString('\n')
	require.NoError(t, err, "it did not start: %s", r.stderr)
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&r.account), line)
	return r
}

func launch(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	r := &running{stdout: bufio.NewReader(out), stderr: &output{}, stop: cancel, code: make(chan int, 1)}
	go func() {
		code := run(ctx, append(args, "--listen", "127.0.0.1:0"), in, r.stderr)
		_ = in.Close()
		r.code <- code
	}()
	t.Cleanup(func() { cancel(); _, _ = io.Copy(io.Discard, out) })
	return r
}

// ask makes a request; login is "user:password", "Bearer TOKEN" or "". Headers are
// pairs.
func ask(t *testing.T, method, url, login, body string, headers ...string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if token, ok := strings.CutPrefix(login, "Bearer "); ok {
		req.Header.Set("Authorization", "Bearer "+token)
	} else if user, password, ok := strings.Cut(login, ":"); ok {
		req.SetBasicAuth(user, password)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(data)
}

func TestSimulator_Freshservice(t *testing.T) {
	t.Parallel()
	r := start(t, "freshservice")
	assert.True(t, r.Ready)
	assert.Equal(t, "freshservice", r.Application)
	assert.Regexp(t, `^http://127\.0\.0\.1:[1-9][0-9]*$`, r.URL)
	login := r.Credentials["api_key"] + ":X"
	status, text := ask(t, http.MethodPost, r.URL+"/api/v2/requesters", login, `{"first_name":"Rosalind","primary_email":"rosalind@example.com"}`)
	require.Equal(t, http.StatusCreated, status, text)
	status, text = ask(t, http.MethodGet, r.URL+"/api/v2/requesters?email=rosalind@example.com", login, "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, text, `"Rosalind"`)
	status, _ = ask(t, http.MethodGet, r.URL+"/api/v2/requesters", "wrong:X", "")
	assert.Equal(t, http.StatusUnauthorized, status)

	_, text = ask(t, http.MethodGet, r.URL+"/", "", "")
	assert.Contains(t, text, "rosalind@example.com", "the page shows who is there")
	assert.Contains(t, text, "POST /api/v2/requesters", "and what was asked")

	other := start(t, "freshservice")
	assert.NotEqual(t, r.Credentials, other.Credentials, "each start has a key of its own")
}

func TestSimulator_Zendesk(t *testing.T) {
	t.Parallel()
	r := start(t, "zendesk")
	require.Len(t, r.Credentials, 4)
	status, text := ask(t, http.MethodPost, r.URL+"/oauth/tokens", "", `{"grant_type":"client_credentials","client_id":"`+r.Credentials["client_id"]+
		`","client_secret":"`+r.Credentials["client_secret"]+`","scope":"read write"}`)
	require.Equal(t, http.StatusCreated, status, text)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &token))
	for _, login := range []string{"Bearer " + token.AccessToken, r.Credentials["email"] + "/token:" + r.Credentials["api_token"]} {
		status, text = ask(t, http.MethodGet, r.URL+"/api/v2/users/me", login, "")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, text, r.Credentials["email"])
		assert.Contains(t, text, r.URL+"/api/v2/users/", "its URLs lead back to it")
	}
}

// The seeds that come along are right, and what they say is there.
func TestSimulator_Seeds(t *testing.T) {
	t.Parallel()
	fresh := start(t, "freshservice", "--seed", "freshservice.json")
	assert.Equal(t, map[string]string{"api_key": "a-key-for-tests"}, fresh.Credentials)
	for path, want := range map[string]string{
		"/requesters/10":     `"primary_email":"ada@example.com"`,
		"/agents/8":          `"occasional":true`,
		"/groups/70":         `"members":[7,8]`,
		"/requester_groups":  `"rule_based"`,
		"/requester_fields":  `"cost_centre"`,
		"/agent_fields":      `"shift"`,
		"/departments/50":    `"Engineering"`,
		"/locations?page=1":  `"Headquarters"`,
		"/requesters?page=1": `"active":false`,
	} {
		status, text := ask(t, http.MethodGet, fresh.URL+"/api/v2"+path, "a-key-for-tests:X", "")
		assert.Equal(t, http.StatusOK, status, path)
		assert.Contains(t, text, want, path)
	}

	zen := start(t, "zendesk", "--seed", "zendesk.json")
	assert.Equal(t, map[string]string{
		"client_id": "a-client-for-tests", "client_secret": "a-secret-for-tests", "email": "admin@example.com", "api_token": "a-token-for-tests",
	}, zen.Credentials)
	for path, want := range map[string]string{
		"/users/10":                  `"external_id":"emp-17"`,
		"/users/11":                  `"suspended":true`,
		"/users/7":                   `"custom_role_id":60`,
		"/groups/51":                 `"Field service"`,
		"/users/10/organizations":    `"Sales"`,
		"/user_fields":               `"badge_green"`,
		"/users/7/group_memberships": `"group_id":51`,
		"/organizations/71":          `"external_id":"sales"`,
		"/custom_roles":              `"Advisor"`,
		"/users/10/identities":       `"a.byron@example.com"`,
		"/users/me":                  `"Avery Admin"`,
	} {
		status, text := ask(t, http.MethodGet, zen.URL+"/api/v2"+path, "admin@example.com/token:a-token-for-tests", "")
		assert.Equal(t, http.StatusOK, status, path)
		assert.Contains(t, text, want, path)
	}
}

// An account whose seed names no credentials gets new ones at each start.
func TestSimulator_SeedWithoutCredentials(t *testing.T) {
	t.Parallel()
	seed := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(seed, []byte(`{"owner": {"email": "owner@example.com"}}`), 0o600))
	for _, application := range []string{"freshservice", "zendesk"} {
		one, two := start(t, application, "--seed", seed), start(t, application, "--seed", seed)
		assert.NotEqual(t, one.Credentials, two.Credentials, application)
	}
}

// D16 (j).
func TestSimulator_PageIsForThisMachine(t *testing.T) {
	t.Parallel()
	for _, application := range []string{"freshservice", "zendesk"} {
		r := start(t, application)
		for name, c := range map[string]struct {
			headers []string
			status  int
		}{
			"as printed":     {nil, http.StatusOK},
			"localhost":      {[]string{"Host", "localhost:9090"}, http.StatusOK},
			"other name":     {[]string{"Host", "evil.example.net"}, http.StatusForbidden},
			"other origin":   {[]string{"Origin", "https://evil.example.net"}, http.StatusForbidden},
			"from elsewhere": {[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		} {
			status, text := ask(t, http.MethodGet, r.URL+"/", "", "", c.headers...)
			assert.Equal(t, c.status, status, "%s: %s", application, name)
			assert.Equal(t, c.status == http.StatusOK, strings.Contains(text, "ada@example.com"), "%s: %s", application, name)
		}
	}
}

// What the banner tells people to paste has to work.
func TestSimulator_Banner(t *testing.T) {
	t.Parallel()
	for _, application := range []string{"freshservice", "zendesk"} {
		r := launch(t, application)
		var text strings.Builder
		for !strings.Contains(text.String(), "Ctrl-C") {
			line, err := r.stdout.ReadString('\n')
			require.NoError(t, err, r.stderr)
			text.WriteString(line)
		}
		curl := regexp.MustCompile(`curl -u "([^"]+)" "([^"]+)"`).FindStringSubmatch(text.String())
		require.NotNil(t, curl, text.String())
		status, answer := ask(t, http.MethodGet, curl[2], curl[1], "")
		assert.Equal(t, http.StatusOK, status, answer)
		page := regexp.MustCompile(`see +(\S+)`).FindStringSubmatch(text.String())
		require.NotNil(t, page, text.String())
		status, _ = ask(t, http.MethodGet, page[1], "", "")
		assert.Equal(t, http.StatusOK, status)
		assert.Regexp(t, `API +http://127.0.0.1:[0-9]+/api/v2\n`, text.String())
	}
}

func TestSimulator_Stops(t *testing.T) {
	t.Parallel()
	r := start(t, "freshservice")
	r.stop()
	rest, err := io.ReadAll(r.stdout)
	require.NoError(t, err)
	assert.Empty(t, rest, "one line on stdout, no more")
	assert.Equal(t, exitOK, <-r.code)
	_, err = new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.URL, "http://"))
	assert.Error(t, err, "nobody listens any more")
}

func TestSimulator_CommandLine(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"nothing":             {nil, exitUsage, "usage: simulator freshservice"},
		"unknown application": {[]string{"fax"}, exitUsage, "usage: simulator freshservice"},
		"help":                {[]string{"--help"}, exitOK, "usage: simulator freshservice"},
		"help of flags":       {[]string{"zendesk", "-h"}, exitOK, "-listen"},
		"unknown flag":        {[]string{"zendesk", "--port", "1"}, exitUsage, "flag provided but not defined"},
		"too much":            {[]string{"zendesk", "freshservice"}, exitUsage, `unknown argument "freshservice"`},
		"everywhere":          {[]string{"zendesk", "--listen", ":9090"}, exitFailed, "a simulator does not listen on :9090"},
		"another address":     {[]string{"zendesk", "--listen", "192.0.2.1:9090"}, exitFailed, "unless --remote is given"},
		"no address":          {[]string{"zendesk", "--remote", "--listen", "nowhere"}, exitFailed, "cannot listen"},
		"no seed":             {[]string{"zendesk", "--seed", "nowhere.json"}, exitFailed, "nowhere.json"},
		"wrong seed":          {[]string{"zendesk", "--seed", "freshservice.json"}, exitFailed, "simulator: freshservice.json: zendesktest: seed: "},
		"taken port":          {[]string{"zendesk", "--listen", taken.Addr().String()}, exitFailed, "the port is taken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr output
			assert.Equal(t, c.code, run(t.Context(), c.args, &stdout, &stderr))
			assert.Contains(t, stderr.String(), c.says)
			assert.Empty(t, stdout.String())
		})
	}
}

// With --remote it may listen where others reach it.
func TestSimulator_Remote(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"freshservice", "--remote", "--json", "--listen", "0.0.0.0:0"}, in, io.Discard)
		_ = in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, `"url":"http://127.0.0.1:`, "where this machine reaches it")
	cancel()
	assert.Equal(t, exitOK, <-code)
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User"

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

// running is a server that serves.
type running struct {
	t      *testing.T
	ready  ready
	line   string // what it printed when it was ready
	stdout *bufio.Reader
	stderr *output
	stop   context.CancelFunc
	code   chan int
}

// program returns a program without an environment, but for pairs of variables.
func newProgram(vars ...string) *program {
	env := map[string]string{}
	for i := 0; i+1 < len(vars); i += 2 {
		env[vars[i]] = vars[i+1]
	}
	return &program{env: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}}
}

// start runs the program with --json on a free port until the test ends.
func start(t *testing.T, p *program, args ...string) *running {
	t.Helper()
	return launch(t, p, append([]string{"--json", "--listen", "127.0.0.1:0"}, args...)...)
}

func launch(t *testing.T, p *program, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	r := &running{t: t, stdout: bufio.NewReader(out), stderr: &output{}, stop: cancel, code: make(chan int, 1)}
	p.stdout, p.stderr = in, r.stderr
	go func() {
		code := p.run(ctx, args)
		_ = in.Close()
		r.code <- code
	}()
	t.Cleanup(func() { cancel(); _, _ = io.Copy(io.Discard, out) })
	var err error
	r.line, err = r.stdout.ReadString('\n')
	require.NoError(t, err, "the server did not start: %s", r.stderr)
	if strings.HasPrefix(r.line, "{") {
		d := json.NewDecoder(strings.NewReader(r.line))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&r.ready))
	}
	return r
}

// connection returns a connection by its id.
func (r *running) connection(id string) shown {
	r.t.Helper()
	for _, c := range r.ready.Connections {
		if c.ID == id {
			return c
		}
	}
	require.Failf(r.t, "no connection", "%s in %s", id, r.line)
	return shown{}
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	text   string
}

func (a *answered) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.text), &out), a.text)
	return out
}

// ask makes a request. A token "basic:USER:PASSWORD" is Basic authentication;
// headers are pairs.
func ask(t *testing.T, method, url, token, body string, headers ...string) *answered {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, reader)
	require.NoError(t, err)
	if login, ok := strings.CutPrefix(token, "basic:"); ok {
		user, password, _ := strings.Cut(login, ":")
		r.SetBasicAuth(user, password)
	} else if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return &answered{resp.StatusCode, resp.Header, string(text)}
}

// fails runs the program, which has to end by itself, and returns its exit code
// and what it said.
func fails(t *testing.T, p *program, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs output
	p.stdout, p.stderr = &out, &errs
	code = p.run(t.Context(), args)
	return code, out.String(), errs.String()
}

// file writes a file into a new directory and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

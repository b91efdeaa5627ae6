package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const scimToken = "token-of-the-test"

// What the test puts in place of two expressions of the program: the account's
// address, and a free port whose address is printed.
const extra = `package main

import (
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/usher-scim/usher/freshservice"
)

func simulator() *freshservice.Options {
	return &freshservice.Options{BaseURL: os.Getenv("SIMULATOR") + "/api/v2"}
}

func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, nil)
}
`

// build builds the program with the replacements and returns its path.
func build(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(string(source), "\n"), 30, "the README promises 30 lines")
	text := string(source)
	for old, replacement := range map[string]string{
		`API_KEY")), nil)`:                           `API_KEY")), simulator())`,
		`http.ListenAndServe("127.0.0.1:8080", nil)`: `serve()`,
	} {
		require.Equal(t, 1, strings.Count(text, old), "main.go has changed: %s", old)
		text = strings.Replace(text, old, replacement, 1)
	}
	dir := t.TempDir()
	here, err := os.Getwd()
	require.NoError(t, err)
	replace := map[string]string{}
	for name, data := range map[string]string{"main.go": text, "extra.go": extra} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
		replace[filepath.Join(here, name)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	out := filepath.Join(dir, "embed.exe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", out, ".")
	text2, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text2)
	return out
}

func TestProgram_PushesAUserIntoFreshservice(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command to build the program with")
	}
	account := freshservicetest.NewServer(freshservicetest.Sandbox())
	t.Cleanup(account.Close)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, build(t)) //nolint:gosec // it has just been built
	cmd.Env = append(os.Environ(), "SIMULATOR="+account.URL, "FRESHSERVICE_API_KEY="+freshservicetest.DefaultAPIKey, "SCIM_TOKEN="+scimToken)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)

	post := func(token string) (int, string) {
		body := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"rosalind@example.com","title":"Chemist"}`
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+strings.TrimSpace(address)+"/scim/v2/Users", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/scim+json")
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode, string(answer)
	}
	status, _ := post("wrong")
	assert.Equal(t, http.StatusUnauthorized, status)
	status, answer := post(scimToken)
	require.Equal(t, http.StatusCreated, status, answer)
	assert.Contains(t, answer, `"https://scim.example.com/scim/v2/Users/`)
	requester := account.RequesterByEmail("rosalind@example.com")
	require.NotNil(t, requester)
	assert.Equal(t, "Chemist", requester["job_title"])
}

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/provision"
)

// Each mistake is told in one line with file, line and field, ends the program
// with exit code 1, and nothing has been served by then.
func TestConfig_Mistakes(t *testing.T) {
	t.Parallel()
	const conn = "connections:\n  - id: a\n    target: memory\n"
	hash := strings.Repeat("ab", 32)
	for name, c := range map[string]struct{ text, says string }{
		"empty":                 {"", ":1: the file is empty"},
		"no YAML":               {"listen: [\n", ": not valid YAML"},
		"tab":                   {"listen: x\n\tpublic_url: y\n", ":2: not valid YAML"},
		"two documents":         {"listen: x\n---\nlisten: y\n", ":2: only one document is wanted"},
		"not an object":         {"- listen\n", ":1: a list of names and values is wanted"},
		"unknown field":         {"listen: x\nport: 80\n", ":2: port: unknown field; known are admin_token, connections, listen, public_url, token_store, trusted_proxies"},
		"field twice":           {"listen: x\nlisten: y\n", ":2: listen: it is there twice"},
		"alias":                 {"listen: &a x\npublic_url: *a\n", ":1: listen: anchors and aliases are not taken"},
		"merge":                 {"connections:\n  - <<: {id: a}\n", ":2: connections[0]: a plain name is wanted"},
		"number for a string":   {"listen: 8080\n", ":1: listen: a string is wanted"},
		"list for a string":     {"listen: [x]\n", ":1: listen: a string is wanted"},
		"listen":                {"listen: nowhere\n", "cannot listen"},
		"public URL":            {"public_url: ftp://x\n", "public URL"},
		"admin token":           {"admin_token: hunter2\n", ":1: admin_token: a secret is not written here: env:NAME or file:PATH is wanted"},
		"admin token's hash":    {"admin_token: sha256:12\n", ":1: admin_token: a SHA-256 has 64 hexadecimal digits"},
		"admin token's env":     {"admin_token: env:NOT_THERE\n", ":1: admin_token: the environment has no variable NOT_THERE"},
		"empty variable":        {"admin_token: env:EMPTY\n", ":1: admin_token: the environment has no variable EMPTY"},
		"admin token's file":    {"admin_token: file:not-there\n", ":1: admin_token: open "},
		"proxy":                 {"trusted_proxies:\n  - 10.0.0.0/8\n  - proxy.example.com\n", `:3: trusted_proxies[1]: "proxy.example.com" is no IP address`},
		"connections":           {"connections: a\n", ":1: connections: a list is wanted"},
		"connection":            {"connections:\n  - a\n", ":2: connections[0]: a list of names and values is wanted"},
		"connection's field":    {conn + "    tarpit: x\n", ":4: connections[0].tarpit: unknown field"},
		"no name":               {"connections:\n  - target: memory\n", ":2: connections[0].name: it is required"},
		"no target":             {"connections:\n  - id: a\n", ":2: connections[0].target: it is required"},
		"unknown target":        {conn + "  - id: b\n    target: fax\n", `:5: connections[1].target: unknown target "fax", known: freshservice, memory, zendesk`},
		"id":                    {"connections:\n  - id: A b\n    target: memory\n", ":2: connections[0].id: 1 to 63 of a-z, 0-9 and - are wanted"},
		"name":                  {conn + "    name: ' x'\n", ":4: connections[0].name: 1 to 100 printable characters"},
		"same id":               {conn + "  - id: a\n    target: memory\n", ":4: connections[1].id: there is a connection a already"},
		"profile":               {conn + "    profile: okta9\n", ":4: connections[0].profile: strict or compatible is wanted"},
		"setting":               {conn + "    settings:\n      colour: red\n", ":5: connections[0].settings.colour: there is no such setting"},
		"setting's kind":        {conn + "    settings:\n      colour: [red]\n", ":5: connections[0].settings.colour: a string, a number, true or false is wanted"},
		"missing setting":       {"connections:\n  - id: a\n    target: freshservice\n    credentials: {api_key: env:KEY}\n", ":2: connections[0].settings.subdomain: it is required"},
		"missing credential":    {"connections:\n  - id: a\n    target: freshservice\n    settings: {subdomain: acme}\n", ":2: connections[0].credentials.api_key: it is required"},
		"subdomain":             {"connections:\n  - id: a\n    target: freshservice\n    settings: {subdomain: https://acme.freshservice.com}\n    credentials: {api_key: env:KEY}\n", ":4: connections[0]."},
		"literal credential":    {"connections:\n  - id: a\n    target: freshservice\n    credentials:\n      api_key: hunter2\n", ":5: connections[0].credentials.api_key: a secret is not written here"},
		"credential's variable": {conn + "    credentials: {api_key: env:NOT_THERE}\n", ":4: connections[0].credentials.api_key: the environment has no variable NOT_THERE"},
		"mapping's file":        {conn + "    mapping: not-there.yaml\n", ":4: connections[0].mapping: open "},
		"policy":                {conn + "    policies: {user: {delete: burn}}\n", ":4: connections[0].policies: "},
		"policy's field":        {conn + "    policies: {user: {remove: burn}}\n", ":4: connections[0].policies.user.remove: unknown field"},
		"token's name":          {conn + "    tokens: [{sha256: " + hash + "}]\n", ":4: connections[0].tokens[0].name: it is required"},
		"token's field":         {conn + "    tokens:\n      - name: okta\n        token: hunter2\n", ":6: connections[0].tokens[0].token: unknown field"},
		"token without hash":    {conn + "    tokens:\n      - name: okta\n", ":5: connections[0].tokens[0]: either sha256 or env is wanted"},
		"token with both":       {conn + "    tokens: [{name: okta, env: KEY, sha256: " + hash + "}]\n", ":4: connections[0].tokens[0]: either sha256 or env is wanted"},
		"token's hash":          {conn + "    tokens: [{name: okta, sha256: usher_hunter2}]\n", ":4: connections[0].tokens[0].sha256: a SHA-256 has 64 hexadecimal digits"},
		"token's variable":      {conn + "    tokens: [{name: okta, env: NOT_THERE}]\n", ":4: connections[0].tokens[0].env: the environment has no variable NOT_THERE"},
		"enable policy":         {conn + "    policies: {user: {enable: burn}}\n", ":4: connections[0].policies: "},
		"special accounts":      {conn + "    policies: {user: {conflict_special: 1}}\n", ":4: connections[0].policies.user.conflict_special: true or false is wanted"},
		"administrators":        {conn + "    protect_admins: all\n", ":4: connections[0].protect_admins: true or false is wanted"},
		"new objects":           {conn + "    new_objects: [group]\n", ":4: connections[0].new_objects: "},
		"references":            {conn + "    create_references: 1\n", ":4: connections[0].create_references: true or false is wanted"},
		"token's rights":        {conn + "    tokens: [{name: okta, env: KEY, read_only: some}]\n", ":4: connections[0].tokens[0].read_only: true or false is wanted"},
		"token's expiry":        {conn + "    tokens: [{name: okta, env: KEY, expires: soon}]\n", ":4: connections[0].tokens[0].expires: a date"},
		"same token":            {conn + "    tokens: [{name: okta, env: KEY}, {name: entra, env: KEY}]\n", ":4: connections[0].tokens: token entra opens another connection, or is there twice"},
		"same token's name":     {conn + "    tokens: [{name: okta, env: KEY}, {name: okta, sha256: " + hash + "}]\n", ":4: connections[0].tokens: two tokens are called okta"},
		"too large":             {"listen: x #" + strings.Repeat("x", 1<<20), ": larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, "usher.yaml", c.text)
			args := []string{"--json", "--config", path}
			if !strings.HasPrefix(c.text, "listen") {
				args = append(args, "--listen", "127.0.0.1:0")
			}
			code, stdout, stderr := fails(t, newProgram("KEY", "some-key", "EMPTY", ""), args...)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, c.says)
			if strings.HasPrefix(c.says, ":") {
				assert.True(t, strings.HasPrefix(stderr, "usher: "+path+":"), stderr)
			}
			assert.NotContains(t, stderr, "hunter2", "what looks like a secret is not repeated")
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		})
	}
}

func TestConfig_Unreadable(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := fails(t, newProgram(), "--config", t.TempDir())
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "cannot read the configuration")
	assert.Equal(t, 1, strings.Count(stderr, "\n"))
}

func TestConfig_Everything(t *testing.T) {
	t.Parallel()
	path := file(t, "usher.yaml", `
listen: 127.0.0.1:9
public_url: https://scim.example.com
admin_token: file:admin
trusted_proxies: [10.0.0.1, 192.0.2.0/24]
connections:
  - id: acme
    name: Acme Ltd
    target: freshservice
    settings: {subdomain: acme, department_tickets: unused}
    credentials: {api_key: file:key}
    profile: strict
    mapping: sub/mine.yaml
    create_references: true
    protect_admins: true
    new_objects: {User: user}
    policies:
      requester: {disable: ignore, enable: ignore, delete: erase, conflict: adopt, conflict_special: true}
      "*": {delete: deactivate}
    tokens:
      - {name: okta, env: OKTA, expires: 2027-06-30}
      - {name: auditor, sha256: `+gateway.HashToken("auditor").String()+`, read_only: true, expires: 2027-06-30T12:00:00+02:00}
  - name: store
    target: memory
    settings:
    tokens: []
`)
	dir := filepath.Dir(path)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	for name, text := range map[string]string{"admin": "the-admin-token\n", "key": "the-key\r\n", "sub/mine.yaml": "name: mine\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	c, err := loadConfig(path, newProgram("OKTA", "okta-token").env)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:9", c.listen)
	assert.Equal(t, "https://scim.example.com", c.publicURL)
	assert.Equal(t, gateway.HashToken("the-admin-token"), c.adminToken)
	assert.Equal(t, "[10.0.0.1/32 192.0.2.0/24]", fmt.Sprint(c.trustedProxies))
	require.Len(t, c.connections, 2)
	a := c.connections[0]
	assert.Equal(t, "acme", a.config.ID)
	assert.Equal(t, "Acme Ltd", a.config.Name)
	assert.Equal(t, "strict", a.config.Profile)
	assert.Equal(t, "acme", a.config.Settings.Text("subdomain"))
	assert.Equal(t, "the-key", a.config.Settings.Secret("api_key").Reveal())
	assert.Equal(t, "mine.yaml", a.documentName)
	assert.Equal(t, "name: mine\n", string(a.document))
	assert.Equal(t, map[string]provision.Policy{
		"requester": {Disable: provision.DisableIgnore, Enable: provision.EnableIgnore, Delete: provision.DeleteErase,
			Conflict: provision.ConflictAdopt, ConflictSpecial: true},
		"": {Delete: provision.DeleteDeactivate},
	}, a.config.Policies)
	assert.True(t, a.config.CreateReferences)
	assert.True(t, a.config.ProtectAdmins)
	assert.Equal(t, map[string]string{"User": "user"}, a.config.NewObjects)
	require.Len(t, a.config.Tokens, 2)
	assert.Equal(t, gateway.Token{Name: "okta", Hash: gateway.HashToken("okta-token"), Expires: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)}, a.config.Tokens[0])
	assert.True(t, a.config.Tokens[1].ReadOnly)
	assert.True(t, a.config.Tokens[1].Expires.Equal(time.Date(2027, 6, 30, 10, 0, 0, 0, time.UTC)))
	assert.Equal(t, "store", c.connections[1].config.Name)
	assert.Empty(t, c.connections[1].config.Tokens)
}

// What only the account can tell to be wrong ends the start as well.
func TestConfig_DoesNotFitTheAccount(t *testing.T) {
	t.Parallel()
	p := newProgram("KEY", "right-key")
	account(t, p, "right-key")
	path := file(t, "usher.yaml", "connections:\n  - id: a\n    target: freshservice\n    settings: {subdomain: acme}\n"+
		"    credentials: {api_key: env:KEY}\n    new_objects: {User: ghost}\n")
	code, stdout, stderr := fails(t, p, "--config", path, "--listen", "127.0.0.1:0")
	assert.Equal(t, exitFailed, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, path+":2: connections[0]: connection a does not fit the account: provision: new resources of type User are to become ghost")
}

// The example of the guides and the README is one that works.
func TestConfig_OfTheGuides(t *testing.T) {
	t.Parallel()
	p := newProgram("USHER_ADMIN_TOKEN", "admin", "FRESHSERVICE_API_KEY", "right-key", "USHER_OKTA_TOKEN", "okta")
	account(t, p, "right-key")
	r := start(t, p, "--config", filepath.Join("..", "..", "docs", "guides", "usher.yaml"))
	assert.Equal(t, "https://scim.example.com/connections/acme/scim/v2", r.connection("acme").SCIMURL)
	assert.NotContains(t, r.stderr.String(), "WARN")
}

// What the guide to Freshservice proposes is taken by the server and the account.
func TestConfig_OfTheFreshserviceGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guides", "freshservice.md"))
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(guide), "```yaml\n")
	require.True(t, ok)
	text, _, _ := strings.Cut(block, "```")
	p := newProgram("FRESHSERVICE_API_KEY", "right-key", "USHER_OKTA_TOKEN", "okta")
	account(t, p, "right-key")
	owner := strings.Replace(text, "scim@example.com", "admin@example.com", 1) // the simulator's
	r := start(t, p, "--config", file(t, "usher.yaml", owner))
	c := r.connection("acme")
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, c.SCIMURL+"/Users?count=1", "okta", "").status)
	assert.NotContains(t, r.stderr.String(), "WARN")
}

func FuzzConfig(f *testing.F) {
	f.Add("listen: x\nconnections: [{id: a, target: memory, tokens: [{name: n, env: X}]}]\n")
	f.Add("a: &a [*a]\n? {b: c}\n: - d\n")
	f.Add("connections:\n  - policies: {x: {delete: y}}\n    settings: {a: 1.5, b: 2027-01-01, c: !!binary aGk=}\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := file(t, "usher.yaml", text)
		_, err := loadConfig(path, func(string) (string, bool) { return "x", true })
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("the file is not named: %v", err)
		}
	})
}

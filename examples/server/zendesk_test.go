package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const patchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// zendeskLogin is the login to the simulator that the ready line tells.
func zendeskLogin(c shown) string {
	return "basic:" + c.SimulatorCredentials["email"] + "/token:" + c.SimulatorCredentials["api_token"]
}

// find returns the users whom a filter finds.
func find(t *testing.T, c shown, filter string) []any {
	t.Helper()
	a := ask(t, http.MethodGet, c.SCIMURL+"/Users?filter="+url.QueryEscape(filter), c.Token, "")
	require.Equal(t, http.StatusOK, a.status, a.text)
	list, _ := a.object(t)["Resources"].([]any)
	return list
}

// A life in the sandbox, as Entra writes it: the vendor's limits are on, so the
// second update waits for the second to pass and is answered all the same.
func TestSandbox_ZendeskUser(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("zendesk-sandbox")
	login := zendeskLogin(c)
	made := ask(t, http.MethodPost, c.SCIMURL+"/Users", c.Token, `{"schemas":["`+userSchema+`","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"userName":"rosalind@example.com","externalId":"emp-99","name":{"givenName":"Rosalind","familyName":"Franklin"},"active":true,
		"emails":[{"value":"rosalind@example.com","type":"work","primary":true}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"organization":"Engineering","employeeNumber":"E-99"}}`)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	id := made.object(t)["id"].(string)
	assert.Equal(t, c.SCIMURL+"/Users/"+id, made.header.Get("Location"))
	native := func() map[string]any {
		t.Helper()
		a := ask(t, http.MethodGet, c.SimulatorURL+"/api/v2/users/"+id, login, "")
		require.Equal(t, http.StatusOK, a.status, a.text)
		return a.object(t)["user"].(map[string]any)
	}
	arrived := native()
	assert.Equal(t, "Rosalind Franklin", arrived["name"])
	assert.Equal(t, "rosalind@example.com", arrived["email"])
	assert.Equal(t, "emp-99", arrived["external_id"])
	assert.Equal(t, "end-user", arrived["role"])
	assert.NotNil(t, arrived["organization_id"])
	assert.Equal(t, "E-99", arrived["user_fields"].(map[string]any)["employee_number"])
	assert.Equal(t, c.SimulatorURL+"/api/v2/users/"+id+".json", arrived["url"])
	assert.Contains(t, ask(t, http.MethodGet, c.SimulatorURL+"/", "", "").text, "rosalind@example.com", "the page shows her")

	for _, filter := range []string{`userName eq "Rosalind@example.com"`, `externalId eq "emp-99"`, `emails[type eq "work"].value eq "rosalind@example.com"`} {
		assert.Len(t, find(t, c, filter), 1, filter)
	}
	assert.Empty(t, find(t, c, `userName eq "nobody@example.com"`))
	again := ask(t, http.MethodPost, c.SCIMURL+"/Users", c.Token, `{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com","displayName":"R"}`)
	assert.Equal(t, http.StatusConflict, again.status, again.text)
	assert.Equal(t, "uniqueness", again.object(t)["scimType"])

	patch := func(operations string) map[string]any {
		t.Helper()
		a := ask(t, http.MethodPatch, c.SCIMURL+"/Users/"+id, c.Token, `{"schemas":["`+patchOp+`"],"Operations":`+operations+`}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		return a.object(t)
	}
	patched := patch(`[{"op":"Replace","path":"name.familyName","value":"Elsie"},
		{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"+442079460009"}]`)
	assert.Equal(t, "Rosalind Elsie", patched["displayName"])
	assert.Equal(t, "Rosalind Elsie", native()["name"])
	assert.Equal(t, "+442079460009", native()["phone"])
	assert.Equal(t, false, patch(`[{"op":"Replace","path":"active","value":"False"}]`)["active"])
	assert.Equal(t, true, native()["suspended"])
	assert.Len(t, find(t, c, `userName eq "rosalind@example.com"`), 1, "who is suspended is shown")
	assert.Equal(t, true, patch(`[{"op":"Replace","path":"active","value":"True"}]`)["active"])
	assert.Equal(t, false, native()["suspended"])

	list := ask(t, http.MethodGet, c.SCIMURL+"/Users", c.Token, "").object(t)
	assert.EqualValues(t, 7, list["totalResults"], "the seeded ones, the owner and she")
	assert.Len(t, list["Resources"], 7)

	gone := ask(t, http.MethodDelete, c.SCIMURL+"/Users/"+id, c.Token, "")
	assert.Equal(t, http.StatusNoContent, gone.status, gone.text)
	assert.Equal(t, http.StatusNotFound, ask(t, http.MethodGet, c.SCIMURL+"/Users/"+id, c.Token, "").status)
	assert.Equal(t, false, native()["active"], "deleted softly")
	deleted := ask(t, http.MethodGet, c.SimulatorURL+"/api/v2/deleted_users/"+id, login, "")
	assert.Equal(t, http.StatusOK, deleted.status, "and not erased")

	events := ask(t, http.MethodGet, r.ready.URL+"/api/v1/events?connection=zendesk-sandbox", r.ready.AdminToken, "").object(t)["events"].([]any)
	done := map[string]bool{}
	for _, e := range events {
		e := e.(map[string]any)
		actions, _ := e["done"].([]any)
		done[strings.TrimSpace(fmt.Sprint(e["action"], " ", actions))] = true
	}
	for _, want := range []string{"create []", "patch [deactivate]", "patch [activate]", "delete [delete]"} {
		assert.True(t, done[want], "%s in %v", want, done)
	}
	for name, secret := range c.SimulatorCredentials {
		if name != "email" {
			assert.NotContains(t, r.stderr.String(), secret, name)
			assert.NotContains(t, fmt.Sprint(events), secret, name)
		}
	}
	assert.NotContains(t, r.stderr.String(), "rosalind", "logs have no people")
}

// The seeded people can be moved and taken out of their organization.
func TestSandbox_ZendeskOrganizations(t *testing.T) {
	t.Parallel()
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	r := start(t, newProgram())
	c := r.connection("zendesk-sandbox")
	found := find(t, c, `userName eq "katherine@example.com"`)
	require.Len(t, found, 1)
	katherine := found[0].(map[string]any)
	assert.Equal(t, "Sales", katherine[enterprise].(map[string]any)["organization"])
	address := c.SCIMURL + "/Users/" + katherine["id"].(string)
	moved := ask(t, http.MethodPatch, address, c.Token,
		`{"schemas":["`+patchOp+`"],"Operations":[{"op":"Replace","path":"`+enterprise+`:organization","value":"Engineering"}]}`)
	require.Equal(t, http.StatusOK, moved.status, moved.text)
	assert.Equal(t, "Engineering", moved.object(t)[enterprise].(map[string]any)["organization"])
	out := ask(t, http.MethodPut, address, c.Token, `{"schemas":["`+userSchema+`"],"userName":"katherine@example.com","displayName":"Katherine Johnson"}`)
	require.Equal(t, http.StatusOK, out.status, out.text)
	assert.Equal(t, "Engineering", out.object(t)[enterprise].(map[string]any)["organization"], "a PUT that does not speak of it")
	gone := ask(t, http.MethodPatch, address, c.Token, `{"schemas":["`+patchOp+`"],"Operations":[{"op":"Remove","path":"`+enterprise+`:organization"}]}`)
	require.Equal(t, http.StatusOK, gone.status, gone.text)
	assert.NotContains(t, gone.object(t), enterprise)
}

// Whoever calls the simulator past usher meets the vendor's limits as well.
func TestSandbox_ZendeskLimits(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("zendesk-sandbox")
	login := zendeskLogin(c)
	found := ask(t, http.MethodGet, c.SimulatorURL+"/api/v2/users/search?query=email:ada@example.com", login, "")
	require.Equal(t, http.StatusOK, found.status, found.text)
	assert.Equal(t, "700", found.header.Get("X-Rate-Limit"))
	ada := found.object(t)["users"].([]any)[0].(map[string]any)
	address := fmt.Sprintf("%s/api/v2/users/%.0f", c.SimulatorURL, ada["id"])
	refused := 0
	for range 6 { // five a minute, and one a second: of six, one at least is too many
		a := ask(t, http.MethodPut, address, login, `{"user":{"notes":"n"}}`)
		if a.status == http.StatusTooManyRequests {
			refused++
			assert.NotEmpty(t, a.header.Get("Retry-After"))
		}
	}
	assert.Positive(t, refused)
}

// Tokens by client credentials, as the ready line tells them.
func TestSandbox_ZendeskOAuthClient(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("zendesk-sandbox")
	body := fmt.Sprintf(`{"grant_type":"client_credentials","client_id":%q,"client_secret":%q,"scope":"read"}`,
		c.SimulatorCredentials["client_id"], c.SimulatorCredentials["client_secret"])
	issued := ask(t, http.MethodPost, c.SimulatorURL+"/oauth/tokens", "", body)
	require.Equal(t, http.StatusCreated, issued.status, issued.text)
	token := issued.object(t)["access_token"].(string)
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, c.SimulatorURL+"/api/v2/users", token, "").status)
}

// Further connections to Zendesk reach the simulator and nothing else, with either
// kind of credential.
func TestSandbox_FurtherZendeskConnections(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("zendesk-sandbox")
	add := func(name, subdomain, credentials string) *answered {
		return ask(t, http.MethodPost, r.ready.URL+"/api/v1/connections", r.ready.AdminToken,
			`{"name":"`+name+`","target":"zendesk","settings":{"subdomain":"`+subdomain+`"},"credentials":`+credentials+`}`)
	}
	s := c.SimulatorCredentials
	oauth := fmt.Sprintf(`{"client_id":%q,"client_secret":%q}`, s["client_id"], s["client_secret"])
	for name, credentials := range map[string]string{
		"oauth": oauth,
		"basic": fmt.Sprintf(`{"email":%q,"api_token":%q}`, s["email"], s["api_token"]),
	} {
		added := add(name, "sandbox", credentials)
		require.Equal(t, http.StatusCreated, added.status, added.text)
		o := added.object(t)
		seen := ask(t, http.MethodGet, o["scim_url"].(string)+"/Users", o["token"].(string), "")
		assert.Contains(t, seen.text, "ada@example.com", "both see the same account")
	}
	for name, credentials := range map[string]string{
		"wrong secret":    fmt.Sprintf(`{"client_id":%q,"client_secret":"not-the-secret"}`, s["client_id"]),
		"wrong API token": fmt.Sprintf(`{"email":%q,"api_token":"not-the-secret"}`, s["email"]),
	} {
		wrong := add(name, "sandbox", credentials)
		assert.Equal(t, http.StatusBadRequest, wrong.status, name)
		assert.Contains(t, wrong.text, `"refused"`, name)
		assert.NotContains(t, wrong.text, "not-the-secret", name)
	}
	elsewhere := add("elsewhere", "acme", oauth)
	require.Equal(t, http.StatusCreated, elsewhere.status, "it might be back later: %s", elsewhere.text)
	o := elsewhere.object(t)
	seen := ask(t, http.MethodGet, o["scim_url"].(string)+"/Users", o["token"].(string), "")
	assert.Equal(t, http.StatusServiceUnavailable, seen.status, "no other account can be reached: %s", seen.text)
	assert.NotContains(t, r.stderr.String(), "not-the-secret")
}

// zendeskAccount is a Zendesk account behind a program, without a network and
// without limits.
func zendeskAccount(t *testing.T, p *program) *zendesktest.Account {
	t.Helper()
	o := zendesktest.Sandbox()
	o.Plan = zendesktest.Unlimited
	o.Clients = []zendesktest.OAuthClient{{ID: "the-client", Secret: "right-secret"}}
	o.APITokens = []string{"right-token"}
	a := zendesktest.New(o)
	p.zendesk = zendesk.Options{
		Transport: inProcess{host: "acme.zendesk.com", handler: a}, Jitter: func() float64 { return 0 },
	}
	return a
}

const acmeZendesk = `
connections:
  - name: acme
    target: zendesk
    settings: {subdomain: acme}
    credentials: {client_id: env:CLIENT, client_secret: env:SECRET}
    tokens:
      - {name: okta, env: OKTA}
`

func TestConfigured_Zendesk(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"OAuth client": acmeZendesk,
		"API token":    strings.Replace(acmeZendesk, "client_id: env:CLIENT, client_secret: env:SECRET", "email: env:EMAIL, api_token: env:TOKEN", 1),
		"all settings": strings.Replace(acmeZendesk, "{subdomain: acme}", `{subdomain: acme, allow_admin: true, email_change: keep, scopes: "read write"}`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram("CLIENT", "the-client", "SECRET", "right-secret", "EMAIL", "admin@example.com", "TOKEN", "right-token", "OKTA", "token-of-okta")
			a := zendeskAccount(t, p)
			r := start(t, p, "--config", file(t, "usher.yaml", config))
			require.Len(t, r.ready.Connections, 1, "no sandbox")
			c := r.connection("acme")
			assert.Empty(t, c.SimulatorURL)
			made := ask(t, http.MethodPost, c.SCIMURL+"/Users", "token-of-okta", `{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com","displayName":"Rosalind"}`)
			require.Equal(t, http.StatusCreated, made.status, made.text)
			assert.NotNil(t, a.UserByEmail("rosalind@example.com"))
			assert.Equal(t, http.StatusNotFound, ask(t, http.MethodGet, r.ready.URL+"/simulator/zendesk/", "", "").status)
			assert.Equal(t, name == "API token", strings.Contains(r.stderr.String(), "2027-04-30"), "who uses an API token is warned: %s", r.stderr)
			for _, secret := range []string{"right-secret", "right-token", "the-client", "admin@example.com", "token-of-okta"} {
				assert.NotContains(t, r.stderr.String(), secret)
				assert.NotContains(t, r.line, secret)
			}
		})
	}
}

// What the settings say reaches the driver.
func TestConfigured_ZendeskAdministrators(t *testing.T) {
	t.Parallel()
	for setting, status := range map[string]int{"": http.StatusForbidden, ", allow_admin: true": http.StatusCreated} {
		p := newProgram("CLIENT", "the-client", "SECRET", "right-secret", "OKTA", "token-of-okta")
		a := zendeskAccount(t, p)
		r := start(t, p, "--config", file(t, "usher.yaml", strings.Replace(acmeZendesk, "{subdomain: acme}", "{subdomain: acme"+setting+"}", 1)))
		made := ask(t, http.MethodPost, r.connection("acme").SCIMURL+"/Users", "token-of-okta",
			`{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com","displayName":"Rosalind","userType":"Admin"}`)
		assert.Equal(t, status, made.status, made.text)
		assert.Equal(t, status == http.StatusCreated, a.UserByEmail("rosalind@example.com") != nil)
	}
}

func TestConfigured_ZendeskWrongCredentials(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{
		"OAuth client": acmeZendesk,
		"API token":    strings.Replace(acmeZendesk, "client_id: env:CLIENT, client_secret: env:SECRET", "email: env:EMAIL, api_token: env:SECRET", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram("CLIENT", "the-client", "SECRET", "wrong-secret", "EMAIL", "admin@example.com", "OKTA", "token-of-okta")
			zendeskAccount(t, p)
			path := file(t, "usher.yaml", config)
			code, stdout, stderr := fails(t, p, "--json", "--listen", "127.0.0.1:0", "--config", path)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, stdout)
			assert.Equal(t, "usher: "+path+":6: connections[0].credentials: zendesk does not accept the credentials of connection acme\n", stderr)
		})
	}
}

// Each mistake is told in one line with file, line and field.
func TestConfig_ZendeskMistakes(t *testing.T) {
	t.Parallel()
	const oauth = "{client_id: env:CLIENT, client_secret: env:SECRET}"
	for name, c := range map[string]struct{ settings, credentials, says string }{
		"no subdomain":       {"{}", oauth, ":4: connections[0].settings.subdomain: it is required"},
		"an address":         {"{subdomain: acme.zendesk.com}", oauth, ":4: connections[0].settings.subdomain: only the first part of the account's address is wanted"},
		"unknown setting":    {"{subdomain: acme, domain: x}", oauth, ":4: connections[0].settings.domain: there is no such setting"},
		"no switch":          {"{subdomain: acme, allow_admin: some}", oauth, ":4: connections[0].settings.allow_admin: "},
		"email change":       {"{subdomain: acme, email_change: both}", oauth, ":4: connections[0].settings.email_change: "},
		"scopes":             {"{subdomain: acme, scopes: 'read,write'}", oauth, ":4: connections[0].settings.scopes: "},
		"no credentials":     {"{subdomain: acme}", "{}", ":5: connections[0].credentials.client_id: it is required"},
		"no secret":          {"{subdomain: acme}", "{client_id: env:CLIENT}", ":5: connections[0].credentials.client_secret: it is required"},
		"no client":          {"{subdomain: acme}", "{client_secret: env:SECRET}", ":5: connections[0].credentials.client_id: it is required"},
		"no API token":       {"{subdomain: acme}", "{email: env:EMAIL}", ":5: connections[0].credentials.api_token: it is required with an e-mail address"},
		"no e-mail address":  {"{subdomain: acme}", "{api_token: env:SECRET}", ":5: connections[0].credentials.email: it is required with an API token"},
		"not an address":     {"{subdomain: acme}", "{email: env:CLIENT, api_token: env:SECRET}", ":5: connections[0].credentials.email: an e-mail address is wanted"},
		"both kinds":         {"{subdomain: acme}", "{client_id: env:CLIENT, client_secret: env:SECRET, email: env:EMAIL, api_token: env:SECRET}", ":5: connections[0].credentials.api_token: either client_id and client_secret are wanted, or email and api_token"},
		"literal secret":     {"{subdomain: acme}", "{client_id: env:CLIENT, client_secret: hunter2}", ":5: connections[0].credentials.client_secret: a secret is not written here"},
		"secret in settings": {"{subdomain: acme, client_secret: hunter2}", "{client_id: env:CLIENT}", ":4: connections[0].settings.client_secret: "},
		"Freshservice's key": {"{subdomain: acme}", "{api_key: env:SECRET}", ":5: connections[0].credentials.api_key: there is no such "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, "usher.yaml", "connections:\n  - id: a\n    target: zendesk\n    settings: "+c.settings+"\n    credentials: "+c.credentials+"\n")
			p := newProgram("CLIENT", "the-client", "SECRET", "the-secret", "EMAIL", "admin@example.com")
			code, stdout, stderr := fails(t, p, "--json", "--listen", "127.0.0.1:0", "--config", path)
			assert.Equal(t, exitFailed, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, "usher: "+path+c.says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
			for _, secret := range []string{"hunter2", "the-secret", "the-client", "admin@example.com"} {
				assert.NotContains(t, stderr, secret)
			}
		})
	}
}

// The configuration of the guide is one that works, and the guide has every
// setting.
func TestConfig_OfTheZendeskGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guides", "zendesk.md"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(guide), "\n```yaml\n")
	require.True(t, ok)
	config, _, ok := strings.Cut(rest, "\n```\n")
	require.True(t, ok)
	p := newProgram("ZENDESK_CLIENT_ID", "the-client", "ZENDESK_CLIENT_SECRET", "right-secret", "USHER_ENTRA_TOKEN", "entra")
	zendeskAccount(t, p).AddUser(zendesktest.User{Name: "Owner", Email: "owner@example.com", Role: "admin"}) // whom the guide names
	r := start(t, p, "--config", file(t, "usher.yaml", config+"\n"))
	seen := ask(t, http.MethodGet, r.connection("acme").SCIMURL+"/Users", "entra", "")
	assert.Contains(t, seen.text, "ada@example.com")
	assert.NotContains(t, r.stderr.String(), "WARN")

	settings, err := os.ReadFile(filepath.Join("..", "..", "docs", "guides", "configuration.md"))
	require.NoError(t, err)
	for _, s := range zendesk.Application(nil).Settings {
		assert.True(t, strings.Contains(string(guide), "`"+s.Name+"`"), "%s is not in the guide", s.Name)
		assert.True(t, strings.Contains(string(settings), "`"+s.Name+"`"), "%s is not in configuration.md", s.Name)
	}
}

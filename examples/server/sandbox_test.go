package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSandbox_APushedUserArrivesInTheSimulator(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("freshservice-sandbox")
	made := ask(t, http.MethodPost, c.SCIMURL+"/Users", c.Token, `{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com",
		"name":{"givenName":"Rosalind","familyName":"Franklin"},"title":"Chemist","active":true}`)
	require.Equal(t, http.StatusCreated, made.status, made.text)
	id := made.object(t)["id"].(string)
	assert.Equal(t, c.SCIMURL+"/Users/"+id, made.header.Get("Location"))

	key := "basic:" + c.SimulatorCredentials["api_key"] + ":X"
	seen := ask(t, http.MethodGet, c.SimulatorURL+"/api/v2/requesters?email=rosalind@example.com", key, "")
	require.Equal(t, http.StatusOK, seen.status)
	requesters := seen.object(t)["requesters"].([]any)
	require.Len(t, requesters, 1)
	requester := requesters[0].(map[string]any)
	assert.Equal(t, "Rosalind", requester["first_name"])
	assert.Equal(t, "Chemist", requester["job_title"])
	assert.Equal(t, true, requester["active"])
	assert.Contains(t, ask(t, http.MethodGet, c.SimulatorURL+"/", "", "").text, "rosalind@example.com", "the page shows her")

	gone := ask(t, http.MethodDelete, c.SCIMURL+"/Users/"+id, c.Token, "")
	assert.Equal(t, http.StatusNoContent, gone.status)
	assert.Equal(t, http.StatusNotFound, ask(t, http.MethodGet, c.SCIMURL+"/Users/"+id, c.Token, "").status)
	still := ask(t, http.MethodGet, c.SimulatorURL+"/api/v2/requesters/"+id, key, "").object(t)["requester"].(map[string]any)
	assert.Equal(t, false, still["active"], "nobody is erased")

	events := ask(t, http.MethodGet, r.ready.URL+"/api/v1/events?connection=freshservice-sandbox&user=rosalind@example.com", r.ready.AdminToken, "")
	require.Equal(t, http.StatusOK, events.status)
	list := events.object(t)["events"].([]any)
	require.NotEmpty(t, list)
	created := list[len(list)-1].(map[string]any)
	assert.Equal(t, "create", created["action"])
	calls := created["calls"].([]any)
	require.Len(t, calls, 1)
	assert.EqualValues(t, http.StatusCreated, calls[0].(map[string]any)["status"])
}

// Agents and groups: in both sandboxes an agent is made and put into a new group.
func TestSandbox_AnAgentInAGroup(t *testing.T) {
	t.Parallel()
	const extension = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:"
	r := start(t, newProgram())
	for connection, bodies := range map[string]struct{ user, group string }{
		"freshservice-sandbox": {
			`"roles":[{"value":"IT Agent"}],"` + extension + `User":{"isAgent":"True"}`,
			`"` + extension + `Group":{"kind":"agent"}`,
		},
		"zendesk-sandbox": {`"userType":"agent"`, `"externalId":"g-1"`},
	} {
		c := r.connection(connection)
		user := ask(t, http.MethodPost, c.SCIMURL+"/Users", c.Token, `{"schemas":["`+userSchema+`"],"userName":"lise@example.com",
			"name":{"givenName":"Lise","familyName":"Meitner"},`+bodies.user+`}`)
		require.Equal(t, http.StatusCreated, user.status, user.text)
		id := user.object(t)["id"].(string)
		group := ask(t, http.MethodPost, c.SCIMURL+"/Groups", c.Token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
			"displayName":"Physics","members":[{"value":"`+id+`"}],`+bodies.group+`}`)
		require.Equal(t, http.StatusCreated, group.status, group.text)
		found := ask(t, http.MethodGet, c.SCIMURL+"/Groups?filter=displayName+eq+%22Physics%22", c.Token, "").object(t)
		require.EqualValues(t, 1, found["totalResults"], found)
		members := found["Resources"].([]any)[0].(map[string]any)["members"].([]any)
		assert.Equal(t, id, members[0].(map[string]any)["value"])
		assert.Contains(t, ask(t, http.MethodGet, c.SimulatorURL+"/", "", "").text, "Physics", "the page shows it")
	}
}

// The shape that scripts rely on.
func TestSandbox_ReadyLine(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.line), &line))
	assert.Equal(t, true, line["ready"])
	url, _ := line["url"].(string)
	assert.Regexp(t, `^http://127\.0\.0\.1:[1-9][0-9]*$`, url)
	assert.Regexp(t, `^usher_[a-z2-7]{52}$`, line["admin_token"])
	list, _ := line["connections"].([]any)
	require.Len(t, list, 3)
	fresh, zen, inMemory := list[0].(map[string]any), list[1].(map[string]any), list[2].(map[string]any)
	assert.Equal(t, map[string]any{
		"id": "freshservice-sandbox", "name": "freshservice-sandbox", "target": "freshservice",
		"scim_url": url + "/connections/freshservice-sandbox/scim/v2", "token": fresh["token"],
		"simulator_url": url + "/simulator/freshservice", "simulator_credentials": fresh["simulator_credentials"],
	}, fresh)
	assert.Equal(t, map[string]any{
		"id": "zendesk-sandbox", "name": "zendesk-sandbox", "target": "zendesk",
		"scim_url": url + "/connections/zendesk-sandbox/scim/v2", "token": zen["token"],
		"simulator_url": url + "/simulator/zendesk", "simulator_credentials": zen["simulator_credentials"],
	}, zen)
	credentials, _ := zen["simulator_credentials"].(map[string]any)
	assert.Len(t, credentials, 4)
	for _, name := range []string{"client_id", "client_secret", "email", "api_token"} {
		assert.NotEmpty(t, credentials[name], name)
	}
	assert.Equal(t, map[string]any{
		"id": "memory-sandbox", "name": "memory-sandbox", "target": "memory",
		"scim_url": url + "/connections/memory-sandbox/scim/v2", "token": inMemory["token"],
	}, inMemory)
	assert.NotEqual(t, fresh["token"], inMemory["token"])
	assert.NotEqual(t, zen["token"], inMemory["token"])

	r.stop()
	rest, err := io.ReadAll(r.stdout)
	require.NoError(t, err)
	assert.Empty(t, rest, "one line on stdout, no more")
	assert.Equal(t, exitOK, <-r.code)
}

// Whatever the banner tells people to paste has to work.
func TestSandbox_CurlLinesWork(t *testing.T) {
	t.Parallel()
	r := launch(t, newProgram(), "--listen", "127.0.0.1:0")
	var text strings.Builder
	for {
		line, err := r.stdout.ReadString('\n')
		require.NoError(t, err)
		text.WriteString(line)
		if strings.HasPrefix(line, "Ctrl-C") {
			break
		}
	}
	lines := regexp.MustCompile(`curl -H "Authorization: Bearer ([^"]+)" "([^"]+)"`).FindAllStringSubmatch(text.String(), -1)
	require.Len(t, lines, 4, text.String())
	for _, m := range lines {
		a := ask(t, http.MethodGet, m[2], m[1], "")
		assert.Equal(t, http.StatusOK, a.status, m[2])
	}
	pages := regexp.MustCompile(`see\s+(\S+)`).FindAllStringSubmatch(text.String(), -1)
	require.Len(t, pages, 2)
	for _, page := range pages {
		assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, page[1], "", "").status, page[1])
	}
	key := regexp.MustCompile(`see +(\S+)/ \(its API below (/api/v2), key (\S+)\)`).FindStringSubmatch(text.String())
	require.NotNil(t, key, text.String())
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, key[1]+key[2]+"/requesters", "basic:"+key[3]+":X", "").status)
	login := regexp.MustCompile(`see +(\S+)/ \(its API below (/api/v2), user (\S+), password (\S+)\)`).FindStringSubmatch(text.String())
	require.NotNil(t, login, text.String())
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, login[1]+login[2]+"/users", "basic:"+login[3]+":"+login[4], "").status)
	for _, want := range []string{
		"freshservice-sandbox", "zendesk-sandbox", "memory-sandbox", "target   freshservice", "target   zendesk", "target   memory",
	} {
		assert.Contains(t, text.String(), want)
	}
}

func TestSandbox_EachNewMemoryConnectionIsEmpty(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	for _, name := range []string{"one", "two"} {
		added := ask(t, http.MethodPost, r.ready.URL+"/api/v1/connections", r.ready.AdminToken,
			`{"name":"`+name+`","target":"memory","settings":{},"credentials":{},"profile":"strict","mapping":null}`)
		require.Equal(t, http.StatusCreated, added.status, added.text)
		c := added.object(t)
		url, token := c["scim_url"].(string), c["token"].(string)
		assert.EqualValues(t, 0, ask(t, http.MethodGet, url+"/Users", token, "").object(t)["totalResults"])
		user := ask(t, http.MethodPost, url+"/Users", token, `{"schemas":["`+userSchema+`"],"userName":"ada@example.com"}`)
		require.Equal(t, http.StatusCreated, user.status, user.text)
		group := ask(t, http.MethodPost, url+"/Groups", token, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],
			"displayName":"Tours","members":[{"value":"`+user.object(t)["id"].(string)+`"}]}`)
		assert.Equal(t, http.StatusCreated, group.status, group.text)
	}
}

// The sandbox's Freshservice is the simulator and nothing else.
func TestSandbox_FurtherConnectionsReachTheSimulatorOnly(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c := r.connection("freshservice-sandbox")
	add := func(name, subdomain, key string) *answered {
		return ask(t, http.MethodPost, r.ready.URL+"/api/v1/connections", r.ready.AdminToken,
			`{"name":"`+name+`","target":"freshservice","settings":{"subdomain":"`+subdomain+`"},"credentials":{"api_key":"`+key+`"}}`)
	}
	second := add("second", "sandbox", c.SimulatorCredentials["api_key"])
	require.Equal(t, http.StatusCreated, second.status, second.text)
	o := second.object(t)
	seen := ask(t, http.MethodGet, o["scim_url"].(string)+"/Users", o["token"].(string), "")
	assert.Contains(t, seen.text, "ada@example.com", "both see the same account")

	wrong := add("wrong", "sandbox", "not-the-key")
	assert.Equal(t, http.StatusBadRequest, wrong.status)
	assert.Contains(t, wrong.text, `"refused"`)
	assert.NotContains(t, wrong.text, "not-the-key")
}

func TestSandbox_PublicURL(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram(), "--public-url", "https://scim.example.com/")
	c := r.connection("freshservice-sandbox")
	assert.Equal(t, "https://scim.example.com/connections/freshservice-sandbox/scim/v2", c.SCIMURL)
	assert.Equal(t, "https://scim.example.com/simulator/freshservice", c.SimulatorURL)
	assert.True(t, strings.HasPrefix(r.ready.URL, "http://127.0.0.1:"))
	made := ask(t, http.MethodPost, r.ready.URL+"/scim/v2/Users", c.Token, `{"schemas":["`+userSchema+`"],"userName":"rosalind@example.com"}`)
	require.Equal(t, http.StatusCreated, made.status)
	assert.True(t, strings.HasPrefix(made.header.Get("Location"), "https://scim.example.com/scim/v2/Users/"))
	for _, name := range []string{"freshservice", "zendesk"} {
		page := ask(t, http.MethodGet, r.ready.URL+"/simulator/"+name+"/", "", "", "Host", "scim.example.com")
		assert.Equal(t, http.StatusOK, page.status)
		assert.Contains(t, page.text, "ada@example.com")
	}
}

// D16 (j).
func TestSandbox_HostAndOriginOfItsPages(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	c, zen := r.connection("freshservice-sandbox"), r.connection("zendesk-sandbox")
	for _, url := range []string{
		r.ready.URL + "/api/v1/connections",
		c.SimulatorURL, c.SimulatorURL + "/", c.SimulatorURL + "/api/v2/requesters",
		zen.SimulatorURL, zen.SimulatorURL + "/", zen.SimulatorURL + "/api/v2/users", zen.SimulatorURL + "/oauth/tokens",
	} {
		for _, headers := range [][]string{
			{"Host", "evil.example.net"},
			{"Origin", "http://evil.example.net"},
			{"Sec-Fetch-Site", "cross-site"},
		} {
			a := ask(t, http.MethodGet, url, r.ready.AdminToken, "", headers...)
			assert.Equal(t, http.StatusForbidden, a.status, "%s %v", url, headers)
			assert.NotContains(t, a.text, "example.com")
		}
	}
	a := ask(t, http.MethodGet, c.SCIMURL+"/Users", c.Token, "", "Host", "scim.example.com")
	assert.Equal(t, http.StatusOK, a.status, "the SCIM side is guarded by its tokens")
}

func TestSandbox_Listens(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "scim.example.com:0"} {
		code, stdout, stderr := fails(t, newProgram(), "--listen", listen)
		assert.Equal(t, exitFailed, code, listen)
		assert.Empty(t, stdout)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		assert.Contains(t, stderr, "--sandbox-remote")
	}
	for _, listen := range []string{"localhost:0", "127.0.0.1:0"} {
		r := launch(t, newProgram(), "--json", "--listen", listen)
		assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, r.ready.URL+"/healthz", "", "").status)
	}
	r := launch(t, newProgram(), "--json", "--listen", "0.0.0.0:0", "--sandbox-remote")
	assert.True(t, strings.HasPrefix(r.ready.URL, "http://127.0.0.1:"), r.ready.URL)
	assert.Equal(t, http.StatusOK, ask(t, http.MethodGet, r.ready.URL+"/api/v1/connections", r.ready.AdminToken, "").status)
}

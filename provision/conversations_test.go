package provision_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

var update = flag.Bool("update", false, "write the expectations in testdata/conversations anew")

// expectation is what one conversation comes to at one target. The files are
// ours: written by -update, and read by a person before they are committed.
type expectation struct {
	// Departments and Fields are what the account has before the conversation.
	Departments []string `json:"departments,omitempty"`
	Fields      []string `json:"fields,omitempty"`
	// Steps are the target calls of each request.
	Steps []expectedStep `json:"steps"`
	// Records are the target's people at the end, Groups its groups with their
	// members.
	Records []json.RawMessage `json:"records"`
	Groups  []json.RawMessage `json:"groups,omitempty"`
}

type expectedStep struct {
	Request string   `json:"request"`
	Calls   []string `json:"calls"`
}

func conversations(t *testing.T) []*scimtest.Conversation {
	t.Helper()
	all, err := scimtest.LoadVectors(filepath.Join(testx.Shared(t), "vectors"))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

func expectationFile(target string, c *scimtest.Conversation) string {
	return filepath.Join("testdata", "conversations", target, strings.ReplaceAll(c.ID(), "/", "-")+".json")
}

func readExpectation(t *testing.T, file string) (e expectation) {
	t.Helper()
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) && *update {
		return e
	}
	require.NoError(t, err, "no expectation: run with -update and read what it writes")
	require.NoError(t, json.Unmarshal(data, &e))
	return e
}

// converse runs a conversation and notes the target calls of each step.
func converse(t *testing.T, w *world, c *scimtest.Conversation) ([]expectedStep, error) {
	t.Helper()
	var steps []expectedStep
	note := func(s scimtest.StepRun) {
		line := s.Step.Request.Method + " " + s.Step.Request.Path
		steps = append(steps, expectedStep{Request: line, Calls: nonNil(w.takeCalls())})
	}
	res := scimtest.Run(t.Context(), scimtest.Handler(w.handler, baseURL, token), c, &scimtest.Options{
		After: func(_ context.Context, s scimtest.StepRun, _ *scimtest.Response) error { note(s); return nil },
	})
	return steps, res.Err()
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func checkExpectation(t *testing.T, file string, want, got expectation) {
	t.Helper()
	if *update {
		got.Departments, got.Fields = want.Departments, want.Fields
		var data bytes.Buffer
		e := json.NewEncoder(&data)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		require.NoError(t, e.Encode(got))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, data.Bytes(), 0o644))
		return
	}
	assert.Equal(t, want.Steps, got.Steps, "target calls")
	checkRecords(t, want.Records, got.Records)
	checkRecords(t, want.Groups, got.Groups)
}

func checkRecords(t *testing.T, want, got []json.RawMessage) {
	t.Helper()
	require.Len(t, got, len(want), "records at the target")
	for i := range want {
		assert.JSONEq(t, string(want[i]), string(got[i]))
	}
}

// TestConversations_Memory runs every conversation against the store in memory,
// through the real handler: those of level rfc in both profiles, those of level
// compat in the compatible one (design §8).
func TestConversations_Memory(t *testing.T) {
	t.Parallel()
	for _, c := range conversations(t) {
		profiles := []scim.Profile{scim.ProfileCompatible()}
		if c.Level == "rfc" {
			profiles = append(profiles, scim.ProfileStrict())
		}
		for _, p := range profiles {
			t.Run(c.ID()+"/"+p.Name, func(t *testing.T) {
				t.Parallel()
				w := memoryWorld(t, p)
				steps, err := converse(t, w, c)
				require.NoError(t, err)
				if p.Name != "compatible" {
					return
				}
				file := expectationFile("memory", c)
				checkExpectation(t, file, readExpectation(t, file), expectation{Steps: steps, Records: memoryRecords(t, w)})
			})
		}
	}
}

func memoryRecords(t *testing.T, w *world) []json.RawMessage {
	t.Helper()
	var out []json.RawMessage
	for _, path := range []string{"/Users", "/Groups"} {
		r, err := w.client.Get(t.Context(), path+"?count=200")
		require.NoError(t, err)
		for _, res := range r.Resources() {
			delete(res["meta"].(map[string]any), "version") // see versions_test.go
			data, err := json.Marshal(res)
			require.NoError(t, err)
			out = append(out, data)
		}
	}
	return out
}

// vendor is a target whose people are asserted as it stores them.
type vendor struct {
	name  string
	world func(t *testing.T, e expectation) *world
	// groups says that what is asserted is what becomes of groups: conversations
	// without any are those of another vendor.
	groups bool
}

var vendors = []vendor{
	{"freshservice", func(t *testing.T, e expectation) *world {
		account := &freshservicetest.Options{}
		for _, d := range e.Departments {
			account.Departments = append(account.Departments, freshservicetest.Department{Name: d})
		}
		for _, f := range e.Fields {
			account.Fields = append(account.Fields, freshservicetest.RequesterField{Name: f})
		}
		return freshserviceWorld(t, account, nil, nil)
	}, false},
	{"freshservice-agents", func(t *testing.T, e expectation) *world {
		account := &freshservicetest.Options{}
		for _, d := range e.Departments {
			account.Departments = append(account.Departments, freshservicetest.Department{Name: d})
		}
		for _, f := range e.Fields {
			account.AgentFields = append(account.AgentFields, freshservicetest.AgentField{Name: f})
		}
		return newAgentsWorld(t, account)
	}, false},
	{"zendesk", func(t *testing.T, e expectation) *world {
		return zendeskWorld(t, zendeskAccount(e), nil, nil)
	}, false},
	{"zendesk-organizations", func(t *testing.T, e expectation) *world {
		return zendeskWorld(t, zendeskAccount(e), &zendesk.Options{Organizations: zendesk.OrganizationsGroups},
			&provision.Options{NewObjects: map[string]string{"Group": "organization"}})
	}, true},
	{"zendesk-agents", func(t *testing.T, e expectation) *world {
		return zendeskMapped(t, newAgents, zendeskAccount(e), nil, nil)
	}, true},
}

// newAgents makes agents of new users, who can be members of groups then.
const newAgents = `
apiVersion: mapping/v1
name: acme-user
extends: zendesk-user
rules:
  - {scim: userType, target: role, when: active != false, pipe: ['map("role")'], default: agent, onUnset: keep}
`

func zendeskAccount(e expectation) *zendesktest.Options {
	account := &zendesktest.Options{}
	for _, f := range e.Fields {
		account.Fields = append(account.Fields, zendesktest.UserField{Key: f})
	}
	return account
}

// TestConversations_Vendors runs every conversation about users against the
// simulators, with native records and target calls asserted. Those in skip.json
// cannot pass, and fail the test when they do.
func TestConversations_Vendors(t *testing.T) {
	t.Parallel()
	all := conversations(t)
	for _, v := range vendors {
		skip := map[string]string{}
		data, err := os.ReadFile(filepath.Join("testdata", "conversations", v.name, "skip.json"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &skip))
		for _, c := range all {
			if v.groups && !aboutGroups(c) {
				continue
			}
			t.Run(v.name+"/"+c.ID(), func(t *testing.T) {
				t.Parallel()
				file := expectationFile(v.name, c)
				if reason := skip[c.ID()]; reason != "" {
					_, err := converse(t, v.world(t, expectation{Departments: departmentsIn(c)}), c)
					require.Error(t, err, "it passes now: take it out of skip.json (%s)", reason)
					return
				}
				want := readExpectation(t, file)
				if *update && want.Departments == nil && strings.HasPrefix(v.name, "freshservice") {
					want.Departments = departmentsIn(c)
				}
				w := v.world(t, want)
				steps, err := converse(t, w, c)
				require.NoError(t, err)
				checkExpectation(t, file, want, expectation{Steps: steps, Records: records(t, w.natives()), Groups: records(t, w.nativeGroups())})
			})
		}
		known := make(map[string]bool)
		for _, c := range all {
			known[c.ID()] = true
		}
		for id := range skip {
			assert.True(t, known[id], "skip.json of %s names a conversation that does not exist: %s", v.name, id)
		}
	}
}

// aboutGroups reports whether a conversation makes groups.
func aboutGroups(c *scimtest.Conversation) bool {
	return slices.ContainsFunc(c.Steps, func(s scimtest.Step) bool {
		return s.Request.Method == "POST" && s.Request.Path == "/Groups"
	})
}

// departmentsIn finds the departments that a conversation's bodies name.
func departmentsIn(c *scimtest.Conversation) []string {
	names := make(map[string]bool)
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, m := range v {
				if s, ok := m.(string); ok && s != "" && (k == "department" || strings.HasSuffix(k, ":department")) {
					names[s] = true
				}
				visit(m)
			}
			if path, _ := v["path"].(string); strings.HasSuffix(path, "department") {
				if s, ok := v["value"].(string); ok && s != "" {
					names[s] = true
				}
			}
		case []any:
			for _, m := range v {
				visit(m)
			}
		}
	}
	for _, s := range c.Steps {
		var body any
		data, _ := json.Marshal(s.Request.Body)
		_ = json.Unmarshal(data, &body)
		visit(body)
	}
	return slices.Sorted(maps.Keys(names))
}

func records(t *testing.T, natives []map[string]any) []json.RawMessage {
	t.Helper()
	var out []json.RawMessage
	for _, r := range natives {
		data, err := json.Marshal(r)
		require.NoError(t, err, fmt.Sprint(r))
		out = append(out, data)
	}
	return out
}

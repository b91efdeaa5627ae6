package provision_test

import (
	"context"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
)

// withOverride is Freshservice's default mappings with a document of one's own.
func withOverride(t testing.TB, text string) fs.FS {
	t.Helper()
	return withOverrideOf(t, freshservice.Mappings, text)
}

func withOverrideOf(t testing.TB, mappings fs.FS, text string) fs.FS {
	t.Helper()
	out := fstest.MapFS{"own.yaml": {Data: []byte(text)}}
	require.NoError(t, fs.WalkDir(mappings, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(mappings, p)
		out[p] = &fstest.MapFile{Data: data}
		return err
	}))
	return out
}

// TestOverride_RuleByRule: a connection's own document takes the place of the
// default that it extends, for the routes as well.
func TestOverride_RuleByRule(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"acme-requester", "freshservice-requester"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, nil, nil, nil)
			b, err := provision.New(w.target, withOverride(t, `
apiVersion: mapping/v1
name: `+name+`
extends: freshservice-requester
rules:
  - {scim: nickName, target: job_title}
`), nil)
			require.NoError(t, err)
			h, err := scim.NewHandler(b, &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token)})
			require.NoError(t, err)
			w.client = scimtest.NewClient(scimtest.Handler(h, baseURL, token))
			id := create(t, w, user("ada@example.com", map[string]any{"title": "Analyst", "nickName": "Countess"})).ID()
			assert.Equal(t, "Countess", record(t, w, id)["job_title"], "the rule was replaced")
			assert.Equal(t, "Byron", record(t, w, id)["last_name"], "the others stand")
			const fs = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
			must(t, w, "POST", "/Users", user("x@example.com", map[string]any{fs: map[string]any{"isAgent": true}}), 400)
		})
	}
	w := freshserviceWorld(t, nil, nil, nil)
	_, err := provision.New(w.target, withOverride(t, "apiVersion: mapping/v1\nname: own\nextends: freshservice-requestor\n"), nil)
	require.ErrorContains(t, err, "freshservice-requestor")
	_, err = provision.New(w.target, withOverride(t, "apiVersion: mapping/v1\nname: own\nextends: freshservice-requester\nrules: [{scim: nope, target: job_title}]\n"), nil)
	require.ErrorContains(t, err, "own.yaml")
}

// TestLock_TwoConnectionsToOneAccount: writers of one record wait for each other
// although they come by different connections.
func TestLock_TwoConnectionsToOneAccount(t *testing.T) {
	t.Parallel()
	locker := &watchedLocker{}
	w := freshserviceWorld(t, nil, nil, &provision.Options{Connection: "one", Locker: locker})
	other, err := provision.New(w.target, freshservice.Mappings, &provision.Options{Connection: "two", Locker: locker})
	require.NoError(t, err)
	id := create(t, w, user("ada@example.com", nil)).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("title", "x")), 200)
	first := locker.keys()
	h, err := scim.NewHandler(other, &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token)})
	require.NoError(t, err)
	w.client = scimtest.NewClient(scimtest.Handler(h, baseURL, token))
	must(t, w, "PATCH", "/Users/"+id, patch(set("title", "y")), 200)
	assert.Contains(t, first, locker.keys()[0])
}

// watchedLocker notes which keys were locked since it was asked last.
type watchedLocker struct {
	provision.MemoryLocker
	seen []string
}

func (l *watchedLocker) Lock(ctx context.Context, key string) (func(), error) {
	l.seen = append(l.seen, key)
	return l.MemoryLocker.Lock(ctx, key)
}

func (l *watchedLocker) keys() []string {
	keys := l.seen
	l.seen = nil
	return keys
}

// TestCheck_MappingAgainstTheAccount: what a document names and the account does
// not have is told by Check, with its place, and not by the first user.
func TestCheck_MappingAgainstTheAccount(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	require.NoError(t, w.backend.Check(t.Context()))
	doc := `
apiVersion: mapping/v1
name: own
resource: {type: User, schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]}
target: {object: requester}
rules:
  - {scim: userName, target: primary_email}
  - {scim: title, target: job_titel}
`
	b, err := provision.New(w.target, fstest.MapFS{"own.yaml": {Data: []byte(doc)}}, nil)
	require.NoError(t, err, "a document that does not declare fields is checked against the account")
	err = b.Check(t.Context())
	require.ErrorContains(t, err, "own.yaml:8")
	require.ErrorContains(t, err, "job_title")
}

// TestOverride_WorkEmailFirst holds the document in docs/guides/freshservice.md
// that makes the work e-mail the login (design D9).
func TestOverride_WorkEmailFirst(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	b, err := provision.New(w.target, withOverride(t, `
apiVersion: mapping/v1
name: work-email-first
extends: freshservice-requester
rules:
  - {name: login, scim: 'emails[type eq "work"].value', target: primary_email, pipe: [lower], element: {primary: true}, onUnset: keep, alternatives: true}
  - {name: work-email, scim: userName, target: primary_email, when: isEmail(userName), pipe: [lower], onUnset: keep, alternative: true}
`), &provision.Options{Sink: w.events})
	require.NoError(t, err)
	h, err := scim.NewHandler(b, &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token)})
	require.NoError(t, err)
	w.client = scimtest.NewClient(scimtest.Handler(h, baseURL, token))
	mail := map[string]any{"emails": []any{map[string]any{"type": "work", "value": "Mail@example.com"}}}
	id := create(t, w, user("login@example.com", mail)).ID()
	assert.Equal(t, "mail@example.com", record(t, w, id)["primary_email"])
	assert.Contains(t, w.events.last().Words, "W_IDENTITY_MISMATCH")
	read := must(t, w, "GET", "/Users/"+id, nil, 200).Body
	assert.Equal(t, "login@example.com", read["userName"], "State keeps it")
	assert.Equal(t, 1, find(t, w, `userName eq "LOGIN@example.com"`).Total())
	assert.Equal(t, 1, find(t, w, `emails[type eq "work"].value eq "mail@example.com"`).Total())
	only := create(t, w, user("only@example.com", nil)).ID()
	assert.Equal(t, "only@example.com", record(t, w, only)["primary_email"])
}

// TestLate_OnlyWhatWasLookedFor: a person who is called like a department does not
// take its place in a reference that waits for one.
func TestLate_OnlyWhatWasLookedFor(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	b, err := provision.New(w.target, withOverride(t, `
apiVersion: mapping/v1
name: late-departments
extends: freshservice-requester
lookups:
  department: {object: department, keys: [name], value: id, onMissing: defer}
`), nil)
	require.NoError(t, err)
	h, err := scim.NewHandler(b, &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token)})
	require.NoError(t, err)
	w.client = scimtest.NewClient(scimtest.Handler(h, baseURL, token))
	const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	id := create(t, w, user("ada@example.com", map[string]any{ent: map[string]any{
		"department": "lab@example.com", "manager": map[string]any{"value": "lab@example.com"},
	}})).ID()
	lab := create(t, w, user("lab@example.com", nil)).ID()
	rec := record(t, w, id)
	assert.Equal(t, lab, fmt.Sprint(rec["reporting_manager_id"]), "the manager has arrived")
	assert.Empty(t, rec["department_ids"], "and no department")
}

// TestUnknownID: a stored reference to what does not exist reads as unset, or is
// an error where the mapping wants that. It never keeps a write from mending it.
func TestUnknownID(t *testing.T) {
	t.Parallel()
	const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	w := freshserviceWorld(t, nil, nil, nil)
	w.account.AddDepartment(freshservicetest.Department{Name: "Lab"})
	id := fmt.Sprint(w.account.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com", DepartmentIDs: []int64{4711}}))
	lenient := must(t, w, "GET", "/Users/"+id, nil, 200).Body
	assert.NotContains(t, lenient, ent)

	b, err := provision.New(w.target, withOverride(t, `
apiVersion: mapping/v1
name: strict-departments
extends: freshservice-requester
lookups:
  department: {object: department, keys: [name], value: id, onUnknownId: error}
`), nil)
	require.NoError(t, err)
	h, err := scim.NewHandler(b, &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token)})
	require.NoError(t, err)
	w.client = scimtest.NewClient(scimtest.Handler(h, baseURL, token))
	for _, path := range []string{"/Users/" + id, "/Users", "/Users?filter=userName+eq+%22ada@example.com%22", "/Users?cursor="} {
		got := must(t, w, "GET", path, nil, 500).Body
		assert.Contains(t, got["detail"], "no department with id 4711, which the record refers to", path)
	}
	must(t, w, "PATCH", "/Users/"+id, patch(set(ent+":department", "Lab")), 200)
	assert.Equal(t, "Lab", must(t, w, "GET", "/Users/"+id, nil, 200).Body[ent].(map[string]any)["department"])
}

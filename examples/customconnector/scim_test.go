package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
)

// service is the running program, seen from the identity provider.
type service struct {
	*scimtest.Client
	t    *testing.T
	path string // of the file
}

// start runs the program over a file with this content ("" for none) on a free
// port until the test ends.
func start(t *testing.T, content string) *service {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.csv")
	if content != "" {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-listen", "127.0.0.1:0", path}, in, io.Discard)
		_ = in.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	said := map[string]string{}
	lines := bufio.NewScanner(out)
	for said["try"] == "" && lines.Scan() {
		word, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		said[word] = strings.TrimSpace(rest)
	}
	require.NoError(t, lines.Err())
	assert.Equal(t, `curl -H "Authorization: Bearer `+said["token"]+`" "`+said["URL"]+`/Users?count=3"`, said["try"])
	return &service{Client: scimtest.NewClient(scimtest.URL(nil, said["URL"], said["token"])), t: t, path: path}
}

// lines returns the lines of the file below the names.
func (s *service) lines() []string {
	s.t.Helper()
	data, err := os.ReadFile(s.path)
	require.NoError(s.t, err)
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	require.Equal(s.t, header, lines[0])
	return lines[1:]
}

// ok wants an answer with this status.
func ok(t *testing.T, status int) func(*scimtest.Response, error) *scimtest.Response {
	return func(r *scimtest.Response, err error) *scimtest.Response {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, status, r.Status, "%s", r.Raw)
		return r
	}
}

const (
	header     = "id,email,first_name,last_name,title,department,active"
	core       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

func rosalind() map[string]any {
	return map[string]any{
		"schemas": []string{core, enterprise}, "userName": "rosalind@example.com", "externalId": "701984",
		"name":   map[string]any{"givenName": "Rosalind", "familyName": "Franklin"},
		"emails": []any{map[string]any{"type": "work", "value": "rosalind@example.com", "primary": true}},
		"title":  "Chemist", "active": true, enterprise: map[string]any{"department": "Crystallography"},
	}
}

func TestSCIM_LifeOfAUser(t *testing.T) {
	t.Parallel()
	s := start(t, header+"\n1,ada@example.com,Ada,Lovelace,,,true\n")
	ctx := t.Context()
	find := func(filter string) *scimtest.Response {
		t.Helper()
		return ok(t, http.StatusOK)(s.List(ctx, "/Users", url.Values{"filter": {filter}}))
	}

	assert.Zero(t, find(`userName eq "rosalind@example.com"`).Total())
	made := ok(t, http.StatusCreated)(s.Create(ctx, "/Users", rosalind()))
	assert.Equal(t, "2", made.ID())
	assert.Equal(t, "2,rosalind@example.com,Rosalind,Franklin,Chemist,Crystallography,true", s.lines()[1])
	user := "/Users/" + made.ID()

	for _, filter := range []string{
		`userName eq "ROSALIND@example.com"`, `externalId eq "701984"`, `emails[type eq "work"].value eq "rosalind@example.com"`,
		`title eq "Chemist" and active eq true`, `name.familyName co "rank" and not (title eq "Queen")`,
	} {
		assert.Equal(t, made.ID(), find(filter).Resources()[0]["id"], filter)
	}
	assert.Equal(t, 2, ok(t, http.StatusOK)(s.List(ctx, "/Users", nil)).Total())

	// As Entra ID sends it: capital letters, a value path, booleans as text.
	ok(t, http.StatusOK)(s.Patch(ctx, user,
		scimtest.PatchOp{Op: "Replace", Path: `emails[type eq "work"].value`, Value: "franklin@example.com"},
		scimtest.PatchOp{Op: "Replace", Path: "userName", Value: "franklin@example.com"},
		scimtest.PatchOp{Op: "Add", Path: enterprise + ":department", Value: "Virology"},
		scimtest.PatchOp{Op: "Remove", Path: "title"}))
	assert.Equal(t, "2,franklin@example.com,Rosalind,Franklin,,Virology,true", s.lines()[1])
	ok(t, http.StatusOK)(s.Patch(ctx, user, scimtest.PatchOp{Op: "Replace", Path: "active", Value: "False"}))
	assert.Equal(t, "2,franklin@example.com,Rosalind,Franklin,,Virology,false", s.lines()[1])
	assert.Equal(t, false, ok(t, http.StatusOK)(s.Get(ctx, user)).Body["active"])
	ok(t, http.StatusOK)(s.Patch(ctx, user, scimtest.PatchOp{Op: "Replace", Value: map[string]any{"active": "True"}}))
	assert.Equal(t, "2,franklin@example.com,Rosalind,Franklin,,Virology,true", s.lines()[1])

	back := rosalind()
	ok(t, http.StatusOK)(s.Replace(ctx, user, back))
	assert.Equal(t, "2,rosalind@example.com,Rosalind,Franklin,Chemist,Crystallography,true", s.lines()[1])

	// A DELETE disables and hides, a create with the address revives.
	ok(t, http.StatusNoContent)(s.Delete(ctx, user))
	assert.Equal(t, "2,rosalind@example.com,Rosalind,Franklin,Chemist,Crystallography,false", s.lines()[1])
	ok(t, http.StatusNotFound)(s.Get(ctx, user))
	assert.Equal(t, 1, ok(t, http.StatusOK)(s.List(ctx, "/Users", nil)).Total())
	back["title"] = "Professor"
	again := ok(t, http.StatusCreated)(s.Create(ctx, "/Users", back))
	assert.Equal(t, made.ID(), again.ID())
	assert.Equal(t, []string{"1,ada@example.com,Ada,Lovelace,,,true", "2,rosalind@example.com,Rosalind,Franklin,Professor,Crystallography,true"}, s.lines())
}

func TestSCIM_Refusals(t *testing.T) {
	t.Parallel()
	s := start(t, "") // the example's people
	ctx := t.Context()
	taken := rosalind()
	taken["userName"], taken["emails"] = "ADA@example.com", nil
	r := ok(t, http.StatusConflict)(s.Create(ctx, "/Users", taken))
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	r = ok(t, http.StatusConflict)(s.Patch(ctx, "/Users/2", scimtest.PatchOp{Op: "replace", Path: "userName", Value: "ada@example.com"}))
	assert.Contains(t, r.Body["detail"], "(SCIM userName)", "the attribute behind the field is named")
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	nameless := rosalind()
	nameless["userName"], nameless["emails"] = "rosalind", nil
	r = ok(t, http.StatusBadRequest)(s.Create(ctx, "/Users", nameless))
	assert.Equal(t, "invalidValue", r.Body["scimType"])
	ok(t, http.StatusNotFound)(s.Get(ctx, "/Users/99"))
	ok(t, http.StatusNotFound)(s.Get(ctx, "/Users/x"))
	assert.Len(t, s.lines(), 3)
}

func TestSCIM_Paging(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString(header + "\n")
	const people = 2*pageSize + 30
	for i := range people {
		file.WriteString(line(i + 1))
	}
	s := start(t, file.String())
	seen := map[any]bool{}
	for from := 1; from <= people; {
		r := ok(t, http.StatusOK)(s.List(t.Context(), "/Users", url.Values{"startIndex": {itoa(from)}, "count": {"70"}}))
		require.NotEmpty(t, r.Resources())
		for _, u := range r.Resources() {
			assert.False(t, seen[u["id"]], "user %v twice", u["id"])
			seen[u["id"]] = true
		}
		from += len(r.Resources())
	}
	assert.Len(t, seen, people)
}

func TestSCIM_FileIsGone(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	require.NoError(t, os.Remove(s.path))
	r := ok(t, http.StatusServiceUnavailable)(s.Get(t.Context(), "/Users/1"))
	assert.NotEmpty(t, r.Header.Get("Retry-After"))
	assert.NotContains(t, string(r.Raw), s.path, "clients are not told of paths")
}

func TestRun_Refuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.csv")
	require.NoError(t, os.WriteFile(bad, []byte("name,age\nAda,36\n"), 0o600))
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"no file":          {nil, "the name of one CSV file is wanted"},
		"two files":        {[]string{"a", "b"}, "the name of one CSV file is wanted"},
		"another table":    {[]string{"-listen", "127.0.0.1:0", bad}, "does not begin with the line " + header},
		"no such folder":   {[]string{filepath.Join(dir, "no", "x.csv")}, "no such file"},
		"address is taken": {[]string{"-listen", "127.0.0.1:99999", filepath.Join(dir, "x.csv")}, "invalid port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.ErrorContains(t, run(t.Context(), tc.args, io.Discard, io.Discard), tc.want)
		})
	}
}

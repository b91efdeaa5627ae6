package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/provision"
)

func TestAdd_Names(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ id, name, want, field string }{
		"name is an id":       {"", "acme-1", "acme-1", ""},
		"id given":            {"a", "Acme Ltd", "a", ""},
		"id alone":            {"acme", "", "acme", ""},
		"name is no id":       {"", "Acme  Ltd. (EU)", "acme-ltd-eu", ""},
		"other letters":       {"", "Ärzte 7", "rzte-7", ""},
		"nothing left":        {"", "日本", "", "name"},
		"neither":             {"", "", "", "name"},
		"capitals in id":      {"Acme", "x", "", "id"},
		"slash in id":         {"a/b", "x", "", "id"},
		"long id":             {strings.Repeat("a", 64), "x", "", "id"},
		"long name, an id":    {"", strings.Repeat("a", 100), strings.Repeat("a", 63), ""},
		"too long a name":     {"", strings.Repeat("a", 101), "", "name"},
		"control character":   {"a", "a\x1b[2J", "", "name"},
		"blank at its end":    {"a", "a ", "", "name"},
		"direction of script": {"a", "a\u202eb", "", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			i, err := f.Add(t.Context(), gateway.Config{ID: c.id, Name: c.name, Target: "memory"})
			if c.field != "" {
				e, ok := errors.AsType[*gateway.Error](err)
				require.True(t, ok, err)
				assert.Equal(t, gateway.Invalid, e.Code)
				assert.Equal(t, c.field, e.Field)
				assert.Empty(t, f.List())
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, i.ID)
			assert.Equal(t, publicURL+"/connections/"+c.want+"/scim/v2", i.SCIMURL)
			assert.Equal(t, "compatible", i.Profile)
			assert.Equal(t, f.clock.Now(), i.Created)
		})
	}
}

func TestAdd_Refused(t *testing.T) {
	t.Parallel()
	hash := gateway.HashToken("one")
	settings := func(domain, key any) connector.Settings {
		s, err := connector.NewSettings(map[string]any{"domain": domain}, map[string]any{"api_key": key})
		require.NoError(t, err)
		return s
	}
	for name, c := range map[string]struct {
		config gateway.Config
		code   gateway.Code
		field  string
	}{
		"unknown target":   {gateway.Config{ID: "b", Target: "fax"}, gateway.UnknownTarget, "target"},
		"taken id":         {gateway.Config{ID: "a", Target: "memory"}, gateway.Exists, "id"},
		"taken token":      {gateway.Config{ID: "b", Target: "memory", Tokens: []gateway.Token{{Name: "x", Hash: hash}}}, gateway.Exists, "tokens"},
		"token twice":      {gateway.Config{ID: "b", Target: "memory", Tokens: []gateway.Token{{Name: "x", Hash: gateway.HashToken("2")}, {Name: "y", Hash: gateway.HashToken("2")}}}, gateway.Exists, "tokens"},
		"token name twice": {gateway.Config{ID: "b", Target: "memory", Tokens: []gateway.Token{{Name: "x", Hash: gateway.HashToken("2")}, {Name: "x", Hash: gateway.HashToken("3")}}}, gateway.Invalid, "tokens"},
		"nameless token":   {gateway.Config{ID: "b", Target: "memory", Tokens: []gateway.Token{{Hash: gateway.HashToken("2")}}}, gateway.Invalid, "tokens"},
		"token of nothing": {gateway.Config{ID: "b", Target: "memory", Tokens: []gateway.Token{{Name: "x"}}}, gateway.Invalid, "tokens"},
		"profile":          {gateway.Config{ID: "b", Target: "memory", Profile: "okta9"}, gateway.Invalid, "profile"},
		"missing setting":  {gateway.Config{ID: "b", Target: "crm", Settings: settings(nil, "k")}, gateway.Invalid, "settings.domain"},
		"missing secret":   {gateway.Config{ID: "b", Target: "crm", Settings: settings("d", nil)}, gateway.Invalid, "credentials.api_key"},
		"unknown setting":  {gateway.Config{ID: "b", Target: "memory", Settings: settings("d", nil)}, gateway.Invalid, "settings.domain"},
		"mapping":          {gateway.Config{ID: "b", Target: "memory", Mapping: fstest.MapFS{"m.yaml": {Data: []byte("nonsense: 1\n")}}}, gateway.Invalid, "mapping"},
		"policy":           {gateway.Config{ID: "b", Target: "memory", Policies: map[string]provision.Policy{"user": {Delete: "burn"}}}, gateway.Invalid, "policies"},
		"own target":       {gateway.Config{ID: "b", Open: func(context.Context) (*connector.Target, error) { return nil, errors.New("no") }}, gateway.Invalid, "target"},
		"own target, none": {gateway.Config{ID: "b", Open: func(context.Context) (*connector.Target, error) { return nil, nil }}, gateway.Invalid, "target"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			f.add("a", gateway.Token{Name: "one", Hash: hash})
			_, err := f.Add(t.Context(), c.config)
			e, ok := errors.AsType[*gateway.Error](err)
			require.True(t, ok, err)
			assert.Equal(t, c.code, e.Code, err)
			assert.Equal(t, c.field, e.Field, err)
			require.Len(t, f.List(), 1)
			assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", "one", "").Code, "the others go on")
		})
	}
}

func TestAdd_OwnTarget(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token, hash, err := f.NewToken()
	require.NoError(t, err)
	_, err = f.Add(t.Context(), gateway.Config{
		ID: "own", Target: "in-house", Tokens: []gateway.Token{{Name: "hr", Hash: hash}},
		Open: func(ctx context.Context) (*connector.Target, error) {
			return connector.NewTarget(newMemoryDriver(t), nil)
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "in-house", f.List()[0].Target)
	assert.Equal(t, http.StatusCreated, f.pushUser("/scim/v2", token, "ada@example.com").Code)
}

func TestRemove(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	acme, umbrella := f.connect("acme"), f.connect("umbrella")
	require.NoError(t, f.Remove("acme"))

	assert.Equal(t, http.StatusUnauthorized, f.do(http.MethodGet, "/scim/v2/Users", acme, "").Code)
	assert.Equal(t, http.StatusUnauthorized, f.do(http.MethodGet, "/connections/acme/scim/v2/Users", acme, "").Code)
	assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", umbrella, "").Code)
	require.Len(t, f.List(), 1)
	_, err := f.Lookup("acme")
	e, ok := errors.AsType[*gateway.Error](err)
	require.True(t, ok)
	assert.Equal(t, gateway.NotFound, e.Code)
	require.Error(t, f.Remove("acme"))
	require.Error(t, f.Check(t.Context(), "acme"))

	f.connect("acme") // the id is free again
	i, err := f.Lookup("acme")
	require.NoError(t, err)
	assert.Equal(t, "acme", i.Name)
}

// Requests under way finish on a connection that has been removed.
func TestRemove_UnderWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	asked, goOn := make(chan struct{}), make(chan struct{})
	f.list = func(context.Context) error { close(asked); <-goOn; return nil }
	status := make(chan int)
	go func() { status <- f.do(http.MethodGet, "/scim/v2/Users", token, "").Code }()
	<-asked
	require.NoError(t, f.Remove("acme"))
	close(goOn)
	assert.Equal(t, http.StatusOK, <-status)
}

func TestClose_WaitsForRequestsUnderWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	asked, goOn := make(chan struct{}), make(chan struct{})
	f.list = func(context.Context) error { close(asked); <-goOn; return nil }
	status := make(chan int)
	go func() { status <- f.do(http.MethodGet, "/scim/v2/Users", token, "").Code }()
	<-asked

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.Close(ended), context.Canceled, "it does not wait for longer than the context")
	w := f.do(http.MethodGet, "/scim/v2/Users", token, "")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "503", object(t, w)["status"], "it is SCIM that was asked")
	code, _ := apiError(t, f.do(http.MethodGet, "/api/v1/events", f.admin, ""))
	assert.Equal(t, "unavailable", code)
	_, err := f.Add(t.Context(), gateway.Config{ID: "late", Target: "memory"})
	require.Error(t, err)

	close(goOn)
	require.NoError(t, f.Close(t.Context()))
	assert.Equal(t, http.StatusOK, <-status)
	require.NoError(t, f.Close(t.Context()))
}

func TestGateway_Concurrent(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := fmt.Sprintf("c-%d", i)
			for range 10 {
				own, hash, err := f.NewToken()
				assert.NoError(t, err)
				_, err = f.Add(t.Context(), gateway.Config{ID: id, Target: "memory", Tokens: []gateway.Token{{Name: "x", Hash: hash}}})
				assert.NoError(t, err)
				assert.Equal(t, http.StatusCreated, f.pushUser("/scim/v2", own, "ada@example.com").Code)
				assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", token, "").Code)
				assert.NotEmpty(t, f.Events(gateway.EventQuery{Connection: id}))
				assert.NotEmpty(t, f.List())
				assert.NoError(t, f.Remove(id))
			}
		})
	}
	wg.Wait()
	assert.Len(t, f.List(), 1)
}

func TestWithDocument(t *testing.T) {
	t.Parallel()
	document := func(name string) []byte {
		return []byte("apiVersion: mapping/v1\nname: " + name + "\nresource: {type: User, schemas: [\"urn:ietf:params:scim:schemas:core:2.0:User\"]}\n" +
			"target: {object: person}\nrules:\n  - {scim: userName, target: login}\n")
	}
	base := fstest.MapFS{
		"user.yaml": {Data: document("people")}, "more/group.yaml": {Data: document("groups")}, "broken.yaml": {Data: []byte("{")}, "README": {},
	}
	list := func(fsys fs.FS) []string {
		var out []string
		require.NoError(t, fs.WalkDir(fsys, ".", func(path string, e fs.DirEntry, err error) error {
			if !e.IsDir() {
				out = append(out, path)
			}
			return err
		}))
		return out
	}
	for name, c := range map[string]struct {
		base fs.FS
		file string
		data []byte
		want []string
	}{
		"beside":                       {base, "dir/mine.yaml", document("mine"), []string{"README", "broken.yaml", "mine.yaml", "more/group.yaml", "user.yaml"}},
		"in place of a document":       {base, "mine.yaml", document("people"), []string{"README", "broken.yaml", "mine.yaml", "more/group.yaml"}},
		"in place of one further down": {base, "mine.json", document("groups"), []string{"README", "broken.yaml", "mine.json", "user.yaml"}},
		"in place of a file":           {base, "user.yaml", document("mine"), []string{"README", "broken.yaml", "more/group.yaml", "user.yaml"}},
		"an override, and its base":    {base, "mine.yaml", []byte("apiVersion: mapping/v1\nname: people\nextends: people\n"), []string{"README", "broken.yaml", "mine.yaml", "more/group.yaml", "user.yaml"}},
		"no base":                      {nil, "mine.yaml", document("mine"), []string{"mine.yaml"}},
		"no document":                  {base, "mine.yaml", []byte("{"), []string{"README", "broken.yaml", "mine.yaml", "more/group.yaml", "user.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := gateway.WithDocument(c.base, c.file, c.data)
			assert.Equal(t, c.want, list(fsys))
			require.NoError(t, fstest.TestFS(fsys, c.want...))
			got, err := fs.ReadFile(fsys, path.Base(c.file))
			require.NoError(t, err)
			assert.Equal(t, c.data, got)
		})
	}
}

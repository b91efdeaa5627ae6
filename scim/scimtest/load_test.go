package scimtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
)

func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestParse_Mistakes(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) string {
		text := strings.Replace(minimal, old, with, 1)
		if text == minimal {
			panic("nothing replaced: " + old)
		}
		return text
	}
	const request = `"method":"GET","path":"/Users"`
	tests := []struct{ name, text, pointer, problem string }{
		{"not JSON", "{\n \"name\": x}", "", "line 2, column 10"},
		{"cut", `{"name":`, "", "not JSON"},
		{"more text", minimal + "{}", "", "not JSON"},
		{"not an object", `[]`, "", "object"},
		{"unknown member", replace(`"name"`, `"extra":1,"name"`), "/extra", "unknown member"},
		{"member in capitals", replace(`"name"`, `"Name"`), "/Name", "unknown member"},
		{"member twice", replace(`"name"`, `"name":"x","name"`), "/name", "twice"},
		{"no name", replace(`"name":"n",`, ``), "", `no member "name"`},
		{"empty name", replace(`"n"`, `""`), "/name", "empty"},
		{"no source", replace(`"source":"s",`, ``), "", `no member "source"`},
		{"no level", replace(`"level":"rfc",`, ``), "", `no member "level"`},
		{"other level", replace(`"rfc"`, `"strict"`), "/level", "strict"},
		{"no requires", replace(`"requires":[],`, ``), "", `no member "requires"`},
		{"unknown feature", replace(`[],`, `["patch","sort"],`), "/requires/1", "sort"},
		{"about is no string", replace(`"name"`, `"about":1,"name"`), "/about", "string"},
		{"no steps", `{"name":"n","source":"s","level":"rfc","requires":[],"steps":[]}`, "/steps", "at least one"},
		{"unknown step member", replace(`{"request"`, `{"bodyText":"x","request"`), "/steps/0/bodyText", "unknown member"},
		{"no request", replace(`"request":{`+request+`},`, ``), "/steps/0", `no member "request"`},
		{"no expect", replace(`,"expect":{"status":[200]}`, ``), "/steps/0", `no member "expect"`},
		{"unknown request member", replace(request, request+`,"url":""`), "/steps/0/request/url", "unknown member"},
		{"unknown expect member", replace(`[200]`, `[200],"text":""`), "/steps/0/expect/text", "unknown member"},
		{"small method", replace(`"GET"`, `"get"`), "/steps/0/request/method", "capitals"},
		{"odd method", replace(`"GET"`, `"G T"`), "/steps/0/request/method", "method"},
		{"no path", replace(`,"path":"/Users"`, ``), "/steps/0/request", `no member "path"`},
		{"path without slash", replace(`"/Users"`, `"Users"`), "/steps/0/request/path", "slash"},
		{"path with a space", replace(`"/Users"`, `"/Users?filter=a b"`), "/steps/0/request/path", "not percent-encoded"},
		{"path with a letter", replace(`"/Users"`, `"/Üsers"`), "/steps/0/request/path", "not percent-encoded"},
		{"header is a number", replace(request, request+`,"headers":{"A":1}`), "/steps/0/request/headers/A", "string"},
		{"header twice", replace(request, request+`,"headers":{"accept":"a","Accept":"b"}`), "/steps/0/request/headers/accept", "twice"},
		{"header of the runner", replace(request, request+`,"headers":{"host":"a"}`), "/steps/0/request/headers/host", "runner"},
		{"header name", replace(request, request+`,"headers":{"a b":"a"}`), "/steps/0/request/headers/a b", "name"},
		{"header value", replace(request, request+`,"headers":{"a":"a\nb"}`), "/steps/0/request/headers/a", "0x0A"},
		{"two bodies", replace(request, request+`,"body":1,"bodyText":"x"`), "/steps/0/request", "both"},
		{"body member twice", replace(request, request+`,"body":{"a":{"b":1,"b":2}}`), "/steps/0/request/body/a/b", "twice"},
		{"no status", replace(`[200]`, `[]`), "/steps/0/expect/status", "at least one"},
		{"status is a string", replace(`[200]`, `["200"]`), "/steps/0/expect/status/0", "status code"},
		{"status out of range", replace(`[200]`, `[200,20]`), "/steps/0/expect/status/1", "status code"},
		{"expected header twice", replace(`[200]`, `[200],"headers":{"a":"$any","A":"$any"}`), "/steps/0/expect/headers/a", "twice"},
		{"operator in a header", replace(`[200]`, `[200],"headers":{"a":"$what"}`), "/steps/0/expect/headers/a", "$what"},
		{"operator in a body", replace(`[200]`, `[200],"body":{"a":[{"b":"$what"}]}`), "/steps/0/expect/body/a/0/b", "$what"},
		{"variable in a path", replace(`"/Users"`, `"/Users/{{id}}"`), "/steps/0/request/path", "{{id}} was never set"},
		{"variable in a header", replace(request, request+`,"headers":{"A":"{{id}}"}`), "/steps/0/request/headers/A", "{{id}}"},
		{"variable in a body", replace(request, request+`,"body":{"a":["{{id}}"]}`), "/steps/0/request/body/a/0", "{{id}}"},
		{"variable in a key", replace(request, request+`,"body":{"{{id}}":1}`), "/steps/0/request/body/{{id}}", "{{id}}"},
		{"variable in an expectation", replace(`[200]`, `[200],"body":{"a":"$ci:{{id}}"}`), "/steps/0/expect/body/a", "{{id}}"},
		{"variable captured in the same step", replace(`[200]`, `[200],"body":{"a":"$capture:id","b":"{{id}}"}`), "/steps/0/expect/body/b", "{{id}}"},
		{
			"variable in a matcher that takes no captures",
			replace(`[200]}`, `[200],"body":{"$none":"$capture:id"}},"note":""},{"request":{"method":"GET","path":"/{{id}}"},"expect":{"status":[200]}`),
			"/steps/1/request/path", "{{id}}",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := scimtest.Parse("dir/x.json", []byte(test.text))
			var file *scimtest.FileError
			require.ErrorAs(t, err, &file)
			assert.Equal(t, "dir/x.json", file.File)
			assert.Equal(t, test.pointer, file.Pointer)
			assert.Contains(t, file.Problem, test.problem)
			assert.Contains(t, err.Error(), "conversation dir/x.json: ")
		})
	}
}

func TestConversation_MadeInAProgram(t *testing.T) {
	t.Parallel()
	c := &scimtest.Conversation{
		Name: "by hand", Level: scimtest.LevelCompat,
		Steps: []scimtest.Step{{
			Request: scimtest.Request{Method: "POST", Path: "/Users", Body: json.RawMessage(`{"userName":"a"}`)},
			Expect:  scimtest.Expect{Status: []int{200}, Body: json.RawMessage(`{"userName":"$capture:name"}`)},
		}},
	}
	require.NoError(t, c.Validate())
	assert.Equal(t, "by hand", c.ID())
	require.NoError(t, scimtest.Run(t.Context(), scimtest.Handler(echo(), "http://x", ""), c, nil).Err())

	c.Steps[0].Expect.Body = json.RawMessage(`{`)
	var file *scimtest.FileError
	require.ErrorAs(t, c.Validate(), &file)
	assert.Equal(t, "/steps/0/expect/body", file.Pointer)
	assert.ErrorAs(t, scimtest.Run(t.Context(), scimtest.Handler(echo(), "http://x", ""), c, nil).Err(), &file)
}

func TestLoadDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	_, err := scimtest.LoadDir(dir)
	assert.ErrorContains(t, err, "no .json file")
	_, err = scimtest.LoadDir(filepath.Join(dir, "nope"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = scimtest.Load(filepath.Join(dir, "nope.json"))
	assert.ErrorIs(t, err, os.ErrNotExist)

	write("okta/02-b.json", minimal)
	write("okta/01-a.json", minimal)
	write("entra/deep/03-c.json", minimal)
	write("README.md", "not a conversation")
	list, err := scimtest.LoadDir(dir)
	require.NoError(t, err)
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ID())
	}
	assert.Equal(t, []string{"deep/03-c", "okta/01-a", "okta/02-b"}, ids)

	write("okta/03-bad.json", `{}`)
	write("entra/04-bad.json", `[`)
	_, err = scimtest.LoadDir(dir)
	assert.ErrorContains(t, err, "03-bad.json")
	assert.ErrorContains(t, err, "04-bad.json")
	_, err = scimtest.LoadVectors(dir)
	assert.ErrorContains(t, err, "miniorange", "a missing folder is an error")
}

func TestConversation_ID(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                     "name",
		"x.json":               "x",
		"./x.json":             "x",
		"/x.json":              "x",
		"entra/01-a.json":      "entra/01-a",
		"/a/b/entra/01-a.json": "entra/01-a",
	} {
		c := &scimtest.Conversation{Name: "name", File: filepath.FromSlash(file)}
		assert.Equal(t, want, c.ID(), file)
	}
}

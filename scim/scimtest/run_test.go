package scimtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
)

const minimal = `{"name":"n","source":"s","level":"rfc","requires":[],"steps":[
	{"request":{"method":"GET","path":"/Users"},"expect":{"status":[200]}}]}`

// conversation makes a file around steps.
func conversation(t *testing.T, steps ...string) *scimtest.Conversation {
	t.Helper()
	c, err := scimtest.Parse("made/up.json", []byte(`{"name":"made up","source":"test","level":"rfc","requires":[],"steps":[`+strings.Join(steps, ",")+`]}`))
	require.NoError(t, err)
	return c
}

// echo answers with what it was sent. X-Answer and X-Status in the request
// replace the body and the status of the answer.
func echo() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "cut body", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.Header().Set("Got-Target", r.RequestURI)
		w.Header().Set("Got-Host", r.Host)
		w.Header().Set("Got-Length", fmt.Sprint(r.ContentLength))
		for _, name := range []string{"Authorization", "User-Agent", "Accept", "Content-Type", "X-Odd"} {
			if values, ok := r.Header[name]; ok {
				w.Header()["Got-"+name] = values
			}
		}
		w.Header().Add("Twice", "a")
		w.Header().Add("Twice", "b")
		status := http.StatusOK
		if s := r.Header.Get("X-Status"); s != "" {
			_, _ = fmt.Sscan(s, &status)
		}
		w.WriteHeader(status)
		if answer := r.Header.Get("X-Answer"); answer != "" {
			body = []byte(answer)
		}
		_, _ = w.Write(body)
	})
}

// targets calls test with the echo handler in this process and as a server.
func targets(t *testing.T, token string, test func(t *testing.T, target scimtest.Target)) {
	t.Helper()
	t.Run("handler", func(t *testing.T) {
		t.Parallel()
		test(t, scimtest.Handler(echo(), "http://scim.example.com/scim/v2/", token))
	})
	t.Run("url", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(echo())
		t.Cleanup(server.Close)
		test(t, scimtest.URL(server.Client(), server.URL+"/scim/v2", token))
	})
}

func TestRun_SendsTheRequestAsWritten(t *testing.T) {
	t.Parallel()
	const odd = `/Users?filter=userName+eq+%22a%40example.com%22&x=%2f%2F%zz&&y[]={}|^"'` // %zz is no encoding
	c := conversation(t,
		`{"request":{"method":"GET","path":"/a%2Fb/../c//d;x?q=%5B%5d+%20&z"},
		  "expect":{"status":[200],"headers":{"Got-Target":"/scim/v2/a%2Fb/../c//d;x?q=%5B%5d+%20&z","Got-Authorization":"Bearer secret-token-1","got-user-agent":"$missing","Got-Accept":"$missing","Got-Content-Type":"$missing","Got-Length":"0"}}}`,
		`{"request":{"method":"GET","path":`+string(mustJSON(odd))+`,"headers":{"X-Odd":" ä {{token}} ","user-agent":"Okta SCIM Client 1.0.0","Authorization":"non-token"}},
		  "expect":{"status":[200],"headers":{"Got-Target":`+string(mustJSON("/scim/v2"+odd))+`,"Got-X-Odd":"ä secret-token-1","Got-User-Agent":"Okta SCIM Client 1.0.0","Got-Authorization":"non-token"}}}`,
		`{"request":{"method":"DELETE","path":"/Users/1","headers":{"authorization":""}},
		  "expect":{"status":[200],"headers":{"Got-Authorization":"$missing"},"body":"$missing"}}`,
		`{"request":{"method":"POST","path":"/Users","headers":{"Content-Type":"application/json"},"body":{"b":null,"a":9007199254740993,"{{token}}":["{{token}}",1.50],"<":"&"}},
		  "expect":{"status":[200],"headers":{"Got-Content-Type":"application/json","Got-Length":"$any","Got-User-Agent":"$missing"},
		            "body":{"b":null,"a":9007199254740993,"{{token}}":{"$exact":[1.5,"secret-token-1"]},"<":"&"}}}`,
		`{"request":{"method":"PUT","path":"/Users/1","body":null},"expect":{"status":[200],"headers":{"Got-Length":"4"},"body":null}}`,
		`{"request":{"method":"PATCH","path":"/Users/1","bodyText":"{{token}} {"},"expect":{"status":[200],"headers":{"Got-Length":"11"}}}`,
		`{"request":{"method":"POST","path":"/x","bodyText":""},"expect":{"status":[200],"headers":{"Got-Length":"0"},"body":"$absent"}}`,
		`{"request":{"method":"GET","path":"/x"},"expect":{"status":[200],"headers":{"twice":"a, b","Nope":"$absent"}}}`,
	)
	targets(t, "secret-token-1", func(t *testing.T, target scimtest.Target) {
		result := scimtest.Run(t.Context(), target, c, nil)
		require.NoError(t, result.Err())
		require.Len(t, result.Steps, len(c.Steps))
		assert.Equal(t, `{"b":null,"a":9007199254740993,"secret-token-1":["secret-token-1",1.50],"<":"&"}`, string(result.Steps[3].Sent))
		assert.Equal(t, "{{token}} {", string(result.Steps[5].Answer.Raw))
	})
}

func TestRun_NoTokenNoHeader(t *testing.T) {
	t.Parallel()
	c := conversation(t, `{"request":{"method":"GET","path":"/"},"expect":{"status":[200],"headers":{"Got-Authorization":"$missing"}}}`)
	targets(t, "", func(t *testing.T, target scimtest.Target) {
		assert.NoError(t, scimtest.Run(t.Context(), target, c, nil).Err())
	})
}

func TestRun_CapturesReachLaterSteps(t *testing.T) {
	t.Parallel()
	c := conversation(t,
		`{"request":{"method":"POST","path":"/Users","body":{"id":"a b/ä+%?~","n":["{{baseURL}}"]}},
		  "expect":{"status":[200],"headers":{"Got-Host":"$capture:host"},"body":{"id":"$capture:id","n":["$capture:url"]}}}`,
		`{"request":{"method":"POST","path":"/Users/{{id}}","headers":{"X-Odd":"{{host}}"},"body":{"id":"new","old":"{{id}}"}},
		  "expect":{"status":[200],"headers":{"Got-Target":"$contains:/scim/v2/Users/a%20b%2F%C3%A4%2B%25%3F~","Got-X-Odd":"{{host}}"},
		            "body":{"old":"{{id}}","id":"$capture:id"}}}`,
		`{"request":{"method":"GET","path":"/{{id}}?u={{url}}"},"expect":{"status":[200],"headers":{"Got-Target":"$prefix:/scim/v2/new?u=http%3A%2F%2F"}}}`,
	)
	targets(t, "t", func(t *testing.T, target scimtest.Target) {
		require.NoError(t, scimtest.Run(t.Context(), target, c, nil).Err())
	})
}

func TestRun_StopsAtTheFirstFailure(t *testing.T) {
	t.Parallel()
	c := conversation(t,
		`{"request":{"method":"GET","path":"/ok"},"expect":{"status":[200]}}`,
		`{"note":"a remark","request":{"method":"POST","path":"/Users?secret={{token}}","body":{"active":"true","emails":[{"value":"{{token}}"}]}},
		  "expect":{"status":[200],"headers":{"Location":"$any"},"body":{"id":"$capture:id","active":true,"emails":[{"value":"x"}]}}}`,
		`{"request":{"method":"GET","path":"/{{id}}"},"expect":{"status":[200]}}`,
	)
	targets(t, "secret-token-1", func(t *testing.T, target scimtest.Target) {
		result := scimtest.Run(t.Context(), target, c, nil)
		err := result.Err()
		var failed *scimtest.FailedError
		require.ErrorAs(t, err, &failed)
		assert.Same(t, result, failed.Result)
		assert.Len(t, result.Steps, 2)
		assert.Equal(t, 200, result.Steps[1].Status)
		want := strings.Join([]string{
			`conversation made/up (made up): step 2 of 3 failed`,
			`  POST /Users?secret={{token}} answered 200`,
			`  note: a remark`,
			`  - header Location: expected "$any", got nothing`,
			`  - body /id: expected "$capture:id", got nothing`,
			`  - body /active: expected true, got "true"`,
			`  - body /emails: expected an element {"value":"x"}, got none among 1 element (nearest: body /emails/0/value: expected "x", got "{{token}}")`,
			`  sent: {"active":"true","emails":[{"value":"{{token}}"}]}`,
			`  got: {"active":"true","emails":[{"value":"{{token}}"}]}`,
		}, "\n")
		assert.Equal(t, want, err.Error())
	})
}

func TestRun_StatusAndBody(t *testing.T) {
	t.Parallel()
	step := func(status, answer, expect string) string {
		return `{"request":{"method":"POST","path":"/x","headers":{"X-Status":"` + status + `","X-Answer":` + string(mustJSON(answer)) + `}},"expect":` + expect + `}`
	}
	tests := []struct {
		name, step, failure string
	}{
		{"one of several", step("204", "", `{"status":[200,204]}`), ""},
		{"other status", step("500", `{"detail":"no"}`, `{"status":[200,204],"body":{"id":"$any"}}`), `status: expected 200 or 204, got 500`},
		{"no body is looked at with 204", step("204", "", `{"status":[200,204],"body":{"id":"$any"}}`), ""},
		{"headers are looked at with 204", step("204", "", `{"status":[204],"headers":{"X":"$any"}}`), `header X: expected "$any", got nothing`},
		{"empty body", step("200", "", `{"status":[200],"body":{"id":"$any"}}`), `body: expected {"id":"$any"}, got nothing`},
		{"not JSON", step("200", "<html>", `{"status":[200],"body":{}}`), `body: expected {}, got <html> (not JSON: line 1, column 1: invalid character '<' looking for beginning of value)`},
		{"two values", step("200", "{} {}", `{"status":[200],"body":{}}`), `body: expected {}, got {} {} (not JSON: more text after the first value)`},
		{"body not looked at", step("200", "<html>", `{"status":[200]}`), ""},
		{"redirect is an answer", step("302", "", `{"status":[302]}`), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := conversation(t, test.step)
			targets(t, "t", func(t *testing.T, target scimtest.Target) {
				result := scimtest.Run(t.Context(), target, c, nil)
				require.Len(t, result.Steps, 1)
				if test.failure == "" {
					require.NoError(t, result.Err())
					return
				}
				require.Error(t, result.Err())
				require.Len(t, result.Steps[0].Failures, 1)
				assert.Equal(t, test.failure, result.Steps[0].Failures[0].String())
			})
		})
	}
}

func TestRun_VariableThatNoAnswerSet(t *testing.T) {
	t.Parallel()
	// The file may capture {{id}}, but the answer gave nothing to capture: that is
	// a mistake in the file, not a failed check.
	c := conversation(t,
		`{"request":{"method":"POST","path":"/x","headers":{"X-Answer":"{}"}},"expect":{"status":[200],"body":{"id":{"$optional":"$capture:id"}}}}`,
		`{"request":{"method":"GET","path":"/x"},"expect":{"status":[200],"body":{"id":"{{id}}"}}}`,
	)
	result := scimtest.Run(t.Context(), scimtest.Handler(echo(), "http://x", ""), c, nil)
	var file *scimtest.FileError
	require.ErrorAs(t, result.Err(), &file)
	assert.Equal(t, "/steps/1/expect/body/id", file.Pointer)
	assert.Equal(t, "made/up.json", file.File)
	assert.Len(t, result.Steps, 1)
}

func TestRun_HeaderBrokenByAVariable(t *testing.T) {
	t.Parallel()
	c := conversation(t,
		`{"request":{"method":"POST","path":"/x","body":{"id":"a\r\nX: y"}},"expect":{"status":[200],"body":{"id":"$capture:id"}}}`,
		`{"request":{"method":"GET","path":"/x","headers":{"X-Odd":"{{id}}"}},"expect":{"status":[200]}}`,
	)
	result := scimtest.Run(t.Context(), scimtest.Handler(echo(), "http://x", ""), c, nil)
	require.Error(t, result.Err())
	assert.Equal(t, `request: header X-Odd: byte 0x0D is not allowed in HTTP`, result.Steps[1].Failures[0].String())
}

func TestRun_FeaturesAndSkip(t *testing.T) {
	t.Parallel()
	c, err := scimtest.Parse("f.json", []byte(strings.Replace(minimal, `"requires":[]`, `"requires":["patch","filter"]`, 1)))
	require.NoError(t, err)
	tests := []struct {
		name string
		opts *scimtest.Options
		want string
	}{
		{"no options", nil, ""},
		{"nil means all", &scimtest.Options{}, ""},
		{"all there", &scimtest.Options{Features: []string{scimtest.FeatureFilter, scimtest.FeaturePatch}}, ""},
		{"one missing", &scimtest.Options{Features: []string{scimtest.FeaturePatch}}, "needs the feature filter"},
		{"none there", &scimtest.Options{Features: []string{}}, "needs the feature patch"},
		{"skip", &scimtest.Options{Skip: func(c *scimtest.Conversation) string { return "not " + c.ID() }}, "not f"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			result := scimtest.Run(t.Context(), scimtest.Handler(echo(), "http://x", ""), c, test.opts)
			require.NoError(t, result.Err())
			assert.Equal(t, test.want, result.Skipped)
			assert.Equal(t, test.want == "", len(result.Steps) == 1)
		})
	}
}

func TestRun_Hooks(t *testing.T) {
	t.Parallel()
	c := conversation(t,
		`{"request":{"method":"POST","path":"/Users","body":{"id":"u-1"}},"expect":{"status":[200],"body":{"id":"$capture:id"}}}`,
		`{"request":{"method":"GET","path":"/Users/{{id}}"},"expect":{"status":[200]}}`,
	)
	var seen []string
	opts := &scimtest.Options{
		Before: func(_ context.Context, s scimtest.StepRun) error {
			seen = append(seen, fmt.Sprintf("before %d %s id=%s", s.Index, s.Line, s.Vars["id"]))
			s.Vars["id"] = "changed" // a copy
			return nil
		},
		After: func(_ context.Context, s scimtest.StepRun, answer *scimtest.Response) error {
			seen = append(seen, fmt.Sprintf("after %s %d id=%s", s.Step.Request.Method, answer.Status, s.Vars["id"]))
			return nil
		},
	}
	target := scimtest.Handler(echo(), "http://x", "")
	require.NoError(t, scimtest.Run(t.Context(), target, c, opts).Err())
	assert.Equal(t, []string{
		"before 0 POST /Users id=", "after POST 200 id=u-1",
		"before 1 GET /Users/u-1 id=u-1", "after GET 200 id=u-1",
	}, seen)

	refused := errors.New("3 calls instead of 1")
	after := &scimtest.Options{After: func(context.Context, scimtest.StepRun, *scimtest.Response) error { return refused }}
	result := scimtest.Run(t.Context(), target, c, after)
	require.ErrorIs(t, result.Err(), refused)
	assert.Contains(t, result.Err().Error(), "- after: 3 calls instead of 1")
	before := &scimtest.Options{Before: func(context.Context, scimtest.StepRun) error { return refused }}
	result = scimtest.Run(t.Context(), target, c, before)
	require.ErrorIs(t, result.Err(), refused)
	assert.Nil(t, result.Steps[0].Answer, "a step whose Before failed is not sent")
}

func TestRun_NoAnswer(t *testing.T) {
	t.Parallel()
	c := conversation(t, `{"request":{"method":"GET","path":"/Users"},"expect":{"status":[200]}}`)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	targets(t, "t", func(t *testing.T, target scimtest.Target) {
		result := scimtest.Run(canceled, target, c, nil)
		require.ErrorIs(t, result.Err(), context.Canceled)
		assert.Contains(t, result.Err().Error(), "GET /Users has no answer")
	})

	panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh no") })
	result := scimtest.Run(t.Context(), scimtest.Handler(panics, "http://x", ""), c, nil)
	require.Error(t, result.Err())
	assert.Contains(t, result.Err().Error(), "the handler panicked: oh no")

	cut := scimtest.URL(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(bytes.NewReader([]byte("{")), failingReader{}))}, nil
	})}, "http://x", "")
	assert.ErrorIs(t, scimtest.Run(t.Context(), cut, c, nil).Err(), io.ErrUnexpectedEOF)
}

func TestTarget_WrongBaseURL(t *testing.T) {
	t.Parallel()
	c := conversation(t, `{"request":{"method":"GET","path":"/Users"},"expect":{"status":[200]}}`)
	for _, base := range []string{"", "scim.example.com", "/scim", "ftp://x/", "http://", "http://x/?a", "http://u:p@x/", "http://x/#f", "http://x\n"} {
		for _, target := range []scimtest.Target{scimtest.Handler(echo(), base, ""), scimtest.URL(nil, base, "")} {
			assert.Error(t, scimtest.Run(t.Context(), target, c, nil).Err(), base)
			_, err := scimtest.NewClient(target).Get(t.Context(), "/Users")
			assert.Error(t, err, base)
		}
	}
	assert.Error(t, scimtest.Run(t.Context(), scimtest.Target{}, c, nil).Err())
	assert.Error(t, scimtest.Run(t.Context(), scimtest.Handler(nil, "http://x", ""), c, nil).Err())
}

func TestHandler_LooksLikeAServer(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NotNil(t, r.TLS)
		assert.NotEmpty(t, r.RemoteAddr)
		assert.Equal(t, "scim.example.com:8443", r.Host)
		assert.Equal(t, "//double", r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
		_, _ = w.Write([]byte("dropped"))
	})
	target := scimtest.Handler(h, "https://scim.example.com:8443/", "")
	assert.Equal(t, "https://scim.example.com:8443", target.BaseURL())
	res, err := scimtest.NewClient(target).Get(t.Context(), "//double")
	require.NoError(t, err)
	assert.Empty(t, res.Raw)
}

// recorder is a TB that remembers.
type recorder struct {
	ctx    context.Context
	skips  []string
	errors []string
}

var _ scimtest.TB = (*testing.T)(nil)
var _ scimtest.TB = (*testing.B)(nil)

func (r *recorder) Helper()                     {}
func (r *recorder) Context() context.Context    { return r.ctx }
func (r *recorder) Skipf(f string, args ...any) { r.skips = append(r.skips, fmt.Sprintf(f, args...)) }
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}

func TestRunT(t *testing.T) {
	t.Parallel()
	target := scimtest.Handler(echo(), "http://x", "")
	tb := &recorder{ctx: t.Context()}
	scimtest.RunT(tb, target, conversation(t, `{"request":{"method":"GET","path":"/"},"expect":{"status":[200]}}`), nil)
	assert.Empty(t, tb.skips)
	assert.Empty(t, tb.errors)

	scimtest.RunT(tb, target, conversation(t, `{"request":{"method":"GET","path":"/"},"expect":{"status":[404]}}`), nil)
	require.Len(t, tb.errors, 1)
	assert.Contains(t, tb.errors[0], "status: expected 404, got 200")

	scimtest.RunT(tb, target, conversation(t, `{"request":{"method":"GET","path":"/"},"expect":{"status":[200]}}`),
		&scimtest.Options{Skip: func(*scimtest.Conversation) string { return "why" }})
	assert.Equal(t, []string{"made/up: why"}, tb.skips)
}

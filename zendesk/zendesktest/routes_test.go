package zendesktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// everyRoute calls each simulated route of a new sandbox account with ids that
// nothing has, or that "id" gives, and a body.
func everyRoute(t *testing.T, prepare func(*Account, route, string), authorize func(*Account, *http.Request), body string, check func(route, *Account, *httptest.ResponseRecorder)) {
	t.Helper()
	o := Sandbox()
	o.Plan, o.BulkImport = Unlimited, true
	for _, rt := range New(o).routes {
		a := New(o)
		at := "/api/v2/" + strings.NewReplacer("{id}", "5", "{name}", "5").Replace(rt.path)
		prepare(a, rt, at)
		r := httptest.NewRequestWithContext(t.Context(), rt.method, at, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		authorize(a, r)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		check(rt, a, w)
	}
}

func asOwner(a *Account, r *http.Request) { r.SetBasicAuth("admin@example.com/token", a.APIToken()) }

// Every route meets the scripts for calls, by its own path, and has no effect
// then.
func TestEveryRoute_Faults(t *testing.T) {
	t.Parallel()
	everyRoute(t,
		func(a *Account, rt route, at string) { a.Fault(Fault{Method: rt.method, Path: at, Status: 418}) }, asOwner, `{}`,
		func(rt route, a *Account, w *httptest.ResponseRecorder) {
			if w.Code != 418 || len(a.PendingFaults()) != 0 || len(a.jobs) != 0 {
				t.Errorf("%s %s: %d", rt.method, rt.path, w.Code)
			}
		})
}

// No route falls over what it does not expect: it refuses, in JSON.
func TestEveryRoute_OddBodies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}", "[]", "null", "{", `{"user":5,"users":5,"group":5,"groups":[5],"organization":[],"organizations":{}}`} {
		everyRoute(t, func(*Account, route, string) {}, asOwner, body, func(rt route, _ *Account, w *httptest.ResponseRecorder) {
			refused := w.Code >= 400 && w.Code < 500
			if rt.body != "" && !refused || w.Code >= 500 || w.Code != http.StatusNoContent && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s with %q: %d %q", rt.method, rt.path, body, w.Code, w.Body)
			}
		})
	}
}

// Who is not known gets nothing, a token without a scope gets nothing, an end
// user gets nothing (§1.5); /users/me is the exception.
func TestEveryRoute_Rights(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		authorize func(*Account, *http.Request)
		want      int
	}{
		"nobody": {func(*Account, *http.Request) {}, http.StatusUnauthorized},
		"no scope": {func(a *Account, r *http.Request) {
			a.tokens["t"] = &accessToken{user: a.ownerID}
			r.Header.Set("Authorization", "Bearer t")
		}, http.StatusForbidden},
		"end user": {func(a *Account, r *http.Request) { r.SetBasicAuth("ada@example.com/token", a.APIToken()) }, http.StatusForbidden},
	} {
		everyRoute(t, func(*Account, route, string) {}, tt.authorize, `{}`, func(rt route, a *Account, w *httptest.ResponseRecorder) {
			want := tt.want
			if rt.allowed == anyone && name != "no scope" {
				want = http.StatusOK
			}
			if w.Code != want {
				t.Errorf("%s: %s %s: %d", name, rt.method, rt.path, w.Code)
			}
		})
	}
}

// Each route is reached: none stands behind another that matches first.
func TestEveryRoute_Reached(t *testing.T) {
	t.Parallel()
	a := New(nil)
	for i, rt := range a.routes {
		c := &call{method: rt.method, path: "/api/v2/" + strings.NewReplacer("{id}", "5", "{name}", "x").Replace(rt.path)}
		if got, _ := a.route(c); got != &a.routes[i] {
			t.Errorf("%s stands behind %s", fmt.Sprint(rt.method, " ", rt.path), got.path)
		}
	}
}

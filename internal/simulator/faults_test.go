package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/simulator"
)

// kind stands for a simulator's type of kinds.
type kind string

type fault = simulator.Fault[kind]

func ExampleFaults() {
	faults := simulator.NewFaults[kind]("/api", nil)
	defer faults.Close()
	faults.Add(fault{Kind: simulator.FailAfter, Method: http.MethodPost})

	for range 2 {
		f := faults.Take(http.MethodPost, "/api/users", nil)
		ans, ok := faults.Play(context.Background(), f, func() simulator.Answer {
			if f.Is(simulator.FailAfter) {
				return f.Instead(http.StatusInternalServerError)
			}
			return simulator.Empty(http.StatusCreated)
		})
		fmt.Println(ans.Status, ok)
	}
	// Output:
	// 500 true
	// 201 true
}

func TestFaults_Take(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		fault        fault
		method, path string
		query        string
		met          bool
	}{
		{"anything", fault{}, "GET", "/api/users", "", true},
		{"the root", fault{}, "GET", "/api", "", true},
		{"outside", fault{}, "GET", "/token", "", false},
		{"beside the root", fault{}, "GET", "/apis", "", false},
		{"outside by its path", fault{Path: "/token"}, "GET", "/token", "", true},
		{"method", fault{Method: "PUT"}, "PUT", "/api/users", "", true},
		{"another method", fault{Method: "PUT"}, "GET", "/api/users", "", false},
		{"parameters", fault{Query: []string{"a", "b"}}, "GET", "/api/users", "b=&a=1&c=2", true},
		{"too few parameters", fault{Query: []string{"a", "b"}}, "GET", "/api/users", "a=1", false},
		{"one segment", fault{Path: "/api/*/1"}, "GET", "/api/users/1", "", true},
		{"one segment is not two", fault{Path: "/api/*"}, "GET", "/api/users/1", "", false},
		{"one segment is not none", fault{Path: "/api/users/*"}, "GET", "/api/users", "", false},
		{"the rest", fault{Path: "/api/**"}, "GET", "/api/users/1", "", true},
		{"no rest", fault{Path: "/api/users/**"}, "GET", "/api/users", "", false},
		{"** in the middle is literal", fault{Path: "/api/**/1"}, "GET", "/api/users/1", "", false},
		{"another path", fault{Path: "/api/users"}, "GET", "/api/groups", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			faults := simulator.NewFaults[kind]("/api", nil)
			faults.Add(tt.fault)
			query, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			got := faults.Take(tt.method, tt.path, query)
			assert.Equal(t, tt.met, got.Is(simulator.Refuse), "the default kind")
			assert.Equal(t, tt.met, len(faults.Pending()) == 0, "the default is one time")
		})
	}
}

func TestFaults_counts(t *testing.T) {
	t.Parallel()
	faults := simulator.NewFaults[kind]("/api", nil)
	names := []string{"q"}
	faults.Add(fault{Skip: 1, Times: 2, Status: 1, Query: names})
	faults.Add(fault{Times: -1, Status: 2})
	names[0] = "changed"
	faults.Pending()[0].Query[0] = "changed"
	var met []int
	for range 5 {
		met = append(met, faults.Take("GET", "/api", url.Values{"q": nil}).Status)
	}
	assert.Equal(t, []int{2, 1, 1, 2, 2}, met, "a script that skips lets the next one be tried")
	assert.Equal(t, []fault{{Kind: simulator.Refuse, Times: -1, Status: 2}}, faults.Pending())
	faults.Clear()
	assert.Nil(t, faults.Take("GET", "/api", nil))
	assert.Empty(t, faults.Pending())
}

func TestFault_Instead(t *testing.T) {
	t.Parallel()
	assert.Equal(t, simulator.Answer{Status: 503, Header: http.Header{}, Body: []byte{}}, (&fault{}).Instead(503))
	full := &fault{Status: 429, RetryAfter: "7", Body: "busy"}
	assert.Equal(t, simulator.Answer{
		Status: 429, Header: http.Header{"Retry-After": {"7"}, "Content-Type": {"text/html; charset=utf-8"}}, Body: []byte("busy"),
	}, full.Instead(503))
	full.ContentType = "text/plain"
	assert.Equal(t, "text/plain", full.Instead(503).Header.Get("Content-Type"))
}

// What each kind leaves of a call; the kinds that wait are below.
func TestFaults_Play(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind       kind
		body, want string
		effect, ok bool
	}{
		{"", "body", "body", true, true},
		{simulator.Refuse, "body", "body", true, true},
		{simulator.FailAfter, "body", "body", true, true},
		{simulator.CutBody, "body", "body", true, true},
		{simulator.CutBody, "", "", true, false},
		{simulator.LostAnswer, "body", "body", true, false},
		{simulator.Unreachable, "body", "", false, false},
		{simulator.Malformed, "body", "bo", true, true},
		{simulator.Malformed, "", "{", true, true},
	} {
		t.Run(string(tt.kind)+" "+tt.body, func(t *testing.T) {
			t.Parallel()
			faults := simulator.NewFaults[kind]("", nil)
			var f *fault
			if tt.kind != "" {
				f = &fault{Kind: tt.kind}
			}
			effect := false
			ans, ok := faults.Play(t.Context(), f, func() simulator.Answer {
				effect = true
				return simulator.Answer{Status: 200, Body: []byte(tt.body)}
			})
			assert.Equal(t, tt.ok, ok)
			assert.Equal(t, tt.effect, effect)
			assert.Equal(t, tt.want, string(ans.Body))
		})
	}
	ans, ok := simulator.NewFaults[kind]("", nil).Play(t.Context(), &fault{Kind: simulator.Malformed},
		func() simulator.Answer { return simulator.Empty(http.StatusNoContent) })
	assert.True(t, ok)
	assert.Empty(t, ans.Body, "204 has no body to spoil")
}

// When a call takes effect and whether it is answered, on a real timer.
func TestFaults_Play_waits(t *testing.T) {
	t.Parallel()
	const never = -1
	for _, tt := range []struct {
		name    string
		fault   fault
		patient time.Duration // how long the client waits
		effect  time.Duration
		end     time.Duration
		ok      bool
	}{
		{"delay", fault{Kind: simulator.Delay, Delay: 2 * time.Second}, time.Minute, 2 * time.Second, 2 * time.Second, true},
		{"another kind with a delay", fault{Kind: simulator.Refuse, Delay: time.Second}, time.Minute, time.Second, time.Second, true},
		{"late", fault{Kind: simulator.Late, Delay: 2 * time.Second}, time.Minute, 0, 2 * time.Second, true},
		{"delay and the client goes", fault{Kind: simulator.Delay, Delay: 2 * time.Second}, time.Second, never, time.Second, false},
		{"late and the client goes", fault{Kind: simulator.Late, Delay: 2 * time.Second}, time.Second, 0, time.Second, false},
		{"delay without end", fault{Kind: simulator.Delay}, time.Minute, never, time.Minute, false},
		{"late without end", fault{Kind: simulator.Late}, time.Minute, 0, time.Minute, false},
		{"closed", fault{Kind: simulator.Delay}, 2 * time.Hour, never, time.Hour, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				faults := simulator.NewFaults[kind]("", nil)
				stop := time.AfterFunc(time.Hour, faults.Close)
				defer stop.Stop()
				ctx, cancel := context.WithTimeout(t.Context(), tt.patient)
				defer cancel()
				effect := time.Duration(never)
				_, ok := faults.Play(ctx, &tt.fault, func() simulator.Answer {
					effect = time.Since(start)
					return simulator.Empty(http.StatusOK)
				})
				assert.Equal(t, tt.ok, ok)
				assert.Equal(t, tt.effect, effect)
				assert.Equal(t, tt.end, time.Since(start))
				faults.Close()
				faults.Close()
			})
		})
	}
}

func TestFault_Holds(t *testing.T) {
	t.Parallel()
	var none *fault
	assert.False(t, none.Holds())
	assert.False(t, none.Is(""))
	assert.True(t, (&fault{Kind: simulator.Delay}).Holds())
	assert.True(t, (&fault{Kind: simulator.Refuse, Delay: 1}).Holds())
	assert.False(t, (&fault{Kind: simulator.Late, Delay: 1}).Holds())
	assert.False(t, (&fault{Kind: simulator.Refuse}).Holds())
}

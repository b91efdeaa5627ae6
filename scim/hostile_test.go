package scim_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// mostTimes is how many times what a plain POST of the same size takes a hostile
// request may take, in memory (TestHostile) and in time (BenchmarkHostile).
const mostTimes = 20

// hostile is a request that is made to cost much with little. It is measured by a
// POST with as many bytes as the request has, and the resource that it works on.
type hostile struct {
	method, path, body string
	header             http.Header
	// status is what it is answered with.
	status  int
	options func(*scim.Options)
	// stored is the body of the resource 1 that is there before.
	stored string
	// users are how many more there are. They count for the measure where scan is
	// set: a list has to look at them.
	users int
	scan  bool
}

func (c *hostile) size() int {
	n := len(c.path) + len(c.body) + len(c.stored)
	for name, values := range c.header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	if c.scan {
		n += c.users * len(plainUser(1))
	}
	return n
}

// exchange is a request that is ready to be served.
type exchange struct {
	h http.Handler
	w *discard
	r *http.Request
}

// discard is an http.ResponseWriter that keeps the status only.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// newExchange returns a request to a handler that knows its types.
func newExchange(h http.Handler, method, path, body string) *exchange {
	h.ServeHTTP(httptest.NewRecorder(), request(http.MethodGet, "/Users/none", ""))
	return &exchange{h: h, r: request(method, path, body), w: &discard{header: http.Header{}, status: http.StatusOK}}
}

func request(method, path, body string) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, "/scim/v2"+path, reader)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func (x *exchange) serve() { x.h.ServeHTTP(x.w, x.r) }

// usage is what serving a request takes.
type usage struct {
	bytes, objects float64
	time           time.Duration
}

// add serves the request.
func (u *usage) add(x *exchange) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	x.serve()
	u.time += time.Since(start)
	runtime.ReadMemStats(&after)
	u.bytes += float64(after.TotalAlloc - before.TotalAlloc)
	u.objects += float64(after.Mallocs - before.Mallocs)
}

// prepare stores what has to be there.
func (c *hostile) prepare(t testing.TB) *exchange {
	t.Helper()
	s := teststore.New(t)
	s.TypeSet = s.TypeSet.With(scim.Features{Sort: true, Cursor: true, Versions: true})
	open := newHandler(t, s, func(o *scim.Options) { o.MaxBody = 64 << 20 })
	post := func(path, body string) {
		x := newExchange(open, http.MethodPost, path, body)
		x.serve()
		require.Equal(t, http.StatusCreated, x.w.status)
	}
	if c.stored != "" {
		path, _, _ := strings.Cut(c.path[1:], "/")
		post("/"+path, c.stored)
	}
	for i := range c.users {
		post("/Users", plainUser(i+1))
	}
	x := newExchange(newHandler(t, s, c.options), c.method, c.path, c.body)
	maps.Copy(x.r.Header, c.header)
	return x
}

// plainUser is a user as identity providers send them.
func plainUser(i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","%s"],"externalId":"00u%d","userName":"user%d@example.com",
"name":{"givenName":"Given%d","familyName":"Family"},"displayName":"Given%d Family","title":"Engineer","active":true,
"emails":[{"value":"user%d@example.com","type":"work","primary":true}],"phoneNumbers":[{"value":"+1 555 0100","type":"work"}],
"%s":{"department":"Lab","manager":{"value":"7"}}}`, entURN, i, i, i, i, i, entURN)
}

// plain is the POST of a size: of a user, or, beyond the size of one, of a group.
func plain(t testing.TB, size int) *exchange {
	t.Helper()
	path, body := "/Users", plainUser(1)
	if size > len(body) {
		var b strings.Builder
		b.WriteString(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Plain","members":[`)
		for i := 0; b.Len() < size-len("]}"); i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"value":"2819c223-7f76-453a-919d-%012d","display":"User Number %d"}`, i, i)
		}
		b.WriteString("]}")
		path, body = "/Groups", b.String()
	}
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.MaxBody, o.MaxMembers = 64<<20, 1<<20 })
	return newExchange(h, http.MethodPost, path, body)
}

// A request that keeps to the limits takes at most twenty times the memory of a
// plain POST of the same size, or it is refused, which takes no more.
func TestHostile(t *testing.T) { //nolint:paralleltest // it measures the memory of all goroutines
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	cases := hostiles()
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		t.Run(name, func(t *testing.T) {
			x, p := c.prepare(t), plain(t, c.size())
			var took, measure usage
			took.add(x)
			measure.add(p)
			require.Equal(t, http.StatusCreated, p.w.status)
			assert.Equal(t, c.status, x.w.status)
			assert.LessOrEqual(t, took.bytes/measure.bytes, float64(mostTimes), "bytes: %.0f, not %.0f", took.bytes, measure.bytes)
			assert.LessOrEqual(t, took.objects/measure.objects, float64(mostTimes), "objects: %.0f, not %.0f", took.objects, measure.objects)
		})
		runtime.GC()
	}
}

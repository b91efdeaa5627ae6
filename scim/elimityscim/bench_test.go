package elimityscim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	elimity "github.com/elimity-com/scim"
	errs "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	data "github.com/elimity-com/scim/schema"
	filter "github.com/scim2/filter-parser/v2"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// The benchmarks send the same requests to usher's handler and to a bare server
// of the library over the same data in memory, and report how many times faster
// the former is. Every request has a value of its own, and ServeHTTP is called
// directly. Nothing is asserted on times; TestAllocations asserts what repeats.

const people = 100

func userJSON(n int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
"userName":"user%d@example.com","externalId":"ext-%d","name":{"givenName":"Given%d","familyName":"Family","formatted":"Given Family"},
"displayName":"Given Family","nickName":"Gi","title":"Engineer","preferredLanguage":"en","locale":"en-US","timezone":"Europe/Berlin","active":true,
"emails":[{"value":"user%d@example.com","type":"work","primary":true},{"value":"user%d@home.example","type":"home"}],
"phoneNumbers":[{"value":"+1 555 0100","type":"work"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%d","department":"Lab","manager":{"value":"7"}}}`, n, n, n, n, n, n)
}

// memory is usher's side: a slice of resources.
type memory struct {
	types *scim.Types
	list  []*scim.Resource
}

var _ scim.Backend = (*memory)(nil)

func (m *memory) Types(context.Context) (*scim.Types, error) { return m.types, nil }

func (m *memory) find(id string) int {
	for i, r := range m.list {
		if s, _ := r.Record.At(schema.SlotID).Str(); s == id {
			return i
		}
	}
	return -1
}

func (m *memory) Get(_ context.Context, r scim.Ref, _ scim.ReadOptions) (*scim.Resource, error) {
	if i := m.find(r.ID); i >= 0 {
		return m.list[i], nil
	}
	return nil, scim.Errorf(404, "", "There is no user %s.", r.ID)
}

func (m *memory) List(_ context.Context, _ string, q scim.Query) (*scim.Page, error) {
	return scim.PageOf(q, func(yield func(*scim.Resource) bool) {
		for _, r := range m.list {
			if !yield(r) {
				return
			}
		}
	}), nil
}

func (m *memory) stamped(in *schema.Record, id string) *scim.Resource {
	rec := in.Clone()
	rec.SetAt(schema.SlotID, schema.StringValue(id))
	meta := rec.Type().Attribute(schema.SlotMeta).Sub.New()
	meta.SetString("created", "2026-01-02T03:04:05Z")
	meta.SetString("lastModified", "2026-01-02T03:04:05Z")
	rec.SetAt(schema.SlotMeta, schema.ObjectValue(meta))
	return &scim.Resource{Record: rec, Version: "1"}
}

// Create does not keep the resource: the benchmark would fill memory.
func (m *memory) Create(_ context.Context, _ string, in *schema.Record, _ scim.WriteOptions) (*scim.Resource, error) {
	return m.stamped(in, "new"), nil
}

func (m *memory) Update(_ context.Context, r scim.Ref, u scim.Update, _ scim.WriteOptions) (*scim.Resource, error) {
	i := m.find(r.ID)
	if i < 0 {
		return nil, scim.Errorf(404, "", "There is no user %s.", r.ID)
	}
	if u.Replace != nil {
		m.list[i] = m.stamped(u.Replace, r.ID)
		return m.list[i], nil
	}
	rec, err := scim.ApplyPatch(m.list[i].Record, u.Patch)
	if err != nil {
		return nil, err
	}
	m.list[i] = &scim.Resource{Record: rec, Version: "1"}
	return m.list[i], nil
}

func (m *memory) Delete(context.Context, scim.Ref, scim.WriteOptions) error { return nil }

// bare is the library's side, written as its examples are: attributes in maps,
// copied for every answer.
type bare struct{ list []elimity.Resource }

var _ elimity.ResourceHandler = (*bare)(nil)

func fresh(r elimity.Resource) elimity.Resource {
	attributes := make(elimity.ResourceAttributes, len(r.Attributes)+4)
	for k, v := range r.Attributes {
		attributes[k] = v
	}
	r.Attributes = attributes
	return r
}

func (b *bare) find(id string) (int, error) {
	for i := range b.list {
		if b.list[i].ID == id {
			return i, nil
		}
	}
	return -1, errs.ScimErrorResourceNotFound(id)
}

func (b *bare) Create(_ *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	return stamped("new", attributes), nil
}

func stamped(id string, attributes elimity.ResourceAttributes) elimity.Resource {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := elimity.Resource{ID: id, Attributes: attributes, Meta: elimity.Meta{Created: &at, LastModified: &at, Version: `W/"1"`}}
	if s, ok := attributes["externalId"].(string); ok {
		r.ExternalID = optional.NewString(s)
	}
	return r
}

func (b *bare) Get(_ *http.Request, id string) (elimity.Resource, error) {
	i, err := b.find(id)
	if err != nil {
		return elimity.Resource{}, err
	}
	return fresh(b.list[i]), nil
}

func (b *bare) GetAll(_ *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	page := elimity.Page{Resources: []elimity.Resource{}}
	for _, r := range b.list {
		if params.FilterValidator != nil {
			e, ok := params.FilterValidator.GetFilter().(*filter.AttributeExpression)
			if !ok || e.AttributePath.AttributeName != "userName" || !strings.EqualFold(r.Attributes["userName"].(string), e.CompareValue.(string)) {
				continue
			}
		}
		page.TotalResults++
		if page.TotalResults >= params.StartIndex && len(page.Resources) < params.Count {
			page.Resources = append(page.Resources, fresh(r))
		}
	}
	return page, nil
}

func (b *bare) Replace(_ *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	i, err := b.find(id)
	if err != nil {
		return elimity.Resource{}, err
	}
	b.list[i] = stamped(id, attributes)
	return fresh(b.list[i]), nil
}

func (b *bare) Delete(*http.Request, string) error { return nil }

func (b *bare) Patch(_ *http.Request, id string, ops []elimity.PatchOperation) (elimity.Resource, error) {
	i, err := b.find(id)
	if err != nil {
		return elimity.Resource{}, err
	}
	r := fresh(b.list[i])
	for _, op := range ops {
		r.Attributes[op.Path.AttributePath.AttributeName] = op.Value
	}
	b.list[i] = r
	return fresh(r), nil
}

type sides struct{ usher, bare http.Handler }

func newSides(t testing.TB) sides {
	t.Helper()
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	require.NoError(t, err)
	types, err := scim.NewTypes("1", user)
	require.NoError(t, err)
	m := &memory{types: types}
	codec, err := scim.NewCodec(user, scim.Profile{})
	require.NoError(t, err)
	h, err := scim.NewHandler(m, &scim.Options{BaseURL: "https://scim.example.com", Auth: scim.NoAuth()})
	require.NoError(t, err)

	b := &bare{}
	server, err := elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{SupportPatch: true, SupportFiltering: true},
		ResourceTypes: []elimity.ResourceType{{
			Name: "User", Endpoint: "/Users", Schema: data.CoreUserSchema(), Handler: b,
			SchemaExtensions: []elimity.SchemaExtension{{Schema: data.ExtensionEnterpriseUser()}},
		}},
	})
	require.NoError(t, err)
	keep := &keeper{bare: b}
	seed, err := elimity.NewServer(&elimity.ServerArgs{
		ServiceProviderConfig: &elimity.ServiceProviderConfig{},
		ResourceTypes: []elimity.ResourceType{{
			Name: "User", Endpoint: "/Users", Schema: data.CoreUserSchema(), Handler: keep,
			SchemaExtensions: []elimity.SchemaExtension{{Schema: data.ExtensionEnterpriseUser()}},
		}},
	})
	require.NoError(t, err)
	for n := range people {
		body, err := schema.ParseJSON([]byte(userJSON(n)))
		require.NoError(t, err)
		rec, _, err := codec.Resource(body)
		require.NoError(t, err)
		m.list = append(m.list, m.stamped(rec, fmt.Sprint(n)))
		w := httptest.NewRecorder()
		seed.ServeHTTP(w, httptest.NewRequest("POST", "/Users", strings.NewReader(userJSON(n))))
		require.Equal(t, 201, w.Code)
	}
	return sides{h, server}
}

// keeper fills a bare server.
type keeper struct{ *bare }

func (k *keeper) Create(_ *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	r := stamped(fmt.Sprint(len(k.list)), attributes)
	k.list = append(k.list, r)
	return fresh(r), nil
}

// sink is a response writer that throws the body away.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

func requests() map[string]func(n int) *http.Request {
	request := func(method, path, body string) *http.Request {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/scim+json")
		}
		return r
	}
	return map[string]func(n int) *http.Request{
		"GET":  func(n int) *http.Request { return request("GET", fmt.Sprintf("/Users/%d", n%people), "") },
		"POST": func(n int) *http.Request { return request("POST", "/Users", userJSON(n)) },
		"PUT":  func(n int) *http.Request { return request("PUT", fmt.Sprintf("/Users/%d", n%people), userJSON(n)) },
		"PATCH": func(n int) *http.Request {
			return request("PATCH", fmt.Sprintf("/Users/%d", n%people), fmt.Sprintf(
				`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"Engineer %d"}]}`, n))
		},
		"filter": func(n int) *http.Request {
			return request("GET", fmt.Sprintf("/Users?filter=userName+eq+%%22user%d@example.com%%22", n%people), "")
		},
		"list100": func(int) *http.Request { return request("GET", "/Users?count=100", "") },
	}
}

func BenchmarkHandlers(b *testing.B) {
	s := newSides(b)
	for _, name := range []string{"GET", "POST", "PUT", "PATCH", "filter", "list100"} {
		make := requests()[name]
		b.Run(name, func(b *testing.B) {
			var spent [2]time.Duration
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for side, h := range []http.Handler{s.usher, s.bare} {
					r, w := make(n), &sink{header: http.Header{}}
					start := time.Now()
					h.ServeHTTP(w, r)
					spent[side] += time.Since(start)
					if w.status >= 300 {
						b.Fatalf("side %d: status %d", side, w.status)
					}
				}
				n++
			}
			b.ReportMetric(float64(spent[0].Nanoseconds())/float64(n), "usher-ns/op")
			b.ReportMetric(float64(spent[1].Nanoseconds())/float64(n), "elimity-ns/op")
			b.ReportMetric(float64(spent[1])/float64(spent[0]), "x-elimity")
		})
	}
}

// Allocations repeat exactly, unlike times.
func TestAllocations(t *testing.T) {
	s := newSides(t)
	for name, most := range map[string]float64{"GET": 40, "PATCH": 120, "filter": 80, "POST": 260, "PUT": 260, "list100": 60} {
		made := requests()[name]
		var rs []*http.Request
		for n := range 52 {
			rs = append(rs, made(n))
		}
		n := 0
		got := testing.AllocsPerRun(50, func() {
			w := &sink{header: http.Header{}}
			s.usher.ServeHTTP(w, rs[n])
			n++
			if w.status >= 300 {
				t.Fatalf("status %d", w.status)
			}
		})
		t.Logf("%s: %.0f allocations", name, got)
		if got > most {
			t.Errorf("%s: %.0f allocations, %.0f at most", name, got, most)
		}
	}
}

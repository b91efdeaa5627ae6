package mapping_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

const twentyUser = `{
 "userName": "BJensen@example.com", "externalId": "701984", "nickName": "Babs", "title": "Tour Guide", "displayName": "Barbara Jensen",
 "name": {"givenName": "Barbara", "familyName": "Jensen"}, "locale": "de-DE", "userType": "Employee",
 "emails": [{"type": "home", "value": "babs@example.org"}, {"type": "work", "value": "bjensen@example.com", "primary": true},
   {"type": "other", "value": "b@other.example"}],
 "phoneNumbers": [{"type": "work", "value": "+1 555 555 8377"}, {"type": "mobile", "value": "+1 555 555 4444"}],
 "addresses": [{"type": "work", "formatted": "100 Universal City Plaza"}],
 "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "701984", "costCenter": "7", "department": "Tour Operations",
   "manager": {"value": "500"}},
 "urn:ietf:params:scim:schemas:extension:example:2.0:User": {"badge": "B-7"}}`

// twenty is the benchmarks' plan with a resource and its answers.
type twenty struct {
	plan *mapping.Plan
	user *schema.Record
	res  *mapping.Resolved
}

func newTwenty(t testing.TB) *twenty {
	t.Helper()
	data, err := os.ReadFile("testdata/twenty.yaml")
	require.NoError(t, err)
	plan := compile(t, string(data))
	b := &twenty{plan: plan, user: resource(t, plan, twentyUser), res: &mapping.Resolved{}}
	for _, n := range plan.Needs(nil, &mapping.Input{Resource: b.user}) {
		id := schema.IntegerValue(42)
		b.res.Add(n, mapping.Resolution{State: mapping.Found, Native: id, Return: n.Value})
	}
	return b
}

// stored is what a create makes of the user.
func (b *twenty) stored(t testing.TB) *schema.Record {
	t.Helper()
	var out mapping.Result
	require.NoError(t, b.plan.ToTarget(&out, &mapping.Input{Resource: b.user}, b.res))
	return out.Record
}

// threeLeaves is a filter of three comparisons, two of which can be pushed.
const threeLeaves = `userName eq "A@example.com" and name.givenName eq "Ann" and title co "x"`

func BenchmarkToTarget(b *testing.B) {
	tw := newTwenty(b)
	in := &mapping.Input{Op: mapping.Create, Resource: tw.user}
	var out mapping.Result
	b.ReportAllocs()
	for b.Loop() {
		if tw.plan.ToTarget(&out, in, tw.res) != nil {
			b.Fatal("failed")
		}
	}
}

func BenchmarkToSCIM(b *testing.B) {
	tw := newTwenty(b)
	stored := tw.stored(b)
	rec := tw.plan.Resource().New()
	b.ReportAllocs()
	for b.Loop() {
		rec.Reset()
		tw.plan.ToSCIM(rec, stored, tw.res)
	}
}

func BenchmarkDiff(b *testing.B) {
	tw := newTwenty(b)
	stored := tw.stored(b)
	other := stored.Clone()
	var dst []schema.Edit
	b.ReportAllocs()
	for b.Loop() {
		dst = tw.plan.Diff(dst[:0], stored, other)
	}
}

func BenchmarkFilter(b *testing.B) {
	tw := newTwenty(b)
	f := schema.MustParseFilter(threeLeaves)
	b.ReportAllocs()
	for b.Loop() {
		tw.plan.Filter(f)
	}
}

func BenchmarkCompile(b *testing.B) {
	text := sixtyRules()
	doc, ds := mapping.Parse("sixty.yaml", text)
	require.Empty(b, ds.String())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(b, err)
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mapping.Parse("sixty.yaml", text)
		}
	})
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mapping.Compile(doc, typ, nil, nil)
		}
	})
}

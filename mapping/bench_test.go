package mapping_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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

// The hand-written conversion that the engine is measured against: from struct
// to struct, as a programmer would write it who knows both sides.
type typedUser struct {
	userName, externalID, nickName, title, givenName, familyName, locale, userType string
	emails, phones, addresses                                                      []typedValue
	employeeNumber, costCenter, department, manager, badge, displayName            string
}

type typedValue struct {
	kind, value string
	primary     bool
}

type typedPerson struct {
	login, firstName, lastName, nickname, jobTitle, primaryEmail, privateEmail string
	otherEmails                                                                []string
	workPhone, mobilePhone, address, language, kind, externalID                string
	managerID                                                                  int64
	departmentIDs                                                              []int64
	employeeNumber, costCenter, badge, displayName                             string
}

type typedMaps struct {
	languages, kinds map[string]string
	departments      map[string]int64
	people           map[string]int64
}

func typedPick(vs []typedValue, kind string) string {
	first, found := "", false
	for i := range vs {
		if strings.EqualFold(vs[i].kind, kind) {
			if vs[i].primary {
				return vs[i].value
			}
			if !found {
				first, found = vs[i].value, true
			}
		}
	}
	return first
}

func typedConvert(out *typedPerson, in *typedUser, m *typedMaps) bool {
	*out = typedPerson{otherEmails: out.otherEmails[:0], departmentIDs: out.departmentIDs[:0]}
	out.login = strings.ToLower(in.userName)
	out.firstName, out.lastName = in.givenName, in.familyName
	if out.login == "" || out.firstName == "" {
		return false
	}
	out.nickname, out.jobTitle = in.nickName, in.title
	out.primaryEmail = strings.ToLower(typedPick(in.emails, "work"))
	out.privateEmail = typedPick(in.emails, "home")
	for i := range in.emails {
		if strings.EqualFold(in.emails[i].kind, "other") {
			out.otherEmails = append(out.otherEmails, in.emails[i].value)
		}
	}
	out.workPhone, out.mobilePhone = typedPick(in.phones, "work"), typedPick(in.phones, "mobile")
	out.address = typedPick(in.addresses, "work")
	for l := strings.ToLower(in.locale); ; {
		if v, ok := m.languages[l]; ok {
			out.language = v
			break
		}
		i := strings.LastIndexAny(l, "-_")
		if i < 0 {
			return false
		}
		l = l[:i]
	}
	kind, ok := m.kinds[strings.ToLower(in.userType)]
	if !ok {
		return false
	}
	out.kind, out.externalID = kind, in.externalID
	if out.managerID, ok = m.people[strings.ToLower(in.manager)]; !ok {
		return false
	}
	id, ok := m.departments[strings.ToLower(in.department)]
	if !ok {
		return false
	}
	out.departmentIDs = append(out.departmentIDs, id)
	out.employeeNumber, out.costCenter = in.employeeNumber, in.costCenter
	if out.badge = in.badge; len(out.badge) > 40 {
		return false
	}
	out.displayName = in.displayName
	return true
}

func typedInput() (*typedUser, *typedMaps) {
	return &typedUser{userName: "BJensen@example.com", externalID: "701984", nickName: "Babs", title: "Tour Guide",
			givenName: "Barbara", familyName: "Jensen", locale: "de-DE", userType: "Employee",
			emails: []typedValue{{"home", "babs@example.org", false}, {"work", "bjensen@example.com", true}, {"other", "b@other.example", false}},
			phones: []typedValue{{"work", "+1 555 555 8377", false}, {"mobile", "+1 555 555 4444", false}}, addresses: []typedValue{{"work", "100 Universal City Plaza", false}},
			employeeNumber: "701984", costCenter: "7", department: "Tour Operations", manager: "500", badge: "B-7", displayName: "Barbara Jensen"},
		&typedMaps{languages: map[string]string{"en": "en", "de": "de", "fr": "fr", "pt-br": "pt-BR", "ja": "ja-JP"},
			kinds:       map[string]string{"employee": "staff", "contractor": "temp"},
			departments: map[string]int64{"tour operations": 42}, people: map[string]int64{"500": 42}}
}

// TestToTarget_Allocations holds the budget of design.md section 7.
func TestToTarget_Allocations(t *testing.T) {
	b := newTwenty(t)
	in := &mapping.Input{Op: mapping.Create, Resource: b.user, Now: time.Unix(1e9, 0)}
	var out mapping.Result
	require.NoError(t, b.plan.ToTarget(&out, in, b.res))
	assert.Len(t, out.Edits, 20)
	allocs := testing.AllocsPerRun(200, func() {
		if b.plan.ToTarget(&out, in, b.res) != nil {
			panic("failed")
		}
	})
	t.Logf("ToTarget of a 20-attribute user: %.0f allocations", allocs)
	assert.LessOrEqual(t, allocs, 6.0)
}

func TestDiff_Allocations(t *testing.T) {
	b := newTwenty(t)
	var out mapping.Result
	require.NoError(t, b.plan.ToTarget(&out, &mapping.Input{Resource: b.user}, b.res))
	other := out.Record.Clone()
	other.SetString("job_title", "Director")
	other.Set("nickname", schema.Value{})
	dst := b.plan.Diff(nil, out.Record, other)
	require.Len(t, dst, 2)
	assert.Zero(t, testing.AllocsPerRun(200, func() { dst = b.plan.Diff(dst[:0], out.Record, other) }))
}

// BenchmarkToTarget prints how much longer the engine takes than hand-written
// code in the same run.
func BenchmarkToTarget(b *testing.B) {
	tw := newTwenty(b)
	in := &mapping.Input{Op: mapping.Create, Resource: tw.user}
	var out mapping.Result
	var person typedPerson
	user, maps := typedInput()
	var engine, typed time.Duration
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if tw.plan.ToTarget(&out, in, tw.res) != nil {
				b.Fatal("failed")
			}
		}
		engine = b.Elapsed() / time.Duration(b.N)
	})
	b.Run("typed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !typedConvert(&person, user, maps) {
				b.Fatal("failed")
			}
		}
		typed = b.Elapsed() / time.Duration(b.N)
	})
	if typed > 0 {
		b.Logf("plan / typed = %.2f", float64(engine)/float64(typed))
	}
}

func BenchmarkToSCIM(b *testing.B) {
	tw := newTwenty(b)
	var out mapping.Result
	require.NoError(b, tw.plan.ToTarget(&out, &mapping.Input{Resource: tw.user}, tw.res))
	rec := tw.plan.Resource().New()
	b.ReportAllocs()
	for b.Loop() {
		rec.Reset()
		tw.plan.ToSCIM(rec, out.Record, tw.res)
	}
}

func BenchmarkDiff(b *testing.B) {
	tw := newTwenty(b)
	var out mapping.Result
	require.NoError(b, tw.plan.ToTarget(&out, &mapping.Input{Resource: tw.user}, tw.res))
	other := out.Record.Clone()
	var dst []schema.Edit
	b.ReportAllocs()
	for b.Loop() {
		dst = tw.plan.Diff(dst[:0], out.Record, other)
	}
}

func BenchmarkFilter(b *testing.B) {
	tw := newTwenty(b)
	f := schema.MustParseFilter(`userName eq "A@example.com" and name.givenName eq "Ann" and title co "x"`)
	b.ReportAllocs()
	for b.Loop() {
		tw.plan.Filter(f)
	}
}

func BenchmarkCompile(b *testing.B) {
	data, err := os.ReadFile("testdata/twenty.yaml")
	require.NoError(b, err)
	doc, ds := mapping.Parse("twenty.yaml", data)
	require.Empty(b, ds)
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(b, err)
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			mapping.Parse("twenty.yaml", data)
		}
	})
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			mapping.Compile(doc, typ, nil, nil)
		}
	})
}

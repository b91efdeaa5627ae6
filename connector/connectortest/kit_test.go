package connectortest_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/schema"
)

func TestRun(t *testing.T) {
	t.Parallel()
	ended := 0
	connectortest.Run(t, func(t *testing.T) *connectortest.Harness {
		h := newOffice(t).harness()
		h.Close = func() { ended++ }
		return h
	}, &connectortest.Options{Skip: map[string]string{"filters/team": "to see that it can be", "clear": "to see that it can be"}})
	assert.Positive(t, ended)
}

// TestVerify_Office runs every check on a driver that has nothing wrong with it.
func TestVerify_Office(t *testing.T) {
	t.Parallel()
	report := connectortest.Verify(t.Context(), office1(t, nil), nil)
	require.NoError(t, report.Err())
	assert.Empty(t, report.Failed())
	ran := map[string]bool{}
	for _, r := range report.Results {
		ran[r.Check] = ran[r.Check] || r.Skipped == ""
	}
	delete(ran, "unwrap") // it wraps nothing
	for check, did := range ran {
		assert.Truef(t, did, "%s was not run for any object", check)
	}
	for _, words := range []string{"person  also unread  deactivate, activate, delete, erase, convert, downgrade  email", "room    no", "abilities: Members, Checker, Omitter"} {
		assert.Contains(t, report.Capabilities, words)
	}
}

// office1 returns a maker of harnesses of offices that with changes.
func office1(t *testing.T, with func(o *office, h *connectortest.Harness)) func() (*connectortest.Harness, error) {
	return func() (*connectortest.Harness, error) {
		o := newOffice(t)
		h := o.harness()
		if with != nil {
			with(o, h)
		}
		return h, nil
	}
}

func TestVerify_Wrapped(t *testing.T) {
	t.Parallel()
	report := connectortest.Verify(t.Context(), office1(t, func(o *office, h *connectortest.Harness) {
		h.Driver = unwrapping{Driver: o, inner: o}
	}), nil)
	require.NoError(t, report.Err())
	for _, r := range report.Results {
		if r.Check == "members" && r.Object == "team" || r.Check == "unwrap" || r.Check == "checker" {
			assert.Emptyf(t, r.Skipped, "%s: the abilities are behind the wrapper", r.Name())
		}
	}
}

// unwrapping has the six methods and leads to the rest.
type unwrapping struct {
	connector.Driver
	inner connector.Driver
}

func (u unwrapping) Unwrap() connector.Driver { return u.inner }

// TestVerify_WhatIsAbsent looks at what is left where the harness says little.
func TestVerify_WhatIsAbsent(t *testing.T) {
	t.Parallel()
	report := connectortest.Verify(t.Context(), func() (*connectortest.Harness, error) {
		o := newOffice(t)
		o.desc.Object("team").Members, o.desc.Object("team").Member = false, nil
		return &connectortest.Harness{
			Driver: sixMethods{o}, Sample: func(*connector.Object, int) *schema.Record { return nil },
			Inject: func(f connectortest.Fault) bool { return false },
		}, nil
	}, nil)
	require.NoError(t, report.Err())
	skipped := map[string]string{}
	for _, r := range report.Results {
		skipped[r.Name()] = r.Skipped
	}
	for name, why := range map[string]string{
		"describe":         "",
		"paging/room":      "",
		"filters/room":     "",
		"create/person":    "no sample",
		"create/room":      "read-only",
		"filters/person":   "no records",
		"members/team":     "declares no Members",
		"omit/room":        "no Omitter",
		"rate-limit/room":  "cannot bring this about",
		"lost-answer/team": "no sample",
	} {
		assert.Containsf(t, skipped[name], why, "%s", name)
		assert.Equalf(t, why == "", skipped[name] == "", "%s: %s", name, skipped[name])
	}
}

func TestVerify_Problems(t *testing.T) {
	t.Parallel()
	good := office1(t, nil)
	for name, c := range map[string]struct {
		harness func() (*connectortest.Harness, error)
		o       connectortest.Options
		want    string
	}{
		"no harness":       {func() (*connectortest.Harness, error) { return nil, errors.New("no simulator") }, connectortest.Options{}, "no simulator"},
		"nothing":          {func() (*connectortest.Harness, error) { return nil, nil }, connectortest.Options{}, "the harness has no driver"},
		"no driver":        {func() (*connectortest.Harness, error) { return &connectortest.Harness{}, nil }, connectortest.Options{}, "the harness has no driver"},
		"unknown object":   {good, connectortest.Options{Objects: []string{"robot"}}, `the driver describes no object "robot"`},
		"unknown check":    {good, connectortest.Options{Skip: map[string]string{"creation": "x"}}, `there is no check "creation"`},
		"unknown part":     {good, connectortest.Options{Skip: map[string]string{"create/robot": "x"}}, `"create/robot" would not run anyway`},
		"unused":           {good, connectortest.Options{Skip: map[string]string{"create/room": "x"}}, `"create/room" would not run anyway`},
		"unused as absent": {good, connectortest.Options{Skip: map[string]string{"unwrap": "x"}}, `"unwrap" would not run anyway`},
		"no reason":        {good, connectortest.Options{Skip: map[string]string{"create": " "}}, `"create" has no reason`},
		"cannot describe": {office1(t, func(o *office, h *connectortest.Harness) {
			b := newBroken(t)
			b.describe = func(context.Context) (*connector.Description, error) { return nil, connector.Unauthenticated }
			h.Driver = b
		}), connectortest.Options{}, "the driver does not describe its target: unauthenticated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(c.o.Objects) == 0 {
				c.o.Objects = []string{"room"}
			}
			if strings.Contains(name, "reason") || name == "unused" {
				c.o.Objects = nil
			}
			report := connectortest.Verify(t.Context(), c.harness, &c.o)
			require.Error(t, report.Err())
			require.NotEmpty(t, report.Problems)
			assert.Contains(t, report.Problems[0], c.want)
		})
	}
}

// TestVerify_SearchesThatLag has an index that knows a record once time has
// passed.
func TestVerify_SearchesThatLag(t *testing.T) {
	t.Parallel()
	lagging := func() (*connectortest.Harness, error) {
		b := newBroken(t)
		p := b.desc.Object("person")
		p.Search = connector.Search{And: true, Or: true, Consistent: []string{"email"}}
		indexed := map[string]bool{}
		b.listing(func(q connector.Query, page *connector.Page) *connector.Page {
			if field, _, ok := connector.EqOn(q.Filter); q.Filter == nil || ok && field == "email" {
				return page
			}
			for i := len(page.Records) - 1; i >= 0; i-- {
				if r := page.Records[i]; r.Type() == p.Type && !indexed[r.String("id")] {
					page.Records = append(page.Records[:i], page.Records[i+1:]...)
					page.Total = -1
				}
			}
			return page
		})
		h := b.harness()
		h.Driver = b
		h.Wait = func(ctx context.Context, _ time.Duration) error {
			page, err := b.Driver.List(ctx, "person", connector.Query{Limit: 1000})
			for err == nil && page != nil {
				b.one.Lock()
				for _, r := range page.Records {
					indexed[r.String("id")] = true
				}
				b.one.Unlock()
				if page.Next == "" {
					break
				}
				page, err = b.Driver.List(ctx, "person", connector.Query{Cursor: page.Next})
			}
			return err
		}
		return h, nil
	}
	o := &connectortest.Options{Objects: []string{"person"}}
	report := connectortest.Verify(t.Context(), lagging, o)
	assert.Equal(t, []string{"filters/person", "paging/person", "strings/person"}, report.Failed(), "nobody waits")

	o.Retry = []time.Duration{time.Minute}
	report = connectortest.Verify(t.Context(), lagging, o)
	require.NoError(t, report.Err())
}

// TestDoc holds the list of checks in the package comment against the checks.
func TestDoc(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var last string
	for _, r := range connectortest.Verify(t.Context(), office1(t, nil), nil).Results {
		if r.Check != last {
			assert.Contains(t, string(doc), "//\t"+r.Check+" ", "a check that is not described")
			last = r.Check
		}
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	typ := newType(t, "person", schema.Fields{
		"id": {Mutability: schema.ReadOnly}, "email": {}, "emails": {MultiValued: true}, "login": {}, "name": {MaxLength: 8}, "on": {Type: schema.Boolean},
		"active": {Type: schema.Boolean}, "n": {Type: schema.Integer}, "share": {Type: schema.Decimal}, "at": {Type: schema.DateTime}, "day": {Type: schema.Date},
		"photo": {Type: schema.Binary}, "colors": {MultiValued: true, Choices: []string{"red", "green"}}, "size": {Type: schema.Integer, Choices: []string{"1", "2"}},
		"department_id": {Type: schema.Integer}, "managerId": {}, "external_id": {}, "code": {Pattern: "[0-9]+"}, "must": {Pattern: "S.*", Required: true},
		"home": {Type: schema.Complex, Sub: newType(t, "home", schema.Fields{"city": {}})}, "extra": {Type: schema.Any}, "see": {Type: schema.Reference},
		"work_phone": {}, "site_url": {}, "language": {}, "locale": {}, "time_zone": {},
	})
	o := &connector.Object{Name: "person", Type: typ, Unique: []string{"login"}, Active: "active"}
	a, b := connectortest.Sample(o, 0), connectortest.Sample(o, 1)
	for s := range schema.Slot(typ.Len()) {
		attr := typ.Attribute(s)
		require.NoError(t, attr.CheckValue(a.At(s)))
		switch attr.Name {
		case "id", "active", "department_id", "managerId", "code", "extra", "see":
			assert.Truef(t, a.At(s).IsUnset(), "%s cannot be made up", attr.Name)
		default:
			assert.Falsef(t, a.At(s).Unassigned(), "%s has no value", attr.Name)
			assert.Falsef(t, a.At(s).Equal(b.At(s)), "%s is the same in two samples", attr.Name)
		}
	}
	assert.Equal(t, "login-0", a.String("login"))
	assert.Equal(t, "email-1@example.com", b.String("email"))
	assert.Equal(t, []string{"emails-2@example.com", "emails-3@example.com"}, b.Strings("emails"))
	assert.Equal(t, "e name 0", a.String("name"), "cut to what the field takes")
	assert.True(t, a.Equal(connectortest.Sample(o, 0)), "the same each time")
}

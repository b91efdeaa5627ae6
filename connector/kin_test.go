package connector_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// kinDriver lists what it is told to; everything else is not there.
type kinDriver struct {
	connector.Driver
	desc    *connector.Description
	records []*schema.Record
	query   connector.Query
}

func (d *kinDriver) Describe(context.Context) (*connector.Description, error) { return d.desc, nil }

func (d *kinDriver) List(_ context.Context, _ string, q connector.Query) (*connector.Page, error) {
	d.query = q
	return &connector.Page{Records: d.records}, nil
}

func kinObjects(t *testing.T) []connector.Object {
	t.Helper()
	fields := schema.Fields{"id": {Type: schema.Integer, Mutability: schema.ReadOnly}, "email": {}, "chief": {Type: schema.Boolean, Mutability: schema.ReadOnly}}
	guest, err := schema.NewType("guest", fields)
	require.NoError(t, err)
	staff, err := schema.NewType("staff", fields)
	require.NoError(t, err)
	return []connector.Object{
		{Name: "guest", Type: guest, IDSpace: "people", Kin: []string{"staff"}, KinFilter: []string{"email"}},
		{Name: "staff", Type: staff, IDSpace: "people", Sparse: []string{"email"}, Admin: "chief"},
	}
}

func TestList_KinComeWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	objects := kinObjects(t)
	rec := objects[1].Type.New()
	rec.Set("id", schema.IntegerValue(7))
	d := &kinDriver{desc: &connector.Description{Objects: objects}, records: []*schema.Record{rec}}
	target, err := connector.NewTarget(d, nil)
	require.NoError(t, err)

	page, err := target.List(t.Context(), "guest", connector.Query{Kin: true})
	require.NoError(t, err)
	assert.Len(t, page.Records, 1)
	_, err = target.List(t.Context(), "guest", connector.Query{})
	assert.ErrorIs(t, err, connector.Internal, "a record of another kind has no place there")
	_, err = target.List(t.Context(), "staff", connector.Query{Kin: true})
	require.NoError(t, err)
	assert.False(t, d.query.Kin, "it has no kin")
}

func TestDescription_KinAndProtected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(d *connector.Description)
		says   string
	}{
		"unknown kin":        {func(d *connector.Description) { d.Objects[0].Kin = []string{"nobody"} }, "kin"},
		"kin with other ids": {func(d *connector.Description) { d.Objects[1].IDSpace = "other" }, "kin"},
		"field of kin":       {func(d *connector.Description) { d.Objects[0].KinFilter = []string{"no"} }, "no field no"},
		"sparse field":       {func(d *connector.Description) { d.Objects[1].Sparse = []string{"no"} }, "no field no"},
		"field reset":        {func(d *connector.Description) { d.Objects[1].ResetByActivate = []string{"no"} }, "no field no"},
		"admin field":        {func(d *connector.Description) { d.Objects[1].Admin = "no" }, "no field no"},
		"member field":       {func(d *connector.Description) { d.Objects[1].MemberField = "no" }, "no field no"},
		"protected":          {func(d *connector.Description) { d.Protected = []connector.Ref{{Object: "no", ID: "1"}} }, "not described"},
	} {
		d := &kinDriver{desc: &connector.Description{Objects: kinObjects(t)}}
		c.change(d.desc)
		target, err := connector.NewTarget(d, nil)
		require.NoError(t, err)
		_, err = target.Description(t.Context())
		assert.ErrorContains(t, err, c.says, name)
	}
}

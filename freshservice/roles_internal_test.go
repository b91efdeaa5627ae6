package freshservice

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

// known is a driver that knows some roles, groups and workspaces, and calls nothing.
func known() *driver {
	at := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	list := func(entries ...entry) *catalog {
		c := newCatalog(func() time.Time { return at }, func(context.Context) ([]schema.Value, error) { return nil, nil })
		c.entries, c.at = entries, at
		return c
	}
	return &driver{
		roles: list(entry{id: 11, name: "IT Agent"}, entry{id: 12, name: "Lead: Ops"}, entry{id: 13, name: "Twin"}, entry{id: 14, name: "twin"}, entry{id: 15, name: "42"}),
		groups: list(entry{id: 81, name: "Network", workspace: 2}, entry{id: 82, name: "Network", workspace: 3}, entry{id: 83, name: "A, B", workspace: 2},
			entry{id: 84, name: "Payroll", workspace: 3}),
		workspaces: list(entry{id: 2, name: "IT"}, entry{id: 3, name: "HR"}),
	}
}

// TestAssignment: what is said in words, and how it is said back (reference, 5.2).
func TestAssignment(t *testing.T) {
	t.Parallel()
	d := known()
	for text, c := range map[string]struct {
		want assignment
		back string
	}{
		"IT Agent":                            {assignment{role: 11, scope: scopeEntire}, "IT Agent: entire_helpdesk"},
		" it agent :Member Groups":            {assignment{role: 11, scope: scopeMember}, "IT Agent: member_groups"},
		"11: assigned-items":                  {assignment{role: 11, scope: scopeAssigned}, "IT Agent: assigned_items"},
		"IT Agent@hr":                         {assignment{role: 11, scope: scopeEntire, workspace: 3}, "IT Agent @ HR: entire_helpdesk"},
		"IT Agent @ 1: member_groups":         {assignment{role: 11, scope: scopeMember, workspace: 1}, "IT Agent: member_groups"},
		"12: member_groups":                   {assignment{role: 12, scope: scopeMember}, "12: member_groups"},
		"13: member_groups":                   {assignment{role: 13, scope: scopeMember}, "13: member_groups"},
		"15: member_groups":                   {assignment{role: 15, scope: scopeMember}, "15: member_groups"},
		"IT Agent: specified_groups: network": {assignment{role: 11, scope: scopeSpecified, groups: []int64{81}}, "IT Agent: specified_groups: Network"},
		"IT Agent @ HR: specified_groups: Payroll, NETWORK,network": {assignment{role: 11, scope: scopeSpecified, workspace: 3, groups: []int64{82, 84}}, "IT Agent @ HR: specified_groups: Network, Payroll"},
		"IT Agent: specified_groups: 83, 82":                        {assignment{role: 11, scope: scopeSpecified, groups: []int64{82, 83}}, "IT Agent: specified_groups: 82, 83"},
	} {
		a, err := d.parseAssignment(t.Context(), text)
		require.NoError(t, err, text)
		assert.Equal(t, c.want, a, text)
		back, err := d.assignmentText(t.Context(), a)
		require.NoError(t, err)
		assert.Equal(t, c.back, back)
		again, err := d.parseAssignment(t.Context(), back)
		require.NoError(t, err, back)
		assert.True(t, a.same(again), back)
	}
	for _, text := range []string{
		"", ":", " : member_groups", "IT Agent:", "IT Agent: everything", "IT Agent: specified_groups", "IT Agent: specified_groups: ,",
		"IT Agent: member_groups: Network", "IT Agent: specified_groups: Network: x", "IT Agent @: member_groups", "IT Agent @ Nowhere",
		"Nobody", "Twin", "99", "IT Agent: specified_groups: Nobody", "IT Agent: specified_groups: 99",
	} {
		_, err := d.parseAssignment(t.Context(), text)
		require.Error(t, err, text)
		if text != "" && !strings.HasPrefix(text, "IT") && len(text) > 1 {
			assert.NotContains(t, err.Error(), text)
		}
	}
}

// FuzzAssignment: whatever is read is written so that it is read again.
func FuzzAssignment(f *testing.F) {
	for _, s := range []string{"IT Agent", "11 @ HR: specified_groups: 82, Payroll", "a:b:c:d", "@", "IT Agent: specified_groups: ,,"} {
		f.Add(s)
	}
	d := known()
	f.Fuzz(func(t *testing.T, text string) {
		a, err := d.parseAssignment(t.Context(), text)
		if err != nil {
			return
		}
		back, err := d.assignmentText(t.Context(), a)
		require.NoError(t, err)
		again, err := d.parseAssignment(t.Context(), back)
		require.NoError(t, err, back)
		require.True(t, a.same(again), back)
	})
}

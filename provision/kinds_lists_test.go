package provision_test

import (
	"bytes"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
)

// walked lists page after page by cursor.
func walked(t *testing.T, w *world, path, count string, pairs ...string) (out []string) {
	t.Helper()
	cursor := ""
	for range 50 {
		r := list(t, w, path, append(pairs, "cursor", cursor, "count", count)...)
		out = append(out, names(r)...)
		if cursor, _ = r.Body["nextCursor"].(string); cursor == "" {
			return out
		}
	}
	require.Fail(t, "the list has no end")
	return nil
}

func TestKinds_ACursorGivesEachOnce(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	disabled(aStaff)(t, w, d)
	one := []string{"ada@example.com"}
	for _, count := range []string{"1", "2", "10"} {
		w.clock.Advance(2 * time.Hour) // it is known from State alone then
		assert.Equal(t, one, walked(t, w, "/Users", count, "filter", `userName eq "ada@example.com"`), "count %s", count)
	}
	// Converted between two pages, and before the list.
	d.put("guest", "3", "g3@example.com")
	d.put("guest", "4", "g4@example.com")
	d.put("guest", "5", "g5@example.com")
	first := list(t, w, "/Users", "cursor", "", "count", "3")
	must(t, w, "PATCH", "/Users/5", patch(set(deskUser+":isStaff", true)), 200)
	must(t, w, "PATCH", "/Users/3", patch(set(deskUser+":isStaff", true)), 200)
	rest := list(t, w, "/Users", "cursor", first.Body["nextCursor"].(string), "count", "10")
	all := append(names(first), names(rest)...)
	assert.ElementsMatch(t, names(list(t, w, "/Users")), all)
}

// mapped changes the mapping documents of a desk.
func mapped(file, from, to string) fstest.MapFS {
	fs := deskMappings()
	fs[file] = &fstest.MapFile{Data: bytes.Replace(fs[file].Data, []byte(from), []byte(to), 1)}
	return fs
}

func TestKinds_OneListIsAskedOnlyWhatMeansTheSameForAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, from, to string
		filter         string
		put            []any
		asks           string
	}{
		"another field": {"staff.yaml", "scim: displayName, target: name", "scim: displayName, target: badge", `displayName eq "Chef"`, []any{"badge", "Chef"}, `list guest name eq "Chef"`},
		"another form": {"staff.yaml", "{scim: displayName, target: name}", `{name: shown, scim: displayName, target: name, expr: 'displayName', inverse: '"Dr. " + $target.name'}`,
			`displayName eq "Dr. Who"`, []any{"name", "Who"}, `list guest name eq "Dr. Who"`},
		"the same": {"staff.yaml", "", "", `displayName eq "Chef"`, []any{"name", "Chef"}, `list guest and kin name eq "Chef"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := newDeskWorld(t, nil)
			w.mappings = mapped(c.file, c.from, c.to)
			w.serve(nil, w.profile())
			require.NoError(t, w.backend.Check(t.Context()))
			d.put("staff", "9", "s@example.com", c.put...)
			d.takeCalls()
			r := list(t, w, "/Users", "filter", c.filter)
			assert.Equal(t, []string{"s@example.com"}, names(r))
			assert.Contains(t, d.takeCalls(), c.asks)
		})
	}
}

func TestPolicy_AFilterFindsWhoIsShownAsDisabled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i, o := range d.desc.Objects {
		if o.Active == "" {
			continue
		}
		fields := schema.Fields{}
		for i := range o.Type.Len() {
			a := *o.Type.Attribute(schema.Slot(i))
			if a.Name == "active" {
				a.Filter = schema.Eq
			}
			fields[a.Name] = a
		}
		typ, err := schema.NewType(o.Name, fields)
		require.NoError(t, err)
		d.desc.Objects[i].Type = typ
		d.desc.Objects[i].KinFilter = append(d.desc.Objects[i].KinFilter, "active")
	}
	d.desc.Object("staff").KinFilter = nil
	w := deskWorld(t, d, &provision.Options{Policies: map[string]provision.Policy{"staff": {Disable: "downgrade"}}})
	id := aStaff(t, w, d)
	d.put("guest", "9", "g@example.com")
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	require.True(t, d.rec("guest", id).Bool("active"))
	for _, later := range []time.Duration{0, 3 * time.Hour} { // of late, and not
		w.clock.Advance(later)
		for filter, found := range map[string]bool{
			"active eq false": true, "active ne true": true, "not (active eq true)": true, "active eq true": false,
			`active eq false and displayName pr`: false, `active eq false and userName eq "ada@example.com"`: true,
		} {
			got := names(list(t, w, "/Users", "filter", filter))
			assert.Equal(t, found, contains(got, "ada@example.com"), "%s: %v", filter, got)
			assert.ElementsMatch(t, got, walked(t, w, "/Users", "2", "filter", filter), filter)
		}
	}

}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func TestKinds_AFilterOnWhatTheJointListLacks(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	d.put("staff", "9", "s@example.com", "chief", true, "role", "chef")
	for _, filter := range []string{deskUser + ":isChief eq true", deskUser + `:role co "hef"`, deskUser + `:role eq "chef" or userName eq "nobody"`, "not (" + deskUser + ":isChief ne true)"} {
		assert.Equal(t, []string{"s@example.com"}, names(list(t, w, "/Users", "filter", filter)), filter)
	}
	d.takeCalls()
	assert.Equal(t, "s@example.com", names(list(t, w, "/Users", "sortBy", deskUser+":role"))[0])
	assert.NotContains(t, d.takeCalls(), "list guest and kin")
}

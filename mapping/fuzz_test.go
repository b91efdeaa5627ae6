package mapping_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// FuzzDocument: whatever the bytes, there are problems or a document; a document
// compiles or has problems, and its plan survives being used.
func FuzzDocument(f *testing.F) {
	files, err := filepath.Glob("testdata/documents/*")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, name := range append(files, "testdata/twenty.yaml") {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	user := []byte(twentyUser)
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, ds := mapping.Parse("fuzz", data)
		if (doc == nil) == (len(ds) == 0) {
			t.Fatal("either a document or problems")
		}
		_ = ds.String()
		if doc == nil {
			return
		}
		// Law L16: what is printed says the same, and prints as it is.
		printed := doc.AppendYAML(nil)
		again, ds := mapping.Parse("printed", printed)
		if len(ds) > 0 {
			t.Fatalf("%s\nis printed as\n%s\n%s", data, printed, ds)
		}
		if string(again.AppendYAML(nil)) != string(printed) {
			t.Fatalf("%s\nis printed as\n%s", printed, again.AppendYAML(nil))
		}
		require.Equal(t, doc.Rules(), again.Rules())
		typ, err := doc.ResourceType(bases(), nil)
		if err != nil {
			return
		}
		if doc.IsSet() {
			if routes, _ := mapping.CompileRoutes(doc, typ); routes != nil {
				routes.Use(&mapping.Input{Resource: typ.New()})
			}
			return
		}
		plan, ds := mapping.Compile(doc, typ, nil, nil)
		if (plan == nil) == (len(ds) == 0) {
			t.Fatal("either a plan or problems")
		}
		if plan == nil {
			return
		}
		rec := looseResource(typ, user)
		var out mapping.Result
		in := &mapping.Input{Resource: rec}
		plan.Needs(nil, in)
		if plan.ToTarget(&out, in, nil) != nil {
			return
		}
		stored := out.Record.Clone()
		read := typ.New()
		plan.ToSCIM(read, stored, nil)
		// L2: a PUT of what was read changes nothing.
		var put mapping.Result
		if err := plan.ToTarget(&put, &mapping.Input{Op: mapping.Replace, Resource: read, Stored: stored}, nil); err == nil {
			if diff := plan.Diff(nil, stored, put.Record); len(diff) != len(put.Edits) {
				t.Fatalf("edits %v are not the difference %v", put.Edits, diff)
			}
		}
		plan.Explain(in, nil)
		plan.Filter(schema.MustParseFilter(`userName eq "x" and (title co "y" or not (emails[type eq "work"] pr))`))
	})
}

// FuzzRecordJSON: what a record of the target holds is what is read of it and
// written again, to the last digit; an id is the text of its number.
func FuzzRecordJSON(f *testing.F) {
	for _, text := range []string{
		`{"id":9007199254740993,"a":9223372036854775807,"n":-9223372036854775808,"list":[9007199254740993,36028797018963969]}`,
		`{"id":"x","a":1e400,"n":7,"s":"7","list":[],"o":{"deep":[{"n":12345678901234567890}]}}`, `{"a":-0,"s":"\u0000"}`, `{"a":[1,null,{}]}`, `[]`,
	} {
		f.Add([]byte(text))
	}
	plan := compile(f, document("id: {type: any}\na: {type: any}\nn: {type: integer}\ns: {type: string}\nlist: {type: list<integer>}\no: {type: any}",
		"{scim: 'x:a', target: a}\n{scim: 'x:b', target: n}\n{scim: title, target: s}\n{scim: 'x:list', target: list, direction: toTarget}", ""))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := schema.ParseJSON(data)
		if err != nil {
			return
		}
		rec := plan.Target().New()
		for name, m := range v.Members() {
			if a := plan.Target().Lookup(name); a != nil && a.CheckValue(m) == nil {
				rec.Set(name, m)
			}
		}
		text := show(rec)
		again, err := schema.ParseJSON([]byte(text))
		require.NoError(t, err)
		require.True(t, schema.ObjectValue(rec).Equal(again), text)
		if id := rec.Get("id"); !id.Unassigned() {
			require.Equal(t, id.Text(), read(plan, rec).String("id"))
		}
		// What is read is written again as it was.
		back := read(plan, rec)
		var out mapping.Result
		require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: back}, nil), text)
		for _, name := range []string{"a", "n", "s"} {
			if want, got := rec.Get(name), out.Record.Get(name); want.Text() != "" {
				require.Equal(t, want.Text(), got.Text(), "%s of %s", name, text)
			}
		}
	})
}

// looseResource fills what a type has of a resource's JSON.
func looseResource(typ *schema.Type, text []byte) *schema.Record {
	rec := typ.New()
	v, err := schema.ParseJSON(text)
	if err != nil {
		return rec
	}
	for name, m := range v.Members() {
		slot := typ.Slot(name)
		if slot == schema.NoSlot {
			continue
		}
		a := typ.Attribute(slot)
		var list []schema.Value
		for e := range m.Elements() {
			if a.Sub != nil {
				sub := a.Sub.New()
				for n, w := range e.Members() {
					sub.Set(n, w)
				}
				e = schema.ObjectValue(sub)
			}
			list = append(list, e)
		}
		if a.MultiValued {
			rec.SetAt(slot, schema.ListValue(list...))
		} else if len(list) == 1 {
			rec.SetAt(slot, list[0])
		}
	}
	return rec
}

package scim_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

type codecs struct{ strict, compatible *scim.Codec }

func newCodecs(t testing.TB, rt scim.ResourceType) codecs {
	t.Helper()
	strict, err := scim.NewCodec(rt, scim.ProfileStrict())
	require.NoError(t, err)
	compatible, err := scim.NewCodec(rt, scim.ProfileCompatible())
	require.NoError(t, err)
	return codecs{strict, compatible}
}

// sample has a value of most kinds.
const sample = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","title":"x","active":true,"name":{"givenName":"Ada"},
	"emails":[{"value":"a","type":"work","primary":true},{"value":"b","type":"home"}],"phoneNumbers":[{"value":"1"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d","manager":{"value":"7"}},
	"urn:ietf:params:scim:schemas:extension:test:2.0:User":{"birth":"1815","level":3,"tags":["a","b"]},"custom_fields":{"shift":"late"}}`

func parse(t testing.TB, text string) schema.Value {
	t.Helper()
	v, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err)
	return v
}

// requireValid checks what holds for every record that comes from a request.
func requireValid(t testing.TB, rec *schema.Record) {
	t.Helper()
	typ := rec.Type()
	for s, v := range rec.Values() {
		a := typ.Attribute(s)
		require.NoError(t, a.CheckValue(v))
		if !a.MultiValued || a.Sub == nil || a.Sub.Slot("primary") == schema.NoSlot {
			continue
		}
		primaries := 0
		for e := range v.Elements() {
			if e.Record().Bool("primary") {
				primaries++
			}
		}
		require.LessOrEqual(t, primaries, 1, typ.Path(s))
	}
}

func FuzzPatchBody(f *testing.F) {
	for _, ops := range []string{
		op("replace", "active", `"False"`), op("Add", `phoneNumbers[type eq "mobile"].value`, `"1"`), op("replace", `emails[type eq "work"].primary`, `true`),
		op("replace", "", `{"name.givenName":"A","emails[type eq \"home\"].value":"x","id":"1","nope":{},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":""}}`),
		op("remove", "emails", `[{"value":"a"}]`) + "," + op("add", "emails", `[{"value":"c","primary":true},{"value":"d","primary":true}]`),
		op("remove", `emails[value pr]`, ""), op("add", "roles", `[{"value":"{\"value\":\"x\"}"}]`), op("replace", "emails.type", `"x"`),
		op("replace", teststore.FreshURN+":birth", `"1815"`), op("add", teststore.FreshURN, `{"tags":["c"],"at":"2026-01-02T03:04:05Z"}`),
	} {
		f.Add(patchBody(ops))
	}
	p := newPatchFuzz(f)
	f.Fuzz(func(t *testing.T, text string) {
		if body, err := schema.ParseJSON([]byte(text)); err == nil {
			p.check(t, body)
		}
	})
}

// FuzzPatchOps gets deeper than FuzzPatchBody: the message is always one.
func FuzzPatchOps(f *testing.F) {
	f.Add("add", `emails[type eq "work"].value`, `"x"`, "remove", `emails[primary eq true]`, ``)
	f.Add("replace", ``, `{"name":{"givenName":null},"emails":[]}`, "Add", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`, `"8"`)
	f.Add("replace", `phoneNumbers[type eq "work" and primary eq "True"]`, `{"value":"1"}`, "add", `phoneNumbers`, `[{"value":"1","type":"WORK"}]`)
	f.Add("remove", `emails`, `[{"value":"a"}]`, "replace", `emails.display`, `"x"`)
	f.Add("remove", `custom_fields.shift`, ``, "add", `custom_fields`, `{"floor":3}`)
	p := newPatchFuzz(f)
	f.Fuzz(func(t *testing.T, kind1, path1, value1, kind2, path2, value2 string) {
		var list []schema.Value
		for _, o := range [][3]string{{kind1, path1, value1}, {kind2, path2, value2}} {
			members := []schema.Member{{Name: "op", Value: schema.StringValue(o[0])}, {Name: "path", Value: schema.StringValue(o[1])}}
			if v, err := schema.ParseJSON([]byte(o[2])); err == nil {
				members = append(members, schema.Member{Name: "value", Value: v})
			}
			list = append(list, schema.MembersValue(members...))
		}
		p.check(t, schema.MembersValue(
			schema.Member{Name: "schemas", Value: schema.StringValue("urn:ietf:params:scim:api:messages:2.0:PatchOp")},
			schema.Member{Name: "Operations", Value: schema.ListValue(list...)}))
	})
}

type patchFuzz struct {
	codecs
	cur    *schema.Record
	before string
}

func newPatchFuzz(f *testing.F) *patchFuzz {
	f.Helper()
	p := &patchFuzz{codecs: newCodecs(f, *teststore.Types(f).ByName("User"))}
	var err error
	p.cur, _, err = p.strict.Resource(parse(f, sample))
	require.NoError(f, err)
	p.cur.SetAt(schema.SlotID, schema.StringValue("1"))
	p.before = string(schema.ObjectValue(p.cur).AppendJSON(nil))
	return p
}

func (p *patchFuzz) check(t *testing.T, body schema.Value) {
	t.Helper()
	for _, codec := range []*scim.Codec{p.strict, p.compatible} {
		ops, _, err := codec.Patch("1", body)
		if err != nil {
			requireClientError(t, err)
			continue
		}
		rec, err := scim.ApplyPatch(p.cur, ops)
		require.Equal(t, p.before, string(schema.ObjectValue(p.cur).AppendJSON(nil)))
		if err != nil {
			requireClientError(t, err)
			continue
		}
		requireValid(t, rec)
		require.Equal(t, "1", rec.String("id"))
		require.NotEmpty(t, rec.String("userName"))
		require.Equal(t, "1815", rec.String(teststore.FreshURN+":birth"))
		scim.MemberDelta(ops)
		// What was made can be shown, and can be sent back.
		shown := codec.AppendResource(nil, &scim.Resource{Record: rec}, baseURL, scim.Projection{})
		_, _, err = codec.Resource(parse(t, string(shown)))
		require.NoError(t, err, "%s", shown)
	}
}

func requireClientError(t testing.TB, err error) {
	t.Helper()
	var e *scim.Error
	require.True(t, errors.As(err, &e), "%T: %v", err, err)
	require.Equal(t, 400, e.Status)
	require.NotEmpty(t, e.Type)
	require.NotEmpty(t, e.Detail)
	parse(t, string(e.AppendJSON(nil)))
}

// Reading what was shown, and showing it again, changes nothing.
func FuzzResourceBody(f *testing.F) {
	f.Add(sample)
	f.Add(`{"userName":"a","emails":{"value":"x"},"active":"True","custom_fields.shift":"x","name.givenName":"y","department":"z","manager":"7"}`)
	f.Add(`{"schemas":null,"userName":"a","emails":[null,{"primary":true},{"primary":"true"}],"urn:ietf:params:scim:schemas:core:2.0:User":{"title":["x"]}}`)
	f.Add(`{"userName":"a","urn:ietf:params:scim:schemas:extension:test:2.0:User":{"anything":{"a":[{}]},"score":1e3,"tags":[]}}`)
	user := *teststore.Types(f).ByName("User")
	c := newCodecs(f, user)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := schema.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		for _, codec := range []*scim.Codec{c.strict, c.compatible} {
			rec, repairs, err := codec.Resource(body)
			if err != nil {
				requireClientError(t, err)
				continue
			}
			requireValid(t, rec)
			rec.SetAt(schema.SlotID, schema.StringValue("1"))
			shown := codec.AppendResource(nil, &scim.Resource{Record: rec}, baseURL, scim.Projection{})
			reader := c.strict
			if slices.Contains(repairs, scim.RepairLooseUserName) {
				reader = c.compatible // the name stays what it is
			}
			again, _, err := reader.Resource(parse(t, string(shown)))
			require.NoError(t, err, "%s", shown)
			again.SetAt(schema.SlotID, schema.StringValue("1"))
			require.Equal(t, string(shown), string(codec.AppendResource(nil, &scim.Resource{Record: again}, baseURL, scim.Projection{})))
		}
	})
}

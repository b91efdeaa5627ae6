package scim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// patchMaker makes users and operations at random.
type patchMaker struct{ *rand.Rand }

func pickOf[E any](r *rand.Rand, list ...E) E { return list[r.IntN(len(list))] }

func (m patchMaker) sub(name string) any {
	switch name {
	case "primary":
		return m.IntN(2) == 0
	case "type":
		return pickOf(m.Rand, "work", "home", "Work", "other")
	case "value":
		return pickOf(m.Rand, "a@example.com", "A@example.com", "b@example.com", "c", "d")
	default:
		return pickOf(m.Rand, "x", "X", "y", "é")
	}
}

// complexValue has some sub-attributes, now and then a null.
func (m patchMaker) complexValue(a naiveAttr, nulls bool) object {
	out := object{}
	for _, name := range a.subs {
		switch {
		case nulls && m.IntN(8) == 0:
			out[name] = nil
		case m.IntN(3) > 0:
			out[name] = m.sub(name)
		}
	}
	return out
}

func (m patchMaker) list(a naiveAttr) []any {
	out := []any{}
	primary := false
	for range m.IntN(4) {
		if a.subs == nil {
			out = append(out, pickOf(m.Rand, "a", "b", "B", "c"))
			continue
		}
		elem := m.complexValue(a, false)
		if elem["primary"] == true {
			if primary {
				delete(elem, "primary")
			}
			primary = true
		}
		if len(elem) > 0 {
			out = append(out, elem)
		}
	}
	return out
}

func (m patchMaker) value(path string, a naiveAttr) any {
	switch {
	case a.multi:
		return m.list(a)
	case a.subs != nil:
		return m.complexValue(a, true)
	case path == "active":
		return m.IntN(2) == 0
	case strings.HasSuffix(path, ":level"):
		return float64(m.IntN(4))
	case path == "userName":
		return pickOf(m.Rand, "ada@example.com", "Ada@example.com", "grace@example.com")
	default:
		return pickOf(m.Rand, "x", "X", "y", "é")
	}
}

// user is a user as it is sent.
func (m patchMaker) user() object {
	doc := object{"schemas": []any{userURN}, "userName": "ada@example.com"}
	attrs := naiveAttrs()
	for _, path := range slices.Sorted(maps.Keys(attrs)) {
		if m.IntN(2) == 0 {
			o := naiveOp{path: path}
			in, name := o.place(doc)
			in[name] = m.value(path, attrs[path])
		}
	}
	return doc
}

// filter gives an operation a filter.
func (m patchMaker) filter(o *naiveOp, a naiveAttr) {
	text := func(e object, name string) string { s, _ := e[name].(string); return s }
	name := pickOf(m.Rand, a.subs...)
	switch v := m.sub(name).(type) {
	case bool:
		o.filter = fmt.Sprintf("%s eq %t", name, v)
		o.picks = func(e object) bool { return e[name] == v }
	case string:
		switch m.IntN(4) {
		case 0:
			o.filter = name + " pr"
			o.picks = func(e object) bool { return text(e, name) != "" }
		case 1:
			o.filter = fmt.Sprintf("not (%s eq %q)", name, v)
			o.picks = func(e object) bool { return !strings.EqualFold(text(e, name), v) }
		case 2:
			kind := m.sub("type").(string)
			o.filter = fmt.Sprintf("%s eq %q and type eq %q", name, v, kind)
			o.picks = func(e object) bool {
				return strings.EqualFold(text(e, name), v) && strings.EqualFold(text(e, "type"), kind)
			}
		default:
			o.filter = fmt.Sprintf("%s eq %q", name, v)
			o.picks = func(e object) bool { return strings.EqualFold(text(e, name), v) }
		}
	}
}

// operation is an operation; most are possible.
func (m patchMaker) operation() naiveOp {
	attrs := naiveAttrs()
	paths := slices.Sorted(maps.Keys(attrs))
	o := naiveOp{kind: pickOf(m.Rand, "add", "replace", "remove")}
	if m.IntN(5) == 0 {
		value := object{}
		for range m.IntN(3) {
			path := pickOf(m.Rand, paths...)
			part := naiveOp{path: path}
			in, name := part.place(value)
			if in[name] = m.value(path, attrs[path]); o.kind == "replace" && m.IntN(6) == 0 {
				in[name] = nil
			}
		}
		o.value = value
		return o
	}
	o.path = pickOf(m.Rand, paths...)
	if m.IntN(40) == 0 {
		o.path = "nope"
	}
	a := attrs[o.path]
	if a.multi && a.subs != nil && m.IntN(3) > 0 {
		m.filter(&o, a)
	}
	if a.subs != nil && m.IntN(2) == 0 {
		o.sub = pickOf(m.Rand, a.subs...)
	}
	switch {
	case o.kind == "remove":
		o.unset = true
	case o.kind == "replace" && m.IntN(8) == 0: // by null
	case o.sub != "":
		o.value = m.sub(o.sub)
	case o.filter != "":
		o.value = m.complexValue(a, true)
	default:
		o.value = m.value(o.path, a)
	}
	return o
}

// shownUser is a user as a GET shows it, without what the service provider adds.
func shownUser(t testing.TB, h http.Handler, id string) object {
	t.Helper()
	a := do(t, h, "GET", "/Users/"+id+"?excludedAttributes=meta,groups", "")
	require.Equal(t, 200, a.Code)
	b := do(t, h, "GET", "/Users/"+id+"?attributes="+teststore.FreshURN+":hidden", "")
	if hidden := b.get(teststore.FreshURN, "hidden"); hidden != nil {
		if a.body[teststore.FreshURN] == nil {
			a.body[teststore.FreshURN] = object{}
		}
		a.body[teststore.FreshURN].(object)["hidden"] = hidden
	}
	delete(a.body, "schemas")
	if manager, ok := a.get(entURN, "manager").(object); ok {
		delete(manager, "$ref")
	}
	return a.body
}

func jsonText(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// once leaves out of addresses what is there twice: two of them that differ in
// being primary only are the same once neither is, and a PUT has the same value
// once.
func once(doc object) object {
	list, _ := doc["addresses"].([]any)
	var kept []any
	for _, e := range list {
		if !slices.ContainsFunc(kept, func(k any) bool { return reflect.DeepEqual(k, e) }) {
			kept = append(kept, e)
		}
	}
	if kept != nil {
		doc["addresses"] = kept
	}
	return doc
}

// naiveCase is a user, and operations on it.
type naiveCase struct {
	user, body string
	ops        []naiveOp
}

func (m patchMaker) patch(t testing.TB) naiveCase {
	t.Helper()
	c := naiveCase{user: jsonText(t, m.user()), ops: make([]naiveOp, 1+m.IntN(3))}
	texts := make([]string, len(c.ops))
	for i := range c.ops {
		c.ops[i] = m.operation()
		texts[i] = c.ops[i].text()
	}
	c.body = patchBody(texts...)
	return c
}

// check sends the PATCH and reports whether it was refused, and whether it changed
// nothing.
func (c *naiveCase) check(t testing.TB, p scim.Profile) (refused, same bool) {
	t.Helper()
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) { o.Profile = p })
	a := do(t, h, "POST", "/Users", c.user)
	require.Equal(t, 201, a.Code, "%s: %s", c.user, a.Body)
	before := shownUser(t, h, "1")
	stored, calls := s.Resources[0], len(s.Calls)
	want, refusal := naivePatch(before, c.ops)
	what := fmt.Sprintf("%s: %s on %s", p.Name, c.body, jsonText(t, before))

	a = do(t, h, "PATCH", "/Users/1", c.body)
	if a.Code != 200 {
		require.Equal(t, 400, a.Code, "%s: %s", what, a.Body)
		require.Same(t, stored, s.Resources[0], what)
	}
	described := func(o naiveOp) bool { return o.kind == "replace" && o.filter != "" && o.sub == "" }
	switch {
	case p.Name != "strict" && slices.ContainsFunc(c.ops, described):
		return refusal != "", false // what is put in the place of an element has what the filter says
	case refusal != "":
		if p.Name == "strict" {
			require.Equal(t, 400, a.Code, "%s: wants %s, got %s", what, refusal, a.Body)
			// Of several the first to fail is not always the first that is found out.
			if len(c.ops) == 1 && c.ops[0].path != "" {
				require.Equal(t, string(refusal), a.get("scimType"), "%s: %s", what, a.Body)
			}
		}
		return true, false
	}
	require.Equal(t, 200, a.Code, "%s: %s", what, a.Body)
	require.LessOrEqual(t, len(s.Calls), calls+1, what)
	got := shownUser(t, h, "1")
	require.Equal(t, want, got, what)
	if jsonText(t, want) == jsonText(t, before) {
		require.Same(t, stored, s.Resources[0], "written: %s", what)
		return false, true
	}
	require.NotSame(t, stored, s.Resources[0], what)

	// Back to what it was, and by PUT to what it is to be.
	s.Resources[0] = stored
	want["schemas"] = []any{userURN}
	a = do(t, h, "PUT", "/Users/1", jsonText(t, want))
	require.Equal(t, 200, a.Code, "%s: %s", what, a.Body)
	require.Equal(t, once(got), once(shownUser(t, h, "1")), what)
	return false, false
}

// A PATCH has the result of reading the resource, changing what was read by the
// words of the RFC, and putting that back. One that fails changes nothing, and one
// that changes nothing is not taken for a change. What is possible without repairs
// does the same with them.
func TestPatch_IsAsTheNaiveOne(t *testing.T) {
	t.Parallel()
	refused, same := 0, 0
	const patches = 2000
	for seed := range uint64(patches) {
		c := patchMaker{rand.New(rand.NewPCG(seed, 1))}.patch(t)
		p := scim.ProfileStrict()
		if seed%3 == 0 {
			p = scim.ProfileCompatible()
		}
		r, s := c.check(t, p)
		if r {
			refused++
		}
		if s {
			same++
		}
	}
	assert.Greater(t, refused, patches/10)
	assert.Less(t, refused, patches*2/3)
	assert.Greater(t, same, patches/20)
}

// choices makes what is random a matter of bytes, which fuzzing can choose; when
// there are no more of them others follow.
type choices struct {
	data []byte
	more *rand.PCG
}

func (c *choices) Uint64() uint64 {
	if len(c.data) == 0 {
		return c.more.Uint64()
	}
	b := uint64(c.data[0])
	c.data = c.data[1:]
	return b<<56 | 1<<47 // rand passes over a plain 0, to be fair
}

func FuzzPatchIsAsTheNaiveOne(f *testing.F) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 100)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := patchMaker{rand.New(&choices{data, rand.NewPCG(1, 1)})}.patch(t)
		c.check(t, scim.ProfileStrict())
		c.check(t, scim.ProfileCompatible())
	})
}

func TestPatch_Corners(t *testing.T) {
	t.Parallel()
	const mails = `"emails":[{"value":"a","type":"work","display":"A"},{"value":"a","type":"home","primary":true}]`
	for name, c := range map[string]struct{ op, path, want string }{
		"values that have become the same": {op("replace", `emails[type eq "home"].type`, `"work"`), "emails", `[{"value":"a","type":"work","primary":true}]`},
		"so for all":                       {op("replace", "emails.type", `"other"`), "emails", `[{"value":"a","type":"other","display":"A"}]`},
		"null in what is added":            {op("add", `emails[type eq "work"]`, `{"display":null}`), "emails", `[{"value":"a","type":"work"},{"value":"a","type":"home","primary":true}]`},
		"nothing but nulls in it":          {op("add", `emails[type eq "work"]`, `{"type":null,"value":null}`), "emails", `[{"display":"A"},{"value":"a","type":"home","primary":true}]`},
		"an empty object":                  {op("replace", entURN+":manager", `{}`), entURN, `{"manager":{"value":"7","$ref":"` + baseURL + `/Users/7"}}`},
		"null":                             {op("replace", entURN+":manager", `null`), entURN, `null`},
	} {
		for _, p := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
			h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.Profile = p })
			require.Equal(t, 201, do(t, h, "POST", "/Users", userBody(mails+`,"`+entURN+`":{"manager":{"value":"7"}}`)).Code)
			a := do(t, h, "PATCH", "/Users/1", patchBody(c.op))
			require.Equal(t, 200, a.Code, "%s: %s", name, a.Body)
			assert.JSONEq(t, c.want, jsonText(t, a.body[c.path]), "%s: %s", p.Name, name)
		}
	}
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.Profile = scim.ProfileStrict() })
	patched(t, h)
	requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", `phoneNumbers[type eq "fax"]`, `{"value":null}`))), 400, scim.NoTarget)
}

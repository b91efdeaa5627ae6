package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// patches makes operations of requests and applies them to resources.
type patches struct {
	codec *scim.Codec
}

func newPatches(t testing.TB, plan *mapping.Plan) *patches {
	t.Helper()
	codec, err := scim.NewCodec(scim.ResourceType{Name: "User", Endpoint: "/Users", Type: plan.Resource()}, scim.ProfileCompatible())
	require.NoError(t, err)
	return &patches{codec}
}

// parse reads operations, the JSON of their list; false if a client would be told
// that they are wrong.
func (p *patches) parse(operations string) ([]scim.Op, bool) {
	body, err := schema.ParseJSON([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":` + operations + `}`))
	if err != nil {
		return nil, false
	}
	ops, _, err := p.codec.Patch("1", body)
	return ops, err == nil
}

// apply returns the resource after operations.
func (p *patches) apply(cur *schema.Record, operations string) (*schema.Record, bool) {
	ops, ok := p.parse(operations)
	if !ok {
		return nil, false
	}
	rec, err := scim.ApplyPatch(cur, ops)
	return rec, err == nil
}

// operation is a random one on a path of random documents.
func (g lawful) operation(path string) string {
	path = strings.Replace(path, "ent:", entURN+":", 1)
	if rest, ok := strings.CutPrefix(path, "x:"); ok {
		path = "urn:x:ext:" + rest
	}
	value := string(schema.StringValue(g.pick("a", "b", "p-q-s", "7", "42", "Mixed Case", "A", "a,b")).AppendJSON(nil))
	quoted := string(schema.StringValue(path).AppendJSON(nil))
	switch kind := g.pick("add", "replace", "replace", "remove", "bare", "object"); {
	case kind == "remove":
		return `{"op":"remove","path":` + quoted + `}`
	case kind == "bare" && !strings.ContainsAny(path, ".:"):
		return `{"op":"replace","value":{` + quoted + `:` + value + `}}`
	case kind == "object" && strings.HasPrefix(path, "name."):
		return `{"op":"replace","path":"name","value":{"givenName":` + value + `}}`
	case kind == "object" && strings.HasPrefix(path, "emails"):
		return `{"op":"add","path":"emails","value":[{"type":"work","value":` + value + `}]}`
	case kind == "add":
		return `{"op":"add","path":` + quoted + `,"value":` + value + `}`
	default:
		return `{"op":"replace","path":` + quoted + `,"value":` + value + `}`
	}
}

// checkPatchOps holds L4 for operations on what reading a record gives.
func checkPatchOps(t *testing.T, doc *lawDoc, plan *mapping.Plan, n *schema.Record, operations string) {
	t.Helper()
	current := read(plan, n)
	changed, ok := newPatches(t, plan).apply(current, operations)
	if !ok {
		return
	}
	patched, err := law(t, plan, &mapping.Input{Op: mapping.Patch, Resource: changed, Current: current, Stored: n})
	if err != nil {
		return
	}
	about := fmt.Sprintf("%s\nrecord %s\noperations %s\npatched to %s", doc, show(n), operations, show(changed))

	// Only targets of rules whose inputs changed.
	allowed := make(map[schema.Slot]bool)
	for i := range plan.Resource().Len() {
		slot := schema.Slot(i)
		if plan.Resource().IsResource() && slot == schema.SlotSchemas {
			continue
		}
		if v, w := current.At(slot), changed.At(slot); !(v.Unassigned() && w.Unassigned() || v.EqualUnordered(w)) {
			for _, f := range plan.Fields(nil, schema.Selector{Type: plan.Resource(), Slot: slot, Sub: schema.NoSlot}) {
				allowed[f] = true
			}
		}
	}
	for _, e := range patched.Edits {
		require.True(t, allowed[e.Slot], "%s is written, and nothing that its rules read has changed\n%s", plan.Target().Attribute(e.Slot).Name, about)
	}
	if doc.grouped {
		return
	}
	// Nothing that a PUT of the result would not change.
	put, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: changed, Stored: n})
	require.NoError(t, err, about)
	for _, e := range patched.Edits {
		require.Contains(t, edits(plan, put.Edits), edits(plan, []schema.Edit{e}), about)
	}
	if doc.lossless {
		require.True(t, patched.Record.Equal(put.Record), "%s\npatch %s\nput %s", about, edits(plan, patched.Edits), edits(plan, put.Edits))
		checkBlind(t, doc, plan, n, patched.Record, operations, about)
	}
}

// checkBlind holds that a PATCH without a read, where the plan allows that, leads
// to what one with a read leads to.
func checkBlind(t *testing.T, doc *lawDoc, plan *mapping.Plan, n, want *schema.Record, operations, about string) {
	t.Helper()
	ops, _ := newPatches(t, plan).parse(operations)
	var touched []schema.Selector
	for i := range ops {
		touched = append(touched, ops[i].Target)
		ops[i].CreateMissing = true
	}
	if !plan.Blind(touched) {
		return
	}
	patched, err := scim.ApplyPatch(plan.Resource().New(), ops)
	require.NoError(t, err, about)
	var out mapping.Result
	if err := plan.ToTarget(&out, &mapping.Input{Op: mapping.Patch, Resource: patched, Touched: touched}, nil); err != nil {
		return
	}
	got := n.Clone()
	got.Apply(out.Edits...)
	for _, path := range doc.paths {
		sel := selectPath(t, plan, path)
		require.Equal(t, folded(sel, read(plan, want)), folded(sel, read(plan, got)), "%s\n%s: blind %s", about, path, edits(plan, out.Edits))
	}
}

// checkPatchOrder holds L7: operations on disjoint attributes commute, and one
// request does what a request for each does.
func checkPatchOrder(t *testing.T, g lawful, doc *lawDoc, plan *mapping.Plan, n *schema.Record) {
	t.Helper()
	if !doc.lossless {
		return // a value that does not read back is not there for the next request
	}
	p := newPatches(t, plan)
	var ops []string
	seen := make(map[string]bool)
	for _, k := range g.Perm(len(doc.paths)) {
		attribute, _, _ := strings.Cut(strings.SplitN(doc.paths[k], "[", 2)[0], ".")
		if !seen[attribute] && len(ops) < 3 {
			seen[attribute] = true
			ops = append(ops, g.operation(doc.paths[k]))
		}
	}
	write := func(n *schema.Record, ops ...string) (*schema.Record, bool) {
		current := read(plan, n)
		changed, ok := p.apply(current, "["+strings.Join(ops, ",")+"]")
		if !ok {
			return nil, false
		}
		out, err := law(t, plan, &mapping.Input{Op: mapping.Patch, Resource: changed, Current: current, Stored: n})
		return out.Record, err == nil
	}
	sequence := func(list []string) (*schema.Record, bool) {
		rec, ok := n, true
		for _, op := range list {
			if rec, ok = write(rec, op); !ok {
				return nil, false
			}
		}
		return rec, true
	}
	batch, ok := write(n, ops...)
	if !ok {
		return
	}
	forwards, ok := sequence(ops)
	if !ok {
		return
	}
	about := fmt.Sprintf("%s\nrecord %s\noperations %s", doc, show(n), ops)
	require.True(t, batch.Equal(forwards), "%s\nat once %s\none by one %s", about, show(batch), show(forwards))
	for i := range ops[1:] {
		ops[i], ops[i+1] = ops[i+1], ops[i]
		other, ok := sequence(ops)
		require.True(t, ok, about)
		require.True(t, other.Equal(forwards), "%s\nin this order %s\nin another %s", about, show(forwards), show(other))
	}
}

func checkPatch(t *testing.T, seed uint64) {
	t.Helper()
	g := newLawful(seed)
	doc := g.document()
	plan := compile(t, doc.String())
	n := g.record(plan)
	var ops []string
	for range 1 + g.IntN(3) {
		ops = append(ops, g.operation(g.pick(append(doc.paths, g.pick(lawPaths...))...)))
	}
	checkPatchOps(t, doc, plan, n, "["+strings.Join(ops, ",")+"]")
	checkPatchOrder(t, g, doc, plan, n)
}

func TestLaws_Patch(t *testing.T) {
	t.Parallel()
	seeds(t, 400, checkPatch)
}

// FuzzPatch holds L4 and L7 for random documents, with operations of the fuzzer's
// own, too.
func FuzzPatch(f *testing.F) {
	for seed := range uint64(8) {
		g := newLawful(seed)
		f.Add(seed, "["+g.operation(lawPaths[seed])+","+g.operation(g.pick(lawPaths...))+"]")
	}
	f.Add(uint64(1), `[{"op":"replace","value":{"emails":[{"value":"a"},{"type":"work","value":null}],"name":{}}}]`)
	f.Add(uint64(2), `[{"op":"remove","path":"emails"},{"op":"add","path":"emails","value":[{"type":"home","value":"b","primary":true}]}]`)
	f.Fuzz(func(t *testing.T, seed uint64, operations string) {
		checkPatch(t, seed)
		g := newLawful(seed)
		doc := g.document()
		plan := compile(t, doc.String())
		checkPatchOps(t, doc, plan, g.record(plan), operations)
	})
}

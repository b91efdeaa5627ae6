package connectortest

import (
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// editsOf returns changes to a record, each a list of edits to one field: to
// another value, and where it is a list, one element more and one less.
func (t *trial) editsOf(from, to *schema.Record) [][]schema.Edit {
	var out [][]schema.Edit
	for _, s := range editable(t.object, from, to) {
		out = append(out, []schema.Edit{{Slot: s, Op: schema.Set, Value: to.At(s)}})
		if !t.object.Type.Attribute(s).MultiValued {
			continue
		}
		if added := to.At(s).At(0); !from.At(s).Contains(added) {
			out = append(out, []schema.Edit{{Slot: s, Op: schema.Add, Value: schema.ListValue(added)}})
		}
		if n := from.At(s).Len(); n > 1 {
			out = append(out, []schema.Edit{{Slot: s, Op: schema.Remove, Value: schema.ListValue(from.At(s).At(n - 1))}})
		}
	}
	return out
}

// ways returns the ways in which a change can be asked for: with the record as it
// was read, and blind where the object takes that.
func (t *trial) ways(base *schema.Record, edits []schema.Edit) map[string]connector.Change {
	out := map[string]connector.Change{"": t.edit(base, edits...)}
	if t.object.BlindUpdate {
		out[" (blind)"] = t.blind(edits...)
	}
	return out
}

// runUpdate edits one field after the other, and looks at all fields and at
// another record afterwards.
func runUpdate(t *trial) {
	other := t.mustCreate()
	n := len(t.editsOf(t.sample(), t.sample()))
	for i := range n {
		for _, way := range []string{"", " (blind)"} {
			base := t.mustCreate()
			all := t.editsOf(base, t.sample())
			if i >= len(all) {
				return
			}
			edits := all[i]
			c, ok := t.ways(base, edits)[way]
			if !ok {
				continue
			}
			what := describeEdits(t.object.Type, edits) + way
			want := base.Clone()
			want.Apply(edits...)
			out, err := t.update(t.ref(base), c)
			if err != nil {
				t.Errorf("%s: Update failed: %v", what, err)
				continue
			}
			got := t.mustGet(t.ref(base))
			s := edits[0].Slot
			if a := t.object.Type.Attribute(s); !same(a, got.At(s), want.At(s)) {
				t.Errorf("%s: the record has %s afterwards, wanted is %s", what, show(got.At(s)), show(want.At(s)))
			}
			if d := differences(base, got, s); len(d) > 0 {
				t.Errorf("%s: other fields changed as well: %s", what, strings.Join(d, ", "))
			}
			if out != nil {
				if d := differences(out, got); len(d) > 0 {
					t.Errorf("%s: Update did not return the record as it was stored; it differs from what Get gives in %s", what, strings.Join(d, ", "))
				}
			}
		}
	}
	if d := differences(other, t.mustGet(t.ref(other))); len(d) > 0 {
		t.Errorf("the updates changed another record: %s", strings.Join(d, ", "))
	}
}

// runUpdateTwice carries out changes a second time, as a client does whose answer
// was lost: with the record as it was before the first time, and as it is.
func runUpdateTwice(t *trial) {
	n := len(t.editsOf(t.sample(), t.sample()))
	for i := range n {
		for _, way := range []string{"", " (blind)"} {
			base := t.mustCreate()
			all := t.editsOf(base, t.sample())
			if i >= len(all) {
				return
			}
			edits := all[i]
			c, ok := t.ways(base, edits)[way]
			if !ok {
				continue
			}
			what := describeEdits(t.object.Type, edits) + way
			if _, err := t.update(t.ref(base), c); err != nil {
				t.Errorf("%s: Update failed: %v", what, err)
				continue
			}
			after := t.mustGet(t.ref(base))
			for _, again := range []struct {
				how  string
				base *schema.Record
			}{{"the same again", base}, {"the same on the record as it is then", after}} {
				c, ok := t.ways(again.base, edits)[way]
				if !ok {
					continue
				}
				if _, err := t.update(t.ref(base), c); err != nil {
					t.Errorf("%s, %s: Update failed: %v", what, again.how, err)
				} else if d := differences(after, t.mustGet(t.ref(base))); len(d) > 0 {
					t.Errorf("%s, %s: the record changed: %s", what, again.how, strings.Join(d, ", "))
				}
			}
		}
	}
}

// clearable returns the fields of a record that can be cleared.
func clearable(o *connector.Object, rec *schema.Record) []schema.Slot {
	var out []schema.Slot
	for s, v := range rec.Values() {
		a := o.Type.Attribute(s)
		if a.Mutability == schema.ReadWrite && readable(a) && !a.Required && !isUnique(o, a.Name) && a.ClearAs != schema.ClearOmit && !v.Unassigned() {
			out = append(out, s)
		}
	}
	return out
}

func needsClearable(s *subject, o *connector.Object) string {
	if len(clearable(o, s.h.sample(o, 0))) == 0 {
		return "no field of the samples can be cleared"
	}
	return ""
}

// runClear clears one field after the other. It then is as in a record that never
// had it, and all other fields are as they were.
func runClear(t *trial) {
	never, err := t.create(t.minimal())
	if err != nil {
		t.Fatalf("Create of a sample with its required and unique fields alone failed: %v", err)
	}
	// The same fields of several samples, for one that a sample happens to lack.
	for _, s := range clearable(t.object, t.sample()) {
		for _, way := range []string{"", " (blind)"} {
			base := t.mustCreate()
			a := t.object.Type.Attribute(s)
			edits := []schema.Edit{{Slot: s, Op: schema.Clear, Value: a.ClearAs.Value(a.MultiValued)}}
			c, ok := t.ways(base, edits)[way]
			if !ok || base.At(s).Unassigned() {
				continue
			}
			what := describeEdits(t.object.Type, edits) + way
			for _, again := range []string{"", ", a second time"} {
				if _, err := t.update(t.ref(base), c); err != nil {
					t.Errorf("%s%s: Update failed: %v", what, again, err)
					break
				}
				got := t.mustGet(t.ref(base))
				if !same(a, got.At(s), schema.Value{}) && !same(a, got.At(s), never.At(s)) {
					t.Errorf("%s%s: the record still has %s", what, again, show(got.At(s)))
				}
				if d := differences(base, got, s); len(d) > 0 {
					t.Errorf("%s%s: other fields changed as well: %s", what, again, strings.Join(d, ", "))
				}
			}
		}
	}
}

func needsActions(_ *subject, o *connector.Object) string {
	if len(o.Actions) == 0 {
		return "the object declares no actions"
	}
	return ""
}

// runActions carries out each declared action, and each a second time.
func runActions(t *trial) {
	for _, kind := range t.object.Actions {
		switch kind {
		case connector.Deactivate:
			t.deactivates()
		case connector.Activate:
			t.activates()
		case connector.Delete, connector.Erase:
			t.removes(kind)
		case connector.Convert:
			for _, to := range t.convertible() {
				t.converts(to)
			}
		}
	}
}

// twice carries out an action two times.
func (t *trial) twice(r connector.Ref, a connector.Action) (last *schema.Record, ok bool) {
	t.Helper()
	for _, again := range []string{"", " of a record on which that has been done"} {
		out, err := t.act(r, a)
		if err != nil {
			t.Errorf("Act(%s)%s failed: %v", a.Kind, again, err)
			return nil, false
		}
		last = out
	}
	return last, true
}

// dropped returns the fields that a deactivation empties.
func (t *trial) dropped() []schema.Slot {
	var out []schema.Slot
	for _, name := range t.object.DroppedByDeactivate {
		out = append(out, t.object.Type.Slot(name))
	}
	return out
}

// is looks at a record after an action.
func (t *trial) is(after string, base *schema.Record, active bool, out *schema.Record) {
	t.Helper()
	got := t.mustGet(t.ref(base))
	if f := t.object.Active; f != "" && got.Bool(f) != active {
		t.Errorf("after %s, %s is %s", after, f, show(got.Get(f)))
	}
	but := t.dropped()
	if f := t.object.Active; f != "" {
		but = append(but, t.object.Type.Slot(f))
	}
	if active {
		for _, name := range t.object.ResetByActivate {
			but = append(but, t.object.Type.Slot(name))
		}
	}
	if d := differences(base, got, but...); len(d) > 0 {
		t.Errorf("%s changed fields that are not among those that a deactivation drops or an activation resets: %s", after, strings.Join(d, ", "))
	}
	if out != nil {
		if d := differences(out, got); len(d) > 0 {
			t.Errorf("%s did not return the record as it was stored; it differs from what Get gives in %s", after, strings.Join(d, ", "))
		}
	}
}

func (t *trial) deactivates() {
	base := t.mustCreate()
	if out, ok := t.twice(t.ref(base), connector.Action{Kind: connector.Deactivate}); ok {
		t.is("deactivate", base, false, out)
	}
}

func (t *trial) activates() {
	base := t.mustCreate()
	if _, err := t.act(t.ref(base), connector.Action{Kind: connector.Activate}); err != nil {
		t.Errorf("Act(activate) of a record that is active failed: %v", err)
	}
	if t.object.Can(connector.Deactivate) {
		if _, err := t.act(t.ref(base), connector.Action{Kind: connector.Deactivate}); err != nil {
			t.Errorf("Act(deactivate) failed: %v", err)
			return
		}
	}
	if out, ok := t.twice(t.ref(base), connector.Action{Kind: connector.Activate}); ok {
		t.is("activate", base, true, out)
	}
}

// removes wants Erase to leave nothing, and Delete to leave nothing or something
// that is out of use.
func (t *trial) removes(kind connector.ActionKind) {
	base, other := t.mustCreate(), t.mustCreate()
	a := connector.Action{Kind: kind}
	if _, err := t.act(t.ref(base), a); err != nil {
		t.Errorf("Act(%s) failed: %v", kind, err)
		return
	}
	got, err := t.get(t.ref(base))
	switch {
	case connector.CodeOf(orNone(err)) == connector.NotFound:
	case err != nil:
		t.Errorf("after %s, Get gave %s, wanted is NotFound", kind, outcome(err))
	case kind == connector.Erase:
		t.Errorf("after %s, Get still gives the record", kind)
	case t.object.Active == "" || got.Bool(t.object.Active):
		t.Errorf("after %s, Get still gives the record, and nothing in it says that it is out of use", kind)
	}
	// That there is nothing left to delete may be all that the target can say.
	if _, err := t.act(t.ref(base), a); err != nil && connector.CodeOf(err) != connector.NotFound {
		t.Errorf("Act(%s) of a record on which that has been done gave %s", kind, outcome(err))
	}
	if d := differences(other, t.mustGet(t.ref(other))); len(d) > 0 {
		t.Errorf("%s changed another record: %s", kind, strings.Join(d, ", "))
	}
}

func (t *trial) converts(to string) {
	base := t.mustCreate()
	out, ok := t.twice(t.ref(base), connector.Action{Kind: connector.Convert, To: to})
	if !ok {
		return
	}
	r := connector.Ref{Object: to, ID: t.ref(base).ID}
	if out != nil && t.desc.Object(to).RefOf(out) != r {
		t.Errorf("the conversion to %s changed the id", to)
	}
	switch got, err := t.get(r); {
	case err != nil:
		t.Errorf("after the conversion to %s, Get of the %s failed: %v", to, to, err)
	case out != nil:
		if d := differences(out, got); len(d) > 0 {
			t.Errorf("the conversion to %s did not return the record as it was stored; it differs from what Get gives in %s", to, strings.Join(d, ", "))
		}
	}
	if _, err := t.get(t.ref(base)); connector.CodeOf(orNone(err)) != connector.NotFound {
		t.Errorf("after the conversion to %s, Get of the %s gave %s, wanted is NotFound", to, t.object.Name, outcome(err))
	}
}

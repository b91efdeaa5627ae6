package connectortest

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// runCreate makes records and reads them: what was sent is there, what Create
// returned is what was stored, ids differ, and an explicit null is the same as
// nothing.
func runCreate(t *trial) {
	sent := t.sample()
	out, err := t.create(sent)
	if err != nil {
		t.Fatalf("Create of a sample failed: %v", err)
	}
	t.stored("Create returned a record in which", sent, out)
	got := t.mustGet(t.ref(out))
	t.stored("Get gave a record in which", sent, got)
	if d := differences(out, got); len(d) > 0 {
		t.Errorf("Create did not return the record as it was stored; it differs from what Get gives in %s", strings.Join(d, ", "))
	}
	other := t.mustCreate()
	if t.ref(other) == t.ref(out) {
		t.Errorf("two records have the same id %q", t.ref(out).ID)
	}
	if d := differences(got, t.mustGet(t.ref(out))); len(d) > 0 {
		t.Errorf("the creation of another record changed the first one: %s", strings.Join(d, ", "))
	}

	bare := t.minimal()
	plain, err := t.create(bare)
	if err != nil {
		t.Fatalf("Create of a sample with its required and unique fields alone failed: %v", err)
	}
	t.stored("of a record that was created with few fields,", bare, plain)
	nulls := t.minimal()
	for s, v := range t.sample().Values() {
		if a := t.object.Type.Attribute(s); nulls.At(s).IsUnset() && !v.Unassigned() && !a.MultiValued {
			nulls.SetAt(s, schema.Null())
		}
	}
	withNulls, err := t.create(nulls)
	if err != nil {
		t.Fatalf("Create of a record with explicit nulls failed, which are the same as nothing: %v", err)
	}
	for s, v := range nulls.Values() {
		a := t.object.Type.Attribute(s)
		if v.IsNull() && readable(a) && !same(a, plain.At(s), withNulls.At(s)) {
			t.Errorf("an explicit null is not the same as nothing: %s is %s after a create with null, %s after one without", a.Name, show(withNulls.At(s)), show(plain.At(s)))
		}
	}
}

// stored compares what was sent with what came back.
func (t *trial) stored(where string, sent, got *schema.Record) {
	t.Helper()
	for s, v := range sent.Values() {
		a := t.object.Type.Attribute(s)
		if !v.Unassigned() && readable(a) && !same(a, v, got.At(s)) && !(isUnique(t.object, a.Name) && !a.CaseExact && strings.EqualFold(v.Text(), got.At(s).Text())) {
			t.Errorf("%s %s is %s, and %s was sent", where, t.object.Type.Path(s), show(got.At(s)), show(v))
		}
	}
}

// runUnknownID asks for a record that does not exist.
func runUnknownID(t *trial) {
	r := connector.Ref{Object: t.object.Name, ID: t.unknownID(t.object)}
	if _, err := t.d.Get(t.ctx, r); connector.CodeOf(orNone(err)) != connector.NotFound {
		t.Errorf("Get of an unknown id gave %s, wanted is NotFound", outcome(err))
	}
	if !t.canCreate() {
		return
	}
	base, donor := t.mustCreate(), t.sample()
	if slots := editable(t.object, base, donor); len(slots) > 0 {
		e := schema.Edit{Slot: slots[0], Value: donor.At(slots[0])}
		if _, err := t.d.Update(t.ctx, r, t.edit(base, e)); connector.CodeOf(orNone(err)) != connector.NotFound {
			t.Errorf("Update of an unknown id gave %s, wanted is NotFound", outcome(err))
		}
		if t.object.BlindUpdate {
			if _, err := t.d.Update(t.ctx, r, t.blind(e)); connector.CodeOf(orNone(err)) != connector.NotFound {
				t.Errorf("a blind Update of an unknown id gave %s, wanted is NotFound", outcome(err))
			}
		}
	}
	for _, kind := range t.object.Actions {
		a := connector.Action{Kind: kind}
		if kind == connector.Convert {
			to := t.convertible()
			if len(to) == 0 {
				continue
			}
			a.To = to[0]
		}
		_, err := t.d.Act(t.ctx, r, a)
		// Whoever is asked to delete what is not there cannot always tell whether it
		// ever was.
		gone := err == nil && (kind == connector.Delete || kind == connector.Erase)
		if !gone && connector.CodeOf(orNone(err)) != connector.NotFound {
			t.Errorf("Act(%s) on an unknown id gave %s, wanted is NotFound", kind, outcome(err))
		}
	}
}

// unknownID makes up an id that no record of the object has.
func (t *trial) unknownID(o *connector.Object) string {
	t.Helper()
	if t.h.UnknownID != nil {
		return t.h.UnknownID(o)
	}
	for _, id := range []string{"999999999999", "987654", "no-such-record", "ffffffff-ffff-4fff-bfff-ffffffffffff", "zzzzzz", "ZZZZZZ"} {
		if validID(o, id) {
			return id
		}
	}
	t.Skipf("no id that the kit can make up matches the pattern of %s: set Harness.UnknownID", o.Name)
	return ""
}

var errNone = errors.New("no error")

// orNone makes the code of a nil error one that is never wanted.
func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

// outcome says how a call ended.
func outcome(err error) string {
	if err == nil {
		return "no error"
	}
	return "the code " + connector.CodeOf(err).String() + " (" + err.Error() + ")"
}

func needsUnique(s *subject, o *connector.Object) string {
	rec := s.h.sample(o, 0)
	if !slices.ContainsFunc(o.Unique, func(name string) bool { return rec.Has(name) }) {
		return "no unique field that the samples have"
	}
	return ""
}

// runDuplicate makes a second record with the unique value of another.
func runDuplicate(t *trial) {
	first := t.mustCreate()
	for _, name := range t.object.Unique {
		v := first.Get(name)
		if v.Unassigned() {
			continue
		}
		a := t.object.Type.Lookup(name)
		values := map[string]schema.Value{"": v}
		if s, ok := v.Str(); ok && !a.CaseExact && swapCase(s) != s {
			values[" in other letter case"] = schema.StringValue(swapCase(s))
		}
		for _, how := range []string{"", " in other letter case"} {
			taken, ok := values[how]
			if !ok {
				continue
			}
			second := t.sample()
			second.Set(name, taken)
			_, err := t.d.Create(t.ctx, t.object.Name, second.Clone())
			t.isTaken("a create with the "+name+" of another record"+how, name, err)
			if n := t.count(name, v); n != 1 {
				t.Fatalf("after a create with the %s of another record%s, %d records have it", name, how, n)
			}
		}
		if a.Mutability != schema.ReadWrite {
			continue
		}
		other := t.mustCreate()
		change := t.edit(other, schema.Edit{Slot: t.object.Type.Slot(name), Value: v})
		_, err := t.d.Update(t.ctx, t.ref(other), change)
		t.isTaken("an update to the "+name+" of another record", name, err)
		if d := differences(other, t.mustGet(t.ref(other))); len(d) > 0 {
			t.Errorf("an update that was refused changed the record: %s", strings.Join(d, ", "))
		}
	}
}

// isTaken wants AlreadyExists with the field.
func (t *trial) isTaken(what, field string, err error) {
	t.Helper()
	if connector.CodeOf(orNone(err)) != connector.AlreadyExists {
		t.Errorf("%s gave %s, wanted is AlreadyExists", what, outcome(err))
		return
	}
	if e, ok := errors.AsType[*connector.Error](err); !ok || !strings.EqualFold(e.Field, field) {
		t.Errorf("%s gave AlreadyExists without saying that it is about %s (%v)", what, field, err)
	}
}

// swapCase changes the case of ASCII letters.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// badValues returns records that a target may refuse, by the field that is then
// wrong, out of a good one.
func badValues(o *connector.Object, good *schema.Record) map[string]*schema.Record {
	out := make(map[string]*schema.Record)
	for s, v := range good.Values() {
		a := o.Type.Attribute(s)
		bad := schema.Value{}
		switch {
		case !a.Writable() || a.MultiValued:
			continue
		case len(a.Choices) > 0 && a.Type == schema.String:
			bad = schema.StringValue("no such choice")
		case a.Required:
		case a.Type == schema.String && a.MaxLength > 0:
			bad = schema.StringValue(v.Text() + strings.Repeat("x", a.MaxLength))
		case a.Type == schema.String && a.Pattern != "":
			bad = schema.StringValue("§§§")
			if re, err := regexp.Compile(`\A(?:` + a.Pattern + `)\z`); err != nil || re.MatchString("§§§") {
				continue
			}
		default:
			continue
		}
		rec := good.Clone()
		rec.SetAt(s, bad)
		out[a.Name] = rec
	}
	return out
}

func needsRefusable(s *subject, o *connector.Object) string {
	if len(badValues(o, s.h.sample(o, 0))) == 0 {
		return "no field has choices, a length, a pattern, or is required"
	}
	return ""
}

// runRefusals sends values that break what the type says. A target may take them;
// if it refuses one, the error names the field, and nothing was made.
func runRefusals(t *trial) {
	for name := range badValues(t.object, t.sample()) {
		good := t.sample()
		rec, ok := badValues(t.object, good)[name]
		if !ok {
			continue
		}
		key, v := t.key(rec)
		_, err := t.d.Create(t.ctx, t.object.Name, rec.Clone())
		if err == nil {
			continue
		}
		e, isOurs := errors.AsType[*connector.Error](err)
		switch {
		case connector.CodeOf(err) != connector.Invalid:
			t.Errorf("a create with a bad %s gave %s, wanted is Invalid", name, outcome(err))
		case !isOurs || e.Field == "":
			t.Errorf("a create with a bad %s gave Invalid without a field (%v)", name, err)
		case e.Field != name:
			t.Errorf("a create with a bad %s gave Invalid with the field %q, which should be spelt as the type spells it", name, e.Field)
		}
		if key != name && !v.Unassigned() && t.count(key, v) != 0 {
			t.Errorf("a create with a bad %s was refused, and the record was made all the same", name)
		}
	}
}

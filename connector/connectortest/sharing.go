package connectortest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// runAliasing changes what it gave to the driver and what it got from it, and
// looks whether the target changed with it.
func runAliasing(t *trial) {
	rec := t.existing()
	r := t.ref(rec)
	read := func(what string, get func() (*schema.Record, error)) {
		before := t.mustGet(r)
		got, err := get()
		if err != nil {
			t.Fatalf("%s failed: %v", what, err)
		}
		if got == nil {
			return
		}
		t.spoil(got)
		if !t.mustGet(r).Equal(before) {
			t.Errorf("a change to the record that %s returned changed the target's: the driver keeps what it gives away", what)
		}
	}
	read("Get", func() (*schema.Record, error) { return t.d.Get(t.ctx, r) })
	listed := func(q connector.Query) func() (*schema.Record, error) {
		return func() (*schema.Record, error) {
			p, err := t.d.List(t.ctx, t.object.Name, q)
			if err != nil {
				return nil, err
			}
			for _, got := range p.Records {
				if t.ref(got) == r {
					return got, nil
				}
			}
			return nil, nil
		}
	}
	read("List", listed(connector.Query{}))
	if f, ok := t.eq(t.object.IDField(), rec.Get(t.object.IDField())); ok {
		read("List with a filter", listed(connector.Query{Filter: f}))
	}
	if !t.canCreate() {
		return
	}

	in := t.sample()
	kept := in.Clone()
	out, err := t.d.Create(t.ctx, t.object.Name, in)
	if err != nil {
		t.Fatalf("Create of a sample failed: %v", err)
	}
	if err := wellFormed(t.object, out); err != nil {
		t.Fatalf("Create: %v", err)
	}
	made := t.ref(out)
	before := t.mustGet(made)
	if !unchanged(in, kept) {
		t.Errorf("Create changed the record that it was given")
	}
	t.spoil(in)
	t.spoil(out)
	if !t.mustGet(made).Equal(before) {
		t.Errorf("a change to the record that Create was given, or to the one that it returned, changed the target's")
	}

	base, donor := t.mustGet(made), t.sample()
	for _, edits := range t.editsOf(base, donor) {
		c := t.edit(t.mustGet(made), edits...)
		wasBase, wasWant, wasEdits := c.Base.Clone(), c.Want.Clone(), fmt.Sprint(c.Edits)
		out, err := t.d.Update(t.ctx, made, c)
		if err != nil {
			continue // another check's business
		}
		if !unchanged(c.Base, wasBase) || !unchanged(c.Want, wasWant) || fmt.Sprint(c.Edits) != wasEdits {
			t.Errorf("Update (%s) changed what it was given", describeEdits(t.object.Type, edits))
		}
		before := t.mustGet(made)
		t.spoil(c.Base)
		t.spoil(c.Want)
		if out != nil {
			t.spoil(out)
		}
		for i := range c.Edits {
			c.Edits[i] = schema.Edit{Slot: c.Edits[i].Slot, Op: schema.Clear}
		}
		if !t.mustGet(made).Equal(before) {
			t.Errorf("after Update (%s), a change to what it was given or returned changed the target's record", describeEdits(t.object.Type, edits))
		}
	}
	for _, kind := range t.object.Actions {
		if kind != connector.Deactivate && kind != connector.Activate {
			continue
		}
		out, err := t.d.Act(t.ctx, made, connector.Action{Kind: kind})
		if err != nil {
			continue
		}
		if before := t.mustGet(made); out != nil {
			t.spoil(out)
			if !t.mustGet(made).Equal(before) {
				t.Errorf("a change to the record that Act(%s) returned changed the target's", kind)
			}
		}
	}
}

// spoil puts other values into a record that is not needed any more. It leaves the
// id, by which the target's record is read again.
func (t *trial) spoil(rec *schema.Record) {
	for s := range rec.Values() {
		if s != t.object.Type.Slot(t.object.IDField()) {
			rec.SetAt(s, schema.StringValue("spoilt by the conformance kit"))
		}
	}
}

// unchanged compares two records exactly: an unset field is not one with null.
func unchanged(a, b *schema.Record) bool {
	for s := range schema.Slot(a.Type().Len()) {
		if a.At(s).Kind() != b.At(s).Kind() || !a.At(s).Equal(b.At(s)) {
			return false
		}
	}
	return true
}

// parallel is how many callers the driver has at once.
const parallel = 8

// runConcurrent uses the driver from several goroutines at once, each with a
// record of its own; then several want the same unique value. Run it with -race.
func runConcurrent(t *trial) {
	samples := make([][2]*schema.Record, parallel)
	for i := range samples {
		samples[i] = [2]*schema.Record{t.sample(), t.sample()}
	}
	errs := make([]error, parallel)
	made := make([]*schema.Record, parallel)
	t.together(func(i int) { made[i], errs[i] = t.life(samples[i][0], samples[i][1]) })
	ids := map[string]bool{}
	for i, err := range errs {
		if err != nil {
			t.Errorf("one of %d callers at once: %v", parallel, err)
		} else if id := t.ref(made[i]).ID; ids[id] {
			t.Errorf("two of %d callers at once got the same record %s", parallel, id)
		} else {
			ids[id] = true
		}
	}
	t.race()
}

// together runs f in several goroutines that start at the same time, and waits
// for them.
func (t *trial) together(f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range parallel {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// life makes a record, reads, changes and lists it.
func (t *trial) life(sample, donor *schema.Record) (made *schema.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the driver panicked: %v", p)
		}
	}()
	if made, err = t.create(sample); err != nil {
		return nil, fmt.Errorf("a create failed: %w", err)
	}
	for s, v := range sample.Values() {
		if a := t.object.Type.Attribute(s); isUnique(t.object, a.Name) && !strings.EqualFold(v.Text(), made.At(s).Text()) {
			return nil, fmt.Errorf("a create returned a record with the %s %s, and %s was sent", a.Name, show(made.At(s)), show(v))
		}
	}
	r := t.ref(made)
	base, err := t.get(r)
	if err != nil {
		return nil, fmt.Errorf("a read failed: %w", err)
	}
	if slots := editable(t.object, base, donor); len(slots) > 0 {
		e := schema.Edit{Slot: slots[0], Value: donor.At(slots[0])}
		if _, err := t.update(r, t.edit(base, e)); err != nil {
			return nil, fmt.Errorf("an update failed: %w", err)
		}
		got, err := t.get(r)
		if err != nil {
			return nil, fmt.Errorf("a read after an update failed: %w", err)
		}
		if d := differences(base, got, e.Slot); len(d) > 0 || !same(t.object.Type.Attribute(e.Slot), got.At(e.Slot), e.Value) {
			return nil, fmt.Errorf("after an update the record is not what was written: %s is %s", t.object.Type.Path(e.Slot), show(got.At(e.Slot)))
		}
	}
	if _, err := t.d.List(t.ctx, t.object.Name, connector.Query{}); err != nil {
		return nil, fmt.Errorf("a list failed: %w", err)
	}
	if _, err := t.d.Describe(t.ctx); err != nil {
		return nil, fmt.Errorf("a description failed: %w", err)
	}
	return made, nil
}

// race has several callers create records with the same unique value: one makes
// it, the others are told that it is taken.
func (t *trial) race() {
	samples := make([]*schema.Record, parallel)
	for i := range samples {
		samples[i] = t.sample()
	}
	var field string
	var v schema.Value
	for _, name := range t.object.Unique {
		if v = samples[0].Get(name); !v.Unassigned() {
			field = name
			break
		}
	}
	if field == "" {
		return
	}
	for _, rec := range samples {
		rec.Set(field, v)
	}
	errs := make([]error, parallel)
	t.together(func(i int) {
		defer func() {
			if p := recover(); p != nil {
				errs[i] = fmt.Errorf("the driver panicked: %v", p)
			}
		}()
		_, errs[i] = t.d.Create(t.ctx, t.object.Name, samples[i])
	})
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case connector.CodeOf(err) != connector.AlreadyExists:
			t.Errorf("a create of a %s that another caller created at the same time gave %s, wanted is AlreadyExists", field, outcome(err))
		}
	}
	if n := t.count(field, v); won != 1 || n != 1 {
		t.Errorf("%d creates of the same %s at once: %d succeeded, and %d records have it", parallel, field, won, n)
	}
}

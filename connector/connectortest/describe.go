package connectortest

import (
	"context"
	"regexp"
	"sync"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// runDescribe looks at the description: a Target takes it, it is the same when
// nothing has changed, and what it declares can be asked for.
func runDescribe(t *trial) {
	if err := validate(t.ctx, t.d); err != nil {
		t.Errorf("the description is not valid: %v", err)
		return
	}
	if t.desc.Account == "" {
		t.Errorf("Account is empty: connections to the same account could not share their rate limit")
	}
	if r := t.desc.Owner; r != (connector.Ref{}) && !validID(t.desc.Object(r.Object), r.ID) {
		t.Errorf("Owner has the id %q, which does not match its object's pattern", r.ID)
	}
	var wg sync.WaitGroup
	again := make([]*connector.Description, 4)
	errs := make([]error, len(again))
	for i := range again {
		wg.Go(func() { again[i], errs[i] = t.d.Describe(t.ctx) })
	}
	wg.Wait()
	for i, d := range again {
		if errs[i] != nil {
			t.Fatalf("Describe failed when it was asked again: %v", errs[i])
		}
		t.sameDescription(d)
	}
	for i := range t.desc.Objects {
		t.object = &t.desc.Objects[i]
		t.describeObject()
	}
}

// sameDescription compares a description with the first one.
func (t *trial) sameDescription(d *connector.Description) {
	t.Helper()
	if d.Version != t.desc.Version || d.Account != t.desc.Account || len(d.Objects) != len(t.desc.Objects) {
		t.Fatalf("Describe gives another description when it is asked again, and nothing has changed")
	}
	for i := range d.Objects {
		if d.Objects[i].Name != t.desc.Objects[i].Name || d.Objects[i].Type != t.desc.Objects[i].Type {
			t.Fatalf("Describe gives another type for %s when it is asked again (not the same pointer), and nothing has changed: plans made for the first one would be made anew", d.Objects[i].Name)
		}
	}
}

// describeObject looks at what is declared of an object.
func (t *trial) describeObject() {
	o := t.object
	for s := range schema.Slot(o.Type.Len()) {
		a := o.Type.Attribute(s)
		for _, op := range opsOf(a.Filter) {
			f, err := comparison(o.Type, s, op, probe(a))
			if err != nil {
				t.Errorf("%s.%s cannot be named in a filter: %v", o.Name, a.Name, err)
				break
			}
			if _, err := o.Type.Match(f); err != nil {
				t.Errorf("%s.%s declares %s, which makes no sense for its type: %v", o.Name, a.Name, op, err)
			}
		}
		if a.Pattern != "" {
			if _, err := regexp.Compile(a.Pattern); err != nil {
				t.Errorf("%s.%s: the pattern is no regular expression: %v", o.Name, a.Name, err)
			}
		}
	}
	for _, name := range o.Search.Consistent {
		if !t.answersEq(name) {
			t.Errorf("%s.%s is declared as consistent, and its field declares no eq", o.Name, name)
		}
	}
	if !o.ReadOnly {
		for _, name := range o.Unique {
			if !t.answersEq(name) {
				t.Errorf("%s.%s is declared as unique, and its field declares no eq: a create whose answer was lost could not be settled", o.Name, name)
			}
		}
	}
	if len(o.DroppedByDeactivate) > 0 && !o.Can(connector.Deactivate) {
		t.Errorf("%s: DroppedByDeactivate names fields, and Deactivate is not among its actions", o.Name)
	}
	if o.Can(connector.Convert) && len(t.convertible()) == 0 {
		t.Errorf("%s: Convert is among its actions, and no other object has the IDSpace %q", o.Name, o.IDSpace)
	}
}

func (t *trial) answersEq(field string) bool {
	s := t.object.Type.Slot(field)
	_, ok := t.eq(field, probe(t.object.Type.Attribute(s)))
	return ok
}

// convertible returns the objects that a record could become.
func (t *trial) convertible() []string {
	var out []string
	for i := range t.desc.Objects {
		to := &t.desc.Objects[i]
		if !to.ReadOnly && to.Name != t.object.Name && t.object.IDSpace != "" && to.IDSpace == t.object.IDSpace {
			out = append(out, to.Name)
		}
	}
	return out
}

// opsOf returns the operators of a set one by one.
func opsOf(set schema.Op) []schema.Op {
	var out []schema.Op
	for op := schema.Eq; op <= schema.Le; op <<= 1 {
		if set&op != 0 {
			out = append(out, op)
		}
	}
	return out
}

// comparison makes the filter that compares a field with a value.
func comparison(typ *schema.Type, s schema.Slot, op schema.Op, v schema.Value) (*schema.Compare, error) {
	p, err := schema.ParsePath(typ.Path(s))
	if op == schema.Pr {
		v = schema.Value{}
	}
	return &schema.Compare{Path: p, Op: op, Value: v}, err
}

// probe returns a value that fits a field, for filters that are not sent.
func probe(a *schema.Attribute) schema.Value {
	b := *a
	b.MultiValued, b.Choices = false, nil
	if b.Type == schema.Complex {
		if v := b.Sub.Lookup("value"); v != nil {
			return probe(v)
		}
		return schema.StringValue("x")
	}
	return sampleOne(&b, false, 0)
}

func needsUnwrapper(s *subject, _ *connector.Object) string {
	if !isUnwrapper(s.h.Driver) {
		return "the driver wraps no other"
	}
	return ""
}

// runUnwrap looks at a driver that wraps another: the chain ends, and the objects
// of what is wrapped are there, so that its abilities find them.
func runUnwrap(t *trial) {
	d := t.d
	for depth := 0; ; depth++ {
		w, ok := d.(connector.Unwrapper)
		if !ok {
			break
		}
		if depth == maxWrappers {
			t.Fatalf("Unwrap leads on and on: it has been followed %d times", maxWrappers)
		}
		if d = w.Unwrap(); d == nil {
			t.Fatalf("Unwrap gives nothing")
		}
	}
	inner, err := d.Describe(t.ctx)
	if err != nil {
		t.Fatalf("Describe of what is wrapped failed: %v", err)
	}
	for i := range inner.Objects {
		o := &inner.Objects[i]
		if outer := t.desc.Object(o.Name); outer != nil && o.Members && !outer.Members {
			t.Errorf("what is wrapped declares Members for %s, and the wrapper does not", o.Name)
		}
	}
}

func needsChecker(s *subject, _ *connector.Object) string {
	if ability[connector.Checker](s.h.Driver) == nil {
		return "the driver is no Checker"
	}
	return ""
}

// runChecker tries the connection.
func runChecker(t *trial) {
	c := ability[connector.Checker](t.d)
	if err := c.Check(t.ctx); err != nil {
		t.Errorf("Check of a good connection failed: %v", err)
	}
	ctx, cancel := context.WithCancel(t.ctx)
	cancel()
	if err := c.Check(ctx); err == nil {
		t.Errorf("Check succeeded although its context had ended")
	}
}

package connectortest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Run runs every check against the driver that newHarness makes, each in a
// subtest of its own with a harness of its own: "duplicate/person" is the check
// duplicate of the object person. So a single one runs alone, by -run. It logs
// what the driver declares and, in the end, what was skipped and why.
func Run(t *testing.T, newHarness func(t *testing.T) *Harness, o *Options) {
	t.Helper()
	o = o.withDefaults()
	h := newHarness(t)
	p, err := makePlan(t.Context(), h, o)
	if h != nil {
		t.Cleanup(h.close)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("what the driver declares:\n%s", p.capabilities)
	for _, problem := range p.problems {
		t.Error(problem)
	}
	var skipped []string
	run := func(t *testing.T, part *part) {
		t.Cleanup(func() {
			if t.Skipped() {
				skipped = append(skipped, part.String())
			}
		})
		if part.skip != "" {
			t.Skip(part.skip)
		}
		part.run(t.Context(), t, newHarness(t), o)
	}
	for _, parts := range p.byCheck() {
		t.Run(parts[0].check.name, func(t *testing.T) {
			if parts[0].object == "" {
				run(t, parts[0])
				return
			}
			for _, part := range parts {
				t.Run(part.object, func(t *testing.T) { run(t, part) })
			}
		})
	}
	if len(skipped) > 0 {
		t.Logf("skipped, see each for the reason: %s", strings.Join(skipped, ", "))
	}
}

// Verify is [Run] for callers outside of a test: it runs the same checks and
// returns what came of them. newHarness is called once for the plan and once for
// each check.
func Verify(ctx context.Context, newHarness func() (*Harness, error), o *Options) *Report {
	o = o.withDefaults()
	report := &Report{}
	h, err := newHarness()
	if err != nil {
		report.Problems = append(report.Problems, fmt.Sprintf("the harness: %v", err))
		return report
	}
	p, err := makePlan(ctx, h, o)
	if h != nil {
		h.close()
	}
	if err != nil {
		report.Problems = append(report.Problems, err.Error())
		return report
	}
	report.Capabilities, report.Problems = p.capabilities, p.problems
	for i := range p.parts {
		part := &p.parts[i]
		rec := &recorder{skipped: part.skip}
		if part.skip == "" {
			rec.run(func() {
				h, err := newHarness()
				if err != nil {
					rec.Fatalf("the harness: %v", err)
				}
				part.run(ctx, rec, h, o)
			})
		}
		report.Results = append(report.Results, Result{Check: part.check.name, Object: part.object, Skipped: rec.skipped, Failures: rec.failures})
	}
	return report
}

// reporter is what a check reports to; *testing.T is one. Fatalf and Skipf end
// the goroutine and are for that of the check only.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

var (
	_ reporter = (*testing.T)(nil)
	_ reporter = (*recorder)(nil)
)

// check is one behaviour that the kit looks at.
type check struct {
	name string
	// whole says that it is about the driver rather than about each object.
	whole bool
	// absent returns why it has nothing to look at, "" where it has. The object is
	// nil for a check about the driver.
	absent func(s *subject, o *connector.Object) string
	run    func(t *trial)
}

// subject is what a plan knows of a driver.
type subject struct {
	h    *Harness
	desc *connector.Description
}

// part is a check of one object, or one about the driver.
type part struct {
	check  *check
	object string
	skip   string
}

// String returns the name of the part as Options.Skip has it.
func (p *part) String() string {
	if p.object == "" {
		return p.check.name
	}
	return p.check.name + "/" + p.object
}

// plan is what is going to be run.
type plan struct {
	parts        []part
	capabilities string
	problems     []string
}

// makePlan asks the driver for its description and decides what to run.
func makePlan(ctx context.Context, h *Harness, o *Options) (*plan, error) {
	if h == nil || h.Driver == nil {
		return nil, errors.New("the harness has no driver")
	}
	desc, err := h.Driver.Describe(ctx)
	if err != nil {
		return nil, fmt.Errorf("the driver does not describe its target: %w", err)
	}
	// A description that contradicts itself is one check's business, and leaves
	// nothing to the others.
	invalid := validate(ctx, h.Driver)
	if desc == nil {
		desc = &connector.Description{}
	}
	s := &subject{h: h, desc: desc}
	p := &plan{capabilities: capabilities(h.Driver, desc)}
	for _, name := range o.Objects {
		if desc.Object(name) == nil {
			p.problems = append(p.problems, fmt.Sprintf("Options.Objects: the driver describes no object %q", name))
		}
	}
	used := make(map[string]bool)
	for _, c := range checks() {
		absent := func(obj *connector.Object) string {
			if invalid != nil && c.name != checkDescribe {
				return "the description is not valid"
			}
			if c.absent == nil {
				return ""
			}
			return c.absent(s, obj)
		}
		if c.whole {
			p.add(o, used, part{check: c, skip: absent(nil)})
			continue
		}
		for i := range desc.Objects {
			obj := &desc.Objects[i]
			if len(o.Objects) == 0 || slices.Contains(o.Objects, obj.Name) {
				p.add(o, used, part{check: c, object: obj.Name, skip: absent(obj)})
			}
		}
	}
	p.problems = append(p.problems, unusedSkips(o, used)...)
	return p, nil
}

// validate lets a Target look at the description.
func validate(ctx context.Context, d connector.Driver) error {
	target, err := connector.NewTarget(d, nil)
	if err != nil {
		return err
	}
	_, err = target.Description(ctx)
	return err
}

// add appends a part, with the reason not to run it. Those of the options count
// as used only where they keep something from being run.
func (p *plan) add(o *Options, used map[string]bool, x part) {
	if x.skip == "" {
		for _, key := range []string{x.check.name, x.String()} {
			if reason, ok := o.Skip[key]; ok {
				used[key] = true
				x.skip = reason
				if strings.TrimSpace(reason) == "" {
					p.problems = append(p.problems, fmt.Sprintf("Options.Skip: %q has no reason", key))
					x.skip = "no reason given"
				}
			}
		}
	}
	p.parts = append(p.parts, x)
}

// unusedSkips returns what is wrong with the names in Options.Skip.
func unusedSkips(o *Options, used map[string]bool) []string {
	var out []string
	for key := range o.Skip {
		name, _, _ := strings.Cut(key, "/")
		switch {
		case used[key]:
		case !slices.ContainsFunc(checks(), func(c *check) bool { return c.name == name }):
			out = append(out, fmt.Sprintf("Options.Skip: there is no check %q", name))
		default:
			out = append(out, fmt.Sprintf("Options.Skip: %q would not run anyway", key))
		}
	}
	slices.Sort(out)
	return out
}

// byCheck returns the parts of each check, in order.
func (p *plan) byCheck() [][]*part {
	var out [][]*part
	for i := range p.parts {
		x := &p.parts[i]
		if n := len(out); n > 0 && out[n-1][0].check == x.check {
			out[n-1] = append(out[n-1], x)
			continue
		}
		out = append(out, []*part{x})
	}
	return out
}

// run runs the part with a harness of its own.
func (p *part) run(ctx context.Context, r reporter, h *Harness, o *Options) {
	r.Helper()
	if h == nil || h.Driver == nil {
		r.Fatalf("the harness has no driver")
	}
	defer h.close()
	t := &trial{reporter: r, ctx: ctx, h: h, o: o, d: h.Driver}
	defer func() {
		if v := recover(); v != nil {
			r.Errorf("the driver panicked: %v\n%s", v, debug.Stack())
		}
	}()
	desc, err := t.d.Describe(ctx)
	if err != nil {
		r.Fatalf("Describe: %v", err)
	}
	t.desc = desc
	if p.object != "" {
		if t.object = desc.Object(p.object); t.object == nil {
			r.Fatalf("Describe gives no object %s, as it did before", p.object)
		}
	}
	p.check.run(t)
}

// Reasons why a check has nothing to look at.

func needsSample(s *subject, o *connector.Object) string {
	if o.ReadOnly {
		return "the object is read-only"
	}
	if rec := s.h.sample(o, 0); rec == nil {
		return "the harness has no sample of it"
	}
	return ""
}

func needsEdits(s *subject, o *connector.Object) string {
	if why := needsSample(s, o); why != "" {
		return why
	}
	if len(editable(o, s.h.sample(o, 0), s.h.sample(o, 1))) == 0 {
		return "no field of the samples can be edited"
	}
	return ""
}

func needsFaults(s *subject, _ *connector.Object) string {
	if s.h.Inject == nil {
		return "the harness injects no faults"
	}
	return ""
}

// all returns the first reason that one of several has.
func all(reasons ...func(*subject, *connector.Object) string) func(*subject, *connector.Object) string {
	return func(s *subject, o *connector.Object) string {
		for _, reason := range reasons {
			if why := reason(s, o); why != "" {
				return why
			}
		}
		return ""
	}
}

// editable returns the fields that can be given the value that another sample
// has, and can be read back.
func editable(o *connector.Object, from, to *schema.Record) []schema.Slot {
	var out []schema.Slot
	for s, v := range to.Values() {
		a := o.Type.Attribute(s)
		if a.Mutability == schema.ReadWrite && readable(a) && !v.Unassigned() && !schema.SameValue(a, from.At(s), v) {
			out = append(out, s)
		}
	}
	return out
}

// readable reports whether a value that was written can be read.
func readable(a *schema.Attribute) bool {
	return a.Mutability != schema.WriteOnly && a.Returned != schema.ReturnedNever && a.Returned != schema.ReturnedRequest
}

package mapping

import (
	"cmp"
	"errors"
	"slices"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// runner carries out one write: every field that rules write is settled in the
// order of the rules. It lives in a Result, so that its memory is used again.
type runner struct {
	plan    *Plan
	in      *Input
	res     *Resolved
	out     *Result
	scope   expr.Scope
	current *schema.Record // what the resource was: given, or read from what is stored
	buffer  *schema.Record // what reading Stored gives
	read    bool           // buffer holds that
	errs    []Error
	order   []int       // of Edits: the rule's index
	trace   []RuleTrace // by the rule's index; nil: none is wanted
	caches  []elementCache
	source  schema.Value // of the rule at hand, for the trace
	// steps are those of stepsRule, for the trace.
	steps     []StepTrace
	stepsRule *rule
	making    bool // the rule at hand waits for a record that has to be made

	// collecting says that nothing but the needs is wanted.
	collecting bool
	needs      needs
}

// outcome is what came of a rule's source.
type outcome uint8

const (
	hasValue  outcome = iota
	isUnset           // there is none
	failed            // an error was recorded
	isPending         // a reference is deferred, ignored or not made yet
)

func (r *runner) begin(p *Plan, in *Input, res *Resolved, out *Result) {
	r.plan, r.in, r.res, r.out = p, in, res, out
	r.current, r.read = nil, false
	r.errs, r.order = r.errs[:0], r.order[:0]
	r.scope.Resource, r.scope.Target = in.Resource, in.Stored
	r.scope.Op, r.scope.Now, r.scope.Steps, r.scope.Total = in.Op.String(), in.Now, p.steps, p.total
	r.scope.Restart()
	out.Edits, out.Deferred, out.Creates = out.Edits[:0], out.Deferred[:0], out.Creates[:0]
	out.Warnings, out.Fired = out.Warnings[:0], out.Fired[:0]
	if len(r.caches) < p.caches {
		r.caches = make([]elementCache, p.caches)
	}
	for i := range r.caches {
		r.caches[i].filled = false
	}
	if r.collecting {
		return
	}
	switch {
	case out.Record == nil || out.Record.Type() != p.target:
		out.Record = p.target.New()
	case in.Stored == nil:
		out.Record.Reset()
	}
	if in.Stored != nil {
		out.Record.CopyFrom(in.Stored)
	}
	switch {
	case in.Op == Create || in.blind():
	case in.Current != nil:
		r.current = in.Current
	case in.Stored != nil:
		r.current = r.reading()
	}
}

// end lets go of what belongs to the caller.
func (r *runner) end() {
	r.out.Steps = r.scope.Spent()
	r.in, r.res, r.out, r.current, r.trace, r.plan = nil, nil, nil, nil, nil, nil
	r.scope.Resource, r.scope.Target = nil, nil
	for i := range r.caches {
		clear(r.caches[i].elements)
	}
}

func (r *runner) run() {
	for i := range r.plan.copies {
		r.copyAttribute(&r.plan.copies[i])
	}
	for _, f := range r.plan.groups {
		r.settle(f)
	}
	r.sort()
}

// exhausted ends a rule for which no work is left.
func (r *runner) exhausted(u *rule) outcome {
	r.fail(u, CodeLimit, expr.TooMuch)
	r.noteError(u, schema.Value{})
	return failed
}

// sort puts errors and edits in the order of the rules, which the groups of
// alternatives that do not stand together are out of.
func (r *runner) sort() {
	if !r.plan.scattered {
		return
	}
	slices.SortStableFunc(r.errs, func(a, b Error) int { return cmp.Compare(a.index, b.index) })
	for i := 1; i < len(r.order); i++ {
		for k := i; k > 0 && r.order[k-1] > r.order[k]; k-- {
			r.order[k-1], r.order[k] = r.order[k], r.order[k-1]
			e, f := r.out.Edits, r.out.Fired
			e[k-1], e[k] = e[k], e[k-1]
			f[k-1], f[k] = f[k], f[k-1]
		}
	}
}

// ToTarget works out what a write changes in the target's record. The error is
// an [*Errors]; out then holds nothing to be written. A need without an answer in
// res counts as missing. Out is reused, see [Result].
func (p *Plan) ToTarget(out *Result, in *Input, res *Resolved) error {
	r := &out.run
	in = p.adapted(in)
	r.begin(p, in, res, out)
	defer r.end()
	r.run()
	if len(r.errs) == 0 {
		return nil
	}
	out.Edits, out.Creates, out.Fired = out.Edits[:0], out.Creates[:0], out.Fired[:0]
	out.Record.Reset()
	if in.Stored != nil {
		out.Record.CopyFrom(in.Stored)
	}
	return &Errors{All: append([]Error(nil), r.errs...)}
}

// InScope reports whether the document's scope holds for a write. A resource
// out of scope is not to be written. A scope that cannot be evaluated does not
// hold.
func (p *Plan) InScope(in *Input) bool {
	if p.scope == nil {
		return true
	}
	in = p.adapted(in)
	s := expr.Scope{Resource: in.Resource, Target: in.Stored, Op: in.Op.String(), Now: in.Now, Steps: p.steps}
	ok, err := p.scope.Holds(&s)
	return ok && err == nil
}

// fail records a rule's error. A rule reports its first one only.
func (r *runner) fail(u *rule, code Code, reason string) outcome {
	scimType := "invalidValue"
	if code == CodeMutability {
		scimType = "mutability"
	}
	if n := len(r.errs); n == 0 || r.errs[n-1].Rule != u.name {
		r.errs = append(r.errs, Error{Status: 400, SCIMType: scimType, Rule: u.name, Path: u.decl.scim, Target: u.decl.target,
			Code: code, Reason: reason, index: u.index})
	}
	return failed
}

// failErr is fail for an error of an expression or a step.
func (r *runner) failErr(u *rule, err error) outcome {
	var e *expr.Error
	if !errors.As(err, &e) {
		return r.fail(u, CodeConvert, err.Error())
	}
	return r.fail(u, Code(e.Code), clip(e.Reason(u.tainted)))
}

// show is a value as a reason names it.
func (u *rule) show(v schema.Value) string {
	if u.tainted {
		return redacted
	}
	return clip(literal(v))
}

// applies reports whether a rule writes at this operation; why says what keeps
// it from that.
func (r *runner) applies(u *rule) (ok bool, why string, out outcome) {
	apply := u.decl.apply.on(&u.field.attr)
	switch apply {
	case applyCreate:
		if r.in.Op != Create {
			return false, whyOnlyCreate, isUnset
		}
	case applyUpdate:
		if r.in.Op == Create {
			return false, whyOnlyUpdate, isUnset
		}
	}
	if u.when != nil {
		holds, err := u.when.Holds(&r.scope)
		if err != nil {
			return false, "", r.failErr(u, err)
		}
		if !holds {
			return false, whyCondition, isUnset
		}
	}
	if apply == applyIfEmpty && !empty(r.stored(u.field)) {
		return false, whyNotEmpty, isUnset
	}
	return true, "", hasValue
}

func (r *runner) stored(f *field) schema.Value {
	if r.in.Stored == nil {
		return schema.Value{}
	}
	return r.in.Stored.At(f.slot)
}

// fires reports whether a rule may write at all: of a PATCH only one with a
// changed input may.
func (r *runner) fires(u *rule) bool {
	return r.in.Op != Patch || u.decl.enforce || r.changed(u.inputs)
}

func (r *runner) changed(inputs []input) bool {
	if r.in.blind() {
		for _, in := range inputs {
			for _, t := range r.in.Touched {
				if overlap(in.reader.Selector(), t) {
					return true
				}
			}
		}
		return false
	}
	for _, in := range inputs {
		if in.differs(r.current, r.in.Resource) {
			return true
		}
	}
	return false
}

// unchanged reports whether what a rule would write is what reading the stored
// record gives, so that the field is left alone. What Current has from elsewhere
// does not count; only references, which Current has resolved, are taken from it.
func (r *runner) unchanged(u *rule) bool {
	if !u.settled || r.current == nil || u.inputs[0].differs(r.current, r.in.Resource) {
		return false
	}
	return u.lookups || r.current == r.buffer || !u.inputs[0].differs(r.reading(), r.in.Resource)
}

// reading returns what reading the stored record gives.
func (r *runner) reading() *schema.Record {
	if r.read {
		return r.buffer
	}
	r.read = true
	if r.buffer == nil || r.buffer.Type() != r.plan.resource {
		r.buffer = r.plan.resource.New()
	} else {
		r.buffer.Reset()
	}
	if r.in.Stored != nil {
		r.plan.read(r.buffer, r.in.Stored, r.res)
	}
	return r.buffer
}

func contains(vs []schema.Value, v schema.Value) bool {
	for _, e := range vs {
		if e.Equal(v) {
			return true
		}
	}
	return false
}

// empty holds for a field that a target shows as having no value.
func empty(v schema.Value) bool {
	if s, ok := v.Str(); ok {
		return s == ""
	}
	return v.Unassigned()
}

// cleared holds for what the field has when its value was taken away: none, or
// false where that is what clearing gives.
func (f *field) cleared(v schema.Value) bool {
	if on, ok := v.Bool(); ok && f.attr.ClearAs == schema.ClearFalse {
		return !on
	}
	return v.Unassigned()
}

// same reports whether two values make no difference in a field.
func (f *field) same(a, b schema.Value) bool {
	if a.Unassigned() || b.Unassigned() {
		return f.cleared(a) && f.cleared(b)
	}
	if f.attr.Unordered && a.Kind() == schema.KindList && b.Kind() == schema.KindList {
		return a.Equal(b) || a.SameSet(b)
	}
	return a.Kind() == b.Kind() && a.Equal(b)
}

package mapping

import (
	"github.com/usher-scim/usher/schema"
)

// Trace says of each rule that writes what it did, in their order.
type Trace struct{ Rules []RuleTrace }

// RuleTrace says what one rule did.
type RuleTrace struct {
	Rule   string
	Target string
	// Source is what was read, or what the expression gave, before the pipe;
	// unset when there was nothing or the rule was not reached. Of a secret rule
	// it is [redacted], like Value.
	Source schema.Value
	// Steps are what the pipe made of the source, step by step, as far as it got.
	Steps []StepTrace
	// Value is what the field would hold, unset for the actions skip, clear and
	// error.
	Value  schema.Value
	Action Action
	// Why is scim, expr, const, default, unset, "only on create", "only on
	// update", "target not empty", "condition false", "inputs unchanged", "earlier
	// rule won", "deferred reference", "ignored" or "would create"; for an error
	// its code.
	Why string
}

// StepTrace says what one step of a pipe did. Values of a secret rule are
// [redacted].
type StepTrace struct {
	Step string // as the document writes it: lower, map("tz.rails")
	In   schema.Value
	Out  schema.Value // unset where the step failed or gave nothing
}

// Action is what a rule does to its field.
type Action string

// The actions.
const (
	ActionSet   Action = "set"
	ActionSame  Action = "same"
	ActionClear Action = "clear"
	ActionSkip  Action = "skip"
	ActionError Action = "error"
)

const (
	whySCIM       = "scim"
	whyExpr       = "expr"
	whyConst      = "const"
	whyDefault    = "default"
	whyUnset      = "unset"
	whyOnlyCreate = "only on create"
	whyOnlyUpdate = "only on update"
	whyNotEmpty   = "target not empty"
	whyCondition  = "condition false"
	whyUnchanged  = "inputs unchanged"
	whyEarlier    = "earlier rule won"
	whyDeferred   = "deferred reference"
	whyIgnored    = "ignored"
	whyCreate     = "would create"
)

// redacted stands for a secret value.
const redacted = "[redacted]"

// Explain says why each field would get what it gets. Nothing is written.
func (p *Plan) Explain(in *Input, res *Resolved) *Trace {
	var out Result
	r := &out.run
	r.trace = make([]RuleTrace, len(p.rules))
	r.begin(p, p.adapted(in), res, &out)
	r.run()
	t := &Trace{}
	for i, u := range p.rules {
		if u.writes {
			entry := r.trace[i]
			entry.Rule, entry.Target = u.name, u.decl.target
			t.Rules = append(t.Rules, entry)
		}
	}
	return t
}

// note says what a rule did; what was noted of it before does not count.
func (r *runner) note(u *rule, action Action, why string) {
	if r.trace != nil {
		r.trace[u.index] = RuleTrace{Action: action, Why: why, Steps: r.stepsOf(u)}
	}
}

func (r *runner) noteValue(u *rule, action Action, why string, source, v schema.Value) {
	if r.trace != nil {
		r.trace[u.index] = RuleTrace{Action: action, Why: why, Source: u.mask(source), Steps: r.stepsOf(u), Value: u.mask(v)}
	}
}

// noteError notes the error that was recorded last.
func (r *runner) noteError(u *rule, source schema.Value) {
	if r.trace != nil && len(r.errs) > 0 {
		r.trace[u.index] = RuleTrace{Action: ActionError, Why: string(r.errs[len(r.errs)-1].Code), Source: u.mask(source), Steps: r.stepsOf(u)}
	}
}

// tracedStep is step, with a note of what it made.
func (r *runner) tracedStep(u *rule, i int, v *schema.Value) outcome {
	made := StepTrace{Step: u.decl.pipe[i], In: u.mask(*v)}
	out := r.step(u, i, v)
	if out == hasValue {
		made.Out = u.mask(*v)
	}
	if r.stepsRule != u {
		r.stepsRule, r.steps = u, nil
	}
	r.steps = append(r.steps, made)
	r.trace[u.index].Steps = r.steps
	return out
}

// stepsOf returns the steps that were noted of a rule.
func (r *runner) stepsOf(u *rule) []StepTrace {
	if r.stepsRule != u {
		return nil
	}
	return r.steps
}

// mask hides the value of a secret rule.
func (u *rule) mask(v schema.Value) schema.Value {
	if u.tainted && !v.IsUnset() {
		return schema.StringValue(redacted)
	}
	return v
}

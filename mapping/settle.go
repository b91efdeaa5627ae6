package mapping

import (
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// settle decides what happens to one field.
func (r *runner) settle(f *field) {
	steps := len(f.rules)
	for _, s := range f.wide {
		steps += r.in.Resource.At(s).Len()
	}
	if !r.scope.Spend(steps) {
		r.exhausted(f.rules[0])
		r.lose(f.rules[1:])
		return
	}
	if f.lone && r.in.Op == Create {
		r.settleNew(f)
		return
	}
	if r.in.Op != Patch {
		r.compete(f, false)
		return
	}
	any, guards := false, false
	for _, u := range f.rules {
		any = any || r.fires(u)
		guards = guards || len(f.rules) > 1 && r.changed(u.guards)
	}
	if !any {
		for _, u := range f.rules {
			r.note(u, ActionSkip, whyUnchanged)
		}
		return
	}
	r.compete(f, len(f.rules) > 1 && !guards)
}

// settleNew decides a field of a new record that one rule without a condition
// writes: most fields are like that.
func (r *runner) settleNew(f *field) {
	u := f.rules[0]
	var v schema.Value
	if u.direct && r.trace == nil {
		// A path without a pipe cannot fail.
		if _ = r.fetch(u, &v); v.Kind() > schema.KindNull {
			r.write(u, &v, whySCIM)
			return
		}
	}
	r.making = false
	switch r.evaluate(u, &v) {
	case hasValue:
		r.win(u, &v)
	case isUnset:
		r.note(u, ActionSkip, whyUnset)
		var fallback, required *rule
		if u.decl.hasDefault {
			fallback = u
		}
		if u.decl.required {
			required = u
		}
		r.without(f, u, fallback, required, false)
	case isPending:
		if !r.making {
			r.demand(f)
		}
	}
}

// compete finds the rule that decides a field. With firedOnly, the rules without
// a changed input come in only when no other has a value.
func (r *runner) compete(f *field, firedOnly bool) {
	if firedOnly && r.contest(f, true) {
		return
	}
	r.contest(f, false)
}

// contest lets the rules of a field compete: in order, the first that applies
// and has a value wins; an error or an open reference ends it. With firedOnly it
// returns false, and nothing is settled, when none has a value.
func (r *runner) contest(f *field, firedOnly bool) bool {
	var first *rule // that applies
	var required *rule
	var fallback *rule
	same := true // no rule that is also read has another value than before
	settled := false
	for i, u := range f.rules {
		if firedOnly && !r.fires(u) {
			r.note(u, ActionSkip, whyUnchanged)
			continue
		}
		ok, why, out := r.applies(u)
		if out == failed {
			r.noteError(u, schema.Value{})
			r.lose(f.rules[i+1:])
			return true
		}
		if !ok {
			r.note(u, ActionSkip, why)
			continue
		}
		if first == nil {
			first = u
		}
		if required == nil && u.decl.required {
			required = u
		}
		if fallback == nil && u.decl.hasDefault && (u.decl.always || r.in.Op == Create) {
			fallback = u
		}
		unchanged := r.unchanged(u)
		if u.settled {
			settled = true
			same = same && unchanged
		}
		// What has not changed is not converted either: it might not go through.
		if unchanged {
			if v := r.plain(u); !v.IsUnset() {
				r.noteValue(u, ActionSame, whySCIM, v, r.stored(f))
				r.lose(f.rules[i+1:])
				return true
			}
		}
		r.making = false
		var v schema.Value
		out = r.evaluate(u, &v)
		if out == isUnset {
			r.note(u, ActionSkip, whyUnset)
			continue
		}
		switch {
		case out == hasValue:
			r.win(u, &v)
		case out == isPending && !r.making:
			r.demand(f)
		}
		r.lose(f.rules[i+1:])
		return true
	}
	if firedOnly {
		return false
	}
	if first != nil {
		r.without(f, first, fallback, required, settled && same)
	} else {
		r.demand(f)
	}
	return true
}

// lose notes the rules that an earlier one left nothing to do.
func (r *runner) lose(rules []*rule) {
	for _, u := range rules {
		r.note(u, ActionSkip, whyEarlier)
	}
}

// plain returns what the source of a rule that reads a path holds.
func (r *runner) plain(u *rule) schema.Value {
	if u.source == nil {
		return schema.Value{}
	}
	if u.list {
		return u.source.List(r.in.Resource)
	}
	v, _ := u.source.Scalar(r.in.Resource)
	return v
}

// win writes the value of a rule.
func (r *runner) win(u *rule, v *schema.Value) {
	why := whySCIM
	switch u.kind {
	case fetchConst:
		why = whyConst
	case fetchExpr:
		why = whyExpr
	}
	r.write(u, v, why)
}

// without decides a field for which no rule has a value.
func (r *runner) without(f *field, first, fallback, required *rule, same bool) {
	if same && r.current != nil {
		r.note(first, ActionSame, whyUnset)
		return
	}
	if fallback != nil {
		v := fallback.decl.fallback
		r.source, r.steps, r.stepsRule = schema.Value{}, nil, nil
		r.write(fallback, &v, whyDefault)
		return
	}
	if required != nil {
		r.fail(required, CodeRequired, "required value is unset")
		r.note(required, ActionError, string(CodeRequired))
		return
	}
	if r.in.Op == Create {
		r.demand(f)
		return
	}
	switch {
	case first.decl.onUnset == unsetError:
		r.fail(first, CodeRequired, "the value must not be unset")
		r.note(first, ActionError, string(CodeRequired))
	case first.decl.onUnset == unsetKeep, first.decl.add, f.attr.Required, f.attr.Mutability == schema.Immutable:
		r.note(first, ActionSkip, whyUnset)
	default:
		r.clear(f, first)
	}
}

// demand reports a required field that gets no value on create.
func (r *runner) demand(f *field) {
	if r.in.Op == Create && f.attr.Required {
		u := f.rules[0]
		r.fail(u, CodeRequired, "required value is unset")
		r.note(u, ActionError, string(CodeRequired))
	}
}

// clear takes a field's value away.
func (r *runner) clear(f *field, u *rule) {
	if old := r.stored(f); !r.in.blind() && (empty(old) || f.cleared(old)) {
		r.note(u, ActionSame, whyUnset)
		return
	}
	if f.attr.ClearAs == schema.ClearOmit {
		r.warn(WarnUnclearable, u)
		r.note(u, ActionSkip, whyUnset)
		return
	}
	r.note(u, ActionClear, whyUnset)
	if r.collecting {
		return
	}
	r.out.Edits = append(r.out.Edits, schema.Edit{Slot: f.slot, Op: schema.Clear, Value: f.attr.ClearAs.Value(f.attr.MultiValued)})
	r.out.Record.SetAt(f.slot, schema.Value{})
	r.fired(u)
}

// write gives a field a value, if that changes it.
func (r *runner) write(u *rule, v *schema.Value, why string) {
	f := u.field
	if r.in.Stored != nil {
		old := r.in.Stored.At(f.slot)
		if u.decl.add {
			*v = old.Union(*v)
		}
		if f.same(old, *v) {
			r.noteValue(u, ActionSame, why, r.source, *v)
			return
		}
		if f.attr.Mutability == schema.Immutable {
			r.fail(u, CodeMutability, f.attr.Name+" can only be set on create")
			r.noteError(u, r.source)
			return
		}
	}
	if r.collecting {
		return
	}
	if u.work > 0 && !r.scope.Spend(expr.Weight(*v)*u.work) {
		r.exhausted(u)
		return
	}
	if !f.free || v.Kind() != schema.KindString {
		if code, reason := f.validate(u, *v); code != "" {
			r.fail(u, code, reason)
			r.noteError(u, r.source)
			return
		}
	}
	if len(u.checks) > 0 && !r.check(u, *v) {
		r.noteError(u, r.source)
		return
	}
	if r.trace != nil {
		r.noteValue(u, ActionSet, why, r.source, *v)
	}
	r.out.Edits = append(r.out.Edits, schema.Edit{Slot: f.slot, Op: schema.Set, Value: *v})
	r.out.Record.SetAt(f.slot, *v)
	r.fired(u)
}

// check carries out a rule's own checks.
func (r *runner) check(u *rule, v schema.Value) bool {
	for i := range u.checks {
		ok, reason, err := u.checks[i].holds(u, v, &r.scope)
		if err != nil {
			r.failErr(u, err)
			return false
		}
		if !ok {
			r.fail(u, CodeValidate, reason)
			return false
		}
	}
	return true
}

// fired notes the rule behind the last edit.
func (r *runner) fired(u *rule) {
	r.out.Fired = append(r.out.Fired, u.name)
	if r.plan.scattered {
		r.order = append(r.order, u.index)
	}
}

func (r *runner) warn(code Code, u *rule) {
	r.out.Warnings = append(r.out.Warnings, Warning{Code: code, Rule: u.name, Target: u.decl.target})
}

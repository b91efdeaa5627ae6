package mapping

import (
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// evaluate gets a rule's value: what its source has, through its pipe. The
// source is only kept for a trace.
func (r *runner) evaluate(u *rule, v *schema.Value) outcome {
	if r.trace != nil {
		r.source, r.steps, r.stepsRule = schema.Value{}, nil, nil
	}
	if err := r.fetch(u, v); err != nil {
		r.failErr(u, err)
		r.noteError(u, schema.Value{})
		return failed
	}
	if v.IsUnset() || v.IsNull() {
		return isUnset
	}
	if r.trace != nil && !u.decl.hasConst {
		r.source = *v
	}
	for i := range u.steps {
		if !r.scope.Spend(expr.Weight(*v)) {
			return r.exhausted(u)
		}
		out := hasValue
		if r.trace == nil {
			out = r.step(u, i, v)
		} else {
			out = r.tracedStep(u, i, v)
		}
		switch {
		case out == failed:
			r.noteError(u, r.source)
			return failed
		case out != hasValue:
			return out
		case v.IsUnset() || v.IsNull():
			return isUnset
		}
	}
	if u.decl.coerce {
		*v = coerceNative(&u.field.attr, *v)
	}
	return hasValue
}

// step applies one step of a pipe.
func (r *runner) step(u *rule, i int, v *schema.Value) outcome {
	s := &u.steps[i]
	switch {
	case s.values != nil:
		return r.mapValues(u, s.values, s.values.m.Several() && r.in.Stored != nil && u.last(i), v)
	case s.lookup != nil:
		return r.resolve(u, s.lookup, v)
	case s.quick(v):
		return hasValue
	default:
		w, err := s.fn.Forward(*v)
		if err != nil {
			return r.failErr(u, err)
		}
		*v = w
		return hasValue
	}
}

// last reports whether what step i makes is what the field gets, wrapped at
// most.
func (u *rule) last(i int) bool {
	for _, s := range u.steps[i+1:] {
		if s.fn.Name() != "wrap" {
			return false
		}
	}
	return true
}

// mapValues maps each value. With keep, one that stands for several natives keeps
// the stored one.
func (r *runner) mapValues(u *rule, m *mapRef, keep bool, v *schema.Value) outcome {
	var stored schema.Value
	if keep {
		stored = r.stored(u.field)
	}
	if v.Kind() != schema.KindList {
		w, ok := m.forward(*v, stored)
		if !ok {
			return r.unmapped(u, m, *v)
		}
		*v = w
		return hasValue
	}
	if !r.scope.Spend(v.Len() * stored.Len()) {
		return r.exhausted(u)
	}
	out := make([]schema.Value, 0, v.Len())
	for k := range v.Len() {
		w, ok := m.forward(v.At(k), stored)
		if !ok {
			return r.unmapped(u, m, v.At(k))
		}
		out = append(out, w)
	}
	*v = schema.ListValue(out...)
	return hasValue
}

func (m *mapRef) forward(v, stored schema.Value) (schema.Value, bool) {
	if stored.Kind() == schema.KindList {
		if m.m.Several() {
			for _, n := range m.m.All(v) {
				if stored.Contains(n) {
					return n, true
				}
			}
		}
		stored = schema.Value{}
	}
	return m.m.Forward(v, stored)
}

func (r *runner) unmapped(u *rule, m *mapRef, v schema.Value) outcome {
	if m.ignore {
		r.warn(WarnValueMap, u)
		r.note(u, ActionSkip, whyIgnored)
		return isPending
	}
	return r.fail(u, CodeValueMap, "no entry for "+u.show(v)+" in value map "+m.name)
}

// resolve looks each value up.
func (r *runner) resolve(u *rule, l *Lookup, v *schema.Value) outcome {
	if v.Kind() != schema.KindList {
		return r.resolveOne(u, l, v)
	}
	found := make([]schema.Value, 0, v.Len())
	pending := false
	for k := range v.Len() {
		w := v.At(k)
		switch r.resolveOne(u, l, &w) {
		case failed:
			return failed
		case hasValue:
			found = append(found, w)
		default:
			pending = true
		}
	}
	// The elements that are there are written; where none is, the field stays as
	// it is.
	if len(found) == 0 && pending {
		return isPending
	}
	*v = schema.ListValue(found...)
	return hasValue
}

func (r *runner) resolveOne(u *rule, l *Lookup, v *schema.Value) outcome {
	if v.Text() == "" {
		return r.fail(u, CodeType, "a reference is text or a number")
	}
	need := Need{Lookup: l, Value: *v}
	found, known := r.res.get(&need)
	if r.collecting && !known {
		r.needs.add(need)
		return isPending
	}
	switch {
	case known && found.State == Ambiguous:
		return r.fail(u, CodeLookupAmbiguous, "several records of "+l.Object+" with "+keyWords(l)+" "+u.show(*v))
	case known && found.State == Found:
		*v = found.Native
		return hasValue
	}
	creates := l.OnMissing == MissingCreate || l.OnMissing == MissingCreateOrIgnore
	switch {
	case creates && r.plan.allowCreate:
		return r.create(u, l, *v)
	case l.OnMissing == MissingIgnore, l.OnMissing == MissingCreateOrIgnore:
		r.warn(WarnLookupMissing, u)
		r.note(u, ActionSkip, whyIgnored)
		return isPending
	case l.OnMissing == MissingDefer:
		r.out.Deferred = append(r.out.Deferred, Deferred{Lookup: l.Name, Object: l.Object, Value: l.Value, Key: *v, Target: u.decl.target, Rule: u.name})
		r.note(u, ActionSkip, whyDeferred)
		return isPending
	default:
		return r.fail(u, CodeLookupMissing, "no "+l.Object+" with "+keyWords(l)+" "+u.show(*v))
	}
}

// create asks for a record to refer to.
func (r *runner) create(u *rule, l *Lookup, v schema.Value) outcome {
	r.making = true
	need := Need{Lookup: l, Value: v}
	count := 0
	for _, c := range r.out.Creates {
		if c.Lookup != l {
			continue
		}
		if need.Equal(&Need{Lookup: l, Value: c.Key}) {
			r.note(u, ActionSet, whyCreate)
			return isPending
		}
		count++
	}
	if count >= l.MaxCreate {
		return r.fail(u, CodeLookupCreateLimit, "more than "+itoa(l.MaxCreate)+" records of "+l.Object+" would have to be made")
	}
	c := Creation{Lookup: l, Key: v, Fields: []FieldValue{{l.Keys[0], v}}}
	for _, f := range l.create {
		w, err := f.program.Eval(&r.scope)
		if err != nil {
			return r.failErr(u, err)
		}
		if !w.IsUnset() {
			c.Fields = append(c.Fields, FieldValue{f.field, w})
		}
	}
	r.out.Creates = append(r.out.Creates, c)
	r.note(u, ActionSet, whyCreate)
	return isPending
}

func keyWords(l *Lookup) string {
	if n := len(l.Keys); n > 1 {
		return strings.Join(l.Keys[:n-1], ", ") + " or " + l.Keys[n-1]
	}
	return l.Keys[0]
}

// Needs appends the references that [Plan.ToTarget] needs resolved, without
// duplicates. For a Replace without Current these include what reading the
// stored record needs.
func (p *Plan) Needs(dst []Need, in *Input) []Need {
	if !p.hasLookups {
		return dst
	}
	in = p.adapted(in)
	var out Result
	r := &out.run
	r.collecting = true
	r.needs.list = dst
	r.begin(p, in, nil, &out)
	if in.Op == Patch && !in.blind() {
		if r.current = in.Current; r.current == nil {
			r.current = p.resource.New()
		}
	}
	r.run()
	dst = r.needs.list
	if in.Current == nil && in.Stored != nil && in.Op != Create {
		dst = p.ReadNeeds(dst, in.Stored)
	}
	return dst
}

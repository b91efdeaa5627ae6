package mapping

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// evaluate gets a rule's value: what its source has, through its pipe.
func (r *runner) evaluate(u *rule) (source, v schema.Value, out outcome) {
	switch {
	case u.decl.hasConst:
		v = u.decl.constant
	case u.program != nil:
		var err error
		if v, err = u.program.Eval(&r.scope); err != nil {
			out = r.failErr(u, err)
			r.noteError(u, schema.Value{})
			return v, v, out
		}
		source = v
	case u.list:
		v = u.source.List(r.in.Resource)
		source = v
	default:
		var err error
		if v, err = u.source.Scalar(r.in.Resource); err != nil {
			out = r.failErr(u, err)
			r.noteError(u, schema.Value{})
			return v, v, out
		}
		source = v
	}
	if v.IsNull() || v.IsUnset() {
		return source, schema.Value{}, isUnset
	}
	for i := range u.steps {
		if v, out = r.step(u, i, v); out != hasValue {
			if out == failed {
				r.noteError(u, source)
			}
			return source, v, out
		}
		if v.IsUnset() || v.IsNull() {
			return source, schema.Value{}, isUnset
		}
	}
	if u.decl.coerce {
		v = coerceNative(&u.field.attr, v)
	}
	return source, v, hasValue
}

// step applies one step of a pipe.
func (r *runner) step(u *rule, i int, v schema.Value) (schema.Value, outcome) {
	s := &u.steps[i]
	switch {
	case s.values != nil:
		return r.mapValues(u, s.values, u.last(i), v)
	case s.lookup != nil:
		return r.resolve(u, s.lookup, v)
	default:
		w, err := s.fn.Forward(v)
		if err != nil {
			return schema.Value{}, r.failErr(u, err)
		}
		return w, hasValue
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

// mapValues maps each value. One that stands for several natives keeps the
// stored one.
func (r *runner) mapValues(u *rule, m *mapRef, last bool, v schema.Value) (schema.Value, outcome) {
	var stored schema.Value
	if last {
		stored = r.stored(u.field)
	}
	if v.Kind() != schema.KindList {
		w, ok := m.forward(v, stored)
		if !ok {
			return r.unmapped(u, m, v)
		}
		return w, hasValue
	}
	out := make([]schema.Value, 0, v.Len())
	for k := range v.Len() {
		w, ok := m.forward(v.At(k), stored)
		if !ok {
			return r.unmapped(u, m, v.At(k))
		}
		out = append(out, w)
	}
	return schema.ListValue(out...), hasValue
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

func (r *runner) unmapped(u *rule, m *mapRef, v schema.Value) (schema.Value, outcome) {
	if m.ignore {
		r.warn(WarnValueMap, u)
		r.note(u, ActionSkip, whyIgnored)
		return schema.Value{}, isPending
	}
	return schema.Value{}, r.fail(u, CodeValueMap, "no entry for "+u.show(v)+" in value map "+m.name)
}

// resolve looks each value up.
func (r *runner) resolve(u *rule, l *Lookup, v schema.Value) (schema.Value, outcome) {
	if v.Kind() != schema.KindList {
		return r.resolveOne(u, l, v)
	}
	found := make([]schema.Value, 0, v.Len())
	pending := false
	for k := range v.Len() {
		w, out := r.resolveOne(u, l, v.At(k))
		switch out {
		case failed:
			return schema.Value{}, failed
		case hasValue:
			found = append(found, w)
		default:
			pending = true
		}
	}
	// The elements that are there are written; where none is, the field stays as
	// it is.
	if len(found) == 0 && pending {
		return schema.Value{}, isPending
	}
	return schema.ListValue(found...), hasValue
}

func (r *runner) resolveOne(u *rule, l *Lookup, v schema.Value) (schema.Value, outcome) {
	if v.Text() == "" {
		return schema.Value{}, r.fail(u, CodeType, "a reference is text or a number")
	}
	need := Need{Lookup: l, Value: v}
	answer, known := r.res.Get(need)
	if r.collecting && !known {
		r.needs = appendNeed(r.needs, need)
		return schema.Value{}, isPending
	}
	switch {
	case answer.State == Ambiguous:
		return schema.Value{}, r.fail(u, CodeLookupAmbiguous, "several records of "+l.Object+" with "+keyWords(l)+" "+u.show(v))
	case answer.State == Found:
		return answer.Native, hasValue
	}
	switch {
	case l.OnMissing == MissingIgnore:
		r.warn(WarnLookupMissing, u)
		r.note(u, ActionSkip, whyIgnored)
		return schema.Value{}, isPending
	case l.OnMissing == MissingDefer:
		r.out.Deferred = append(r.out.Deferred, Deferred{Lookup: l.Name, Key: v, Target: u.decl.target, Rule: u.name})
		r.note(u, ActionSkip, whyDeferred)
		return schema.Value{}, isPending
	case l.OnMissing == MissingCreate && r.plan.allowCreate:
		return schema.Value{}, r.create(u, l, v)
	default:
		return schema.Value{}, r.fail(u, CodeLookupMissing, "no "+l.Object+" with "+keyWords(l)+" "+u.show(v))
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
		if other := (Need{Lookup: l, Value: c.Key}); other.key() == need.key() {
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

func appendNeed(dst []Need, n Need) []Need {
	k := n.key()
	for i := range dst {
		if dst[i].key() == k {
			return dst
		}
	}
	return append(dst, n)
}

// Needs appends the references that [Plan.ToTarget] needs resolved, without
// duplicates. For a Replace without Current these include what reading the
// stored record needs.
func (p *Plan) Needs(dst []Need, in *Input) []Need {
	if !p.hasLookups {
		return dst
	}
	var out Result
	r := &out.run
	r.collecting = true
	r.needs = dst
	r.begin(p, in, nil, &out)
	if in.Op == Patch && !in.blind() {
		if r.current = in.Current; r.current == nil {
			r.current = p.resource.New()
		}
	}
	r.run()
	dst = r.needs
	if in.Current == nil && in.Stored != nil && in.Op != Create {
		dst = p.ReadNeeds(dst, in.Stored)
	}
	return dst
}

package mapping

import "github.com/usher-scim/usher/schema"

// adapt returns a record of a type: rec itself, if it is one, else one with the
// values that rec has under the same names. A host that has discovered its
// target's fields anew may still hold records of the type before; nothing but
// the names of the two types need agree.
func adapt(t *schema.Type, rec *schema.Record) *schema.Record {
	if rec == nil || rec.Type() == t {
		return rec
	}
	out := t.New()
	if rec.Type() == nil {
		return out
	}
	for slot, v := range rec.Values() {
		to := t.Slot(rec.Type().Path(slot))
		if to != schema.NoSlot {
			out.SetAt(to, adaptValue(t.Attribute(to), v))
		}
	}
	return out
}

// adaptValue makes the objects in a value objects of an attribute.
func adaptValue(a *schema.Attribute, v schema.Value) schema.Value {
	switch {
	case a.Sub == nil:
		return v
	case v.Kind() == schema.KindList:
		list := make([]schema.Value, v.Len())
		for i := range list {
			list[i] = adaptValue(a, v.At(i))
		}
		return schema.ListValue(list...)
	case v.Record() != nil:
		return schema.ObjectValue(adapt(a.Sub, v.Record()))
	default:
		return v
	}
}

// adapted returns the input with its records in the plan's types. Most inputs
// are returned as they are.
func (p *Plan) adapted(in *Input) *Input {
	if in.Resource != nil && in.Resource.Type() == p.resource && (in.Stored == nil || in.Stored.Type() == p.target) &&
		(in.Current == nil || in.Current.Type() == p.resource) {
		return in
	}
	out := *in
	if out.Resource == nil {
		out.Resource = p.resource.New()
	}
	out.Resource = adapt(p.resource, out.Resource)
	out.Current = adapt(p.resource, in.Current)
	out.Stored = adapt(p.target, in.Stored)
	return &out
}

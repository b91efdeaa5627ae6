package scim

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// bulkPrefix is what a reference to the resource of a POST begins with (RFC 7644
// section 3.7.2).
//
// References are found in any text of an operation's data, by what it looks like:
// the whole text is one ("bulkId:qwerty"), or its last segment is ("../Users/
// bulkId:qwerty"), or, in the path of a PATCH operation, a text in a filter
// (members[value eq "bulkId:qwerty"]). One that names a POST of the request is
// replaced wherever it stands, since no list of attributes could tell what a
// custom one refers to. One that names none is an error where a reference has to
// be, in an attribute of type reference or the value beside a $ref, and in a
// filter; elsewhere, such as in a displayName, it is text like any other.
const bulkPrefix = "bulkId:"

// mapTexts returns the value with each text in it replaced by what f makes of it,
// and whether that made a difference. f also gets the name of the member that the
// text belongs to.
func mapTexts(v schema.Value, member string, f func(member, text string) string) (schema.Value, bool) {
	switch v.Kind() {
	case schema.KindString:
		text, _ := v.Str()
		if out := f(member, text); out != text {
			return schema.StringValue(out), true
		}
	case schema.KindList:
		var out []schema.Value
		for i := range v.Len() {
			e, changed := mapTexts(v.At(i), member, f)
			if changed && out == nil {
				out = make([]schema.Value, 0, v.Len())
				for k := range i {
					out = append(out, v.At(k))
				}
			}
			if out != nil {
				out = append(out, e)
			}
		}
		if out != nil {
			return schema.ListValue(out...), true
		}
	case schema.KindObject:
		return mapMembers(v, f)
	}
	return v, false
}

func mapMembers(v schema.Value, f func(member, text string) string) (schema.Value, bool) {
	changed := false
	if rec := v.Record(); rec != nil {
		out := rec
		for s, m := range rec.Values() {
			if w, ok := mapTexts(m, rec.Type().Attribute(s).Name, f); ok {
				if !changed {
					out, changed = rec.Clone(), true
				}
				out.SetAt(s, w)
			}
		}
		return schema.ObjectValue(out), changed
	}
	var out []schema.Member
	n := 0
	for name, m := range v.Members() {
		w, ok := mapTexts(m, name, f)
		if ok && out == nil {
			out = make([]schema.Member, 0, v.Len())
			for name, m := range v.Members() {
				if len(out) == n {
					break
				}
				out = append(out, schema.Member{Name: name, Value: m})
			}
		}
		if out != nil {
			out = append(out, schema.Member{Name: name, Value: w})
		}
		n++
	}
	if out == nil {
		return v, false
	}
	return schema.MembersValue(out...), true
}

// mapNames replaces what may be the name of a resource in a text: all of it, the
// last segment of a URL or, with filters, a text in quotes. f returns what to put
// there, and whether to put it there.
func mapNames(text string, filters bool, f func(name string) (string, bool)) string {
	if id, ok := f(text); ok {
		return id
	}
	if i := strings.LastIndexByte(text, '/') + 1; i > 0 {
		if id, ok := f(text[i:]); ok {
			return string(appendID([]byte(text[:i]), id))
		}
	}
	if !filters || strings.IndexByte(text, '"') < 0 {
		return text
	}
	var out []byte
	for {
		i := strings.IndexByte(text, '"')
		if i < 0 {
			return string(out) + text
		}
		end := i + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(text) { // no filter: decoding will say so
			return string(out) + text
		}
		quoted := text[i : end+1]
		out = append(out, text[:i]...)
		text = text[end+1:]
		if v, err := schema.ParseJSON([]byte(quoted)); err == nil {
			name, _ := v.Str()
			if id := mapNames(name, false, f); id != name {
				out = schema.AppendQuoted(out, id)
				continue
			}
		}
		out = append(out, quoted...)
	}
}

// link finds out what the operation has to do with the others, and decodes its
// data. addressed has the ids in the paths of operations.
func (op *bulkOp) link(addressed map[string]bool) error {
	if op.method != http.MethodPost && op.id == "" {
		if op.target = op.job.posts[op.named]; op.target == nil {
			return Errorf(http.StatusBadRequest, InvalidValue, "The path of the operation has a bulkId that no POST of the request has.")
		}
	}
	unknown, unknownInFilter := false, false
	mapTexts(op.body, "", func(member, text string) string {
		filters := op.filters(member)
		return mapNames(text, filters, func(name string) (string, bool) {
			if bulkID, ok := strings.CutPrefix(name, bulkPrefix); !ok {
				if addressed[name] {
					op.ids = append(op.ids, name)
				}
			} else if post := op.job.posts[bulkID]; post != nil {
				op.refs = append(op.refs, post)
			} else {
				unknown, unknownInFilter = true, unknownInFilter || filters
			}
			return "", false
		})
	})
	if unknownInFilter {
		return Errorf(http.StatusBadRequest, InvalidValue, "The path of an operation has a bulkId that no POST of the request has.")
	}
	if op.method == http.MethodDelete {
		return nil
	}
	w := &op.write
	if op.target != nil || len(op.refs) > 0 {
		// What it says is not known before the ids are. As far as it is, it tells
		// where the references stand.
		w = &write{l: op.l, id: op.id, body: op.body}
	}
	if err := op.decode(w); err != nil {
		if w == &op.write {
			return err
		}
		w = nil
	}
	op.preview = w
	if unknown && w != nil {
		return op.dangling(w)
	}
	return nil
}

// filters reports whether the texts of a member may have filters in them.
func (op *bulkOp) filters(member string) bool {
	return op.method == http.MethodPatch && strings.EqualFold(member, "path")
}

func (op *bulkOp) decode(w *write) error {
	if op.method == http.MethodPatch {
		return op.x.decodePatch(w)
	}
	return op.x.decode(w)
}

// dangling looks for references to bulkIds that no POST has.
func (op *bulkOp) dangling(w *write) error {
	refused := func(s schema.Slot) error {
		return invalidValue(w.l.typ.Path(s), "it refers to a bulkId that no POST of the request has")
	}
	if w.in != nil {
		for s, v := range w.in.Values() {
			if a := w.l.typ.Attribute(s); op.dangles(v, a.Type == schema.Reference) {
				return refused(s)
			}
		}
	}
	for i := range w.ops {
		t := w.ops[i].Target
		isRef := t.Leaf().Type == schema.Reference
		if t.Sub != schema.NoSlot {
			isRef = isReference(t.Attribute().Sub, t.Sub)
		}
		if op.dangles(w.ops[i].Value, isRef) {
			return refused(t.Slot)
		}
	}
	return nil
}

// isReference reports whether a sub-attribute refers to a resource.
func isReference(t *schema.Type, s schema.Slot) bool {
	a := t.Attribute(s)
	return a.Type == schema.Reference || strings.EqualFold(a.Name, "value") && t.Slot("$ref") != schema.NoSlot
}

func (op *bulkOp) dangles(v schema.Value, isRef bool) bool {
	if rec := v.Record(); rec != nil {
		for s, m := range rec.Values() {
			if op.dangles(m, isReference(rec.Type(), s)) {
				return true
			}
		}
		return false
	}
	if text, ok := v.Str(); ok {
		return isRef && op.mentions(text, func(post *bulkOp) bool { return post == nil })
	}
	if v.Kind() == schema.KindList {
		for e := range v.Elements() {
			if op.dangles(e, isRef) {
				return true
			}
		}
	}
	return false
}

// mentions reports whether a text has a reference to a POST, nil for an unknown
// one, for which the condition holds.
func (op *bulkOp) mentions(text string, condition func(post *bulkOp) bool) bool {
	found := false
	mapNames(text, false, func(name string) (string, bool) {
		if bulkID, ok := strings.CutPrefix(name, bulkPrefix); ok {
			found = found || condition(op.job.posts[bulkID])
		}
		return "", false
	})
	return found
}

// anyMention is mentions for the texts of a value.
func (op *bulkOp) anyMention(v schema.Value, condition func(post *bulkOp) bool) bool {
	found := false
	mapTexts(v, "", func(_, text string) string {
		found = found || op.mentions(text, condition)
		return text
	})
	return found
}

// resolve returns the data with ids in the place of references. Those to what is
// not there yet stay where the operation has a completion.
func (op *bulkOp) resolve(v schema.Value) (schema.Value, error) {
	var failed error
	out, _ := mapTexts(v, "", func(member, text string) string {
		return mapNames(text, op.filters(member), func(name string) (string, bool) {
			bulkID, ok := strings.CutPrefix(name, bulkPrefix)
			post := op.job.posts[bulkID]
			if !ok || post == nil || op.completion != nil && op.comesBefore(post) {
				return "", false
			}
			id, err := op.idOf(post)
			if err != nil {
				failed = err
			}
			return id, err == nil
		})
	})
	return out, failed
}

// idOf returns the id of the resource that a POST has made.
func (op *bulkOp) idOf(post *bulkOp) (string, error) {
	switch {
	case op.comesBefore(post):
		return "", Errorf(http.StatusConflict, "", "The operation needs the resource of operation %d of the request, which waits in a circle of required references.", post.index+1)
	case post.id == "":
		return "", Errorf(http.StatusConflict, "", "The operation refers to the resource of operation %d of the request, which has failed.", post.index+1)
	default:
		return post.id, nil
	}
}

// split takes the values out of a resource that refer to what is not there yet.
// The completion will add them.
func (op *bulkOp) split(rec *schema.Record) error {
	op.rest = nil
	t := rec.Type()
	later := func(post *bulkOp) bool { return post != nil && op.comesBefore(post) }
	for s, v := range rec.Values() {
		var keep, rest schema.Value
		if t.Attribute(s).MultiValued {
			keep, rest = op.divide(v, later)
		} else if op.anyMention(v, later) {
			rest = v
		}
		if rest.IsUnset() {
			continue
		}
		rec.SetAt(s, keep)
		op.rest = append(op.rest, restValue{s, rest})
	}
	d := op.x.decoder(op.l)
	if err := d.checkRequired(rec); err != nil {
		return Errorf(http.StatusConflict, "", "The operation refers in a circle, and the resource cannot be created without: %s", op.x.visible(err).Detail)
	}
	return nil
}

// divide returns the elements of a list for which the condition does not hold, and
// those for which it does.
func (op *bulkOp) divide(v schema.Value, condition func(post *bulkOp) bool) (keep, rest schema.Value) {
	var kept, taken []schema.Value
	for e := range v.Elements() {
		if op.anyMention(e, condition) {
			taken = append(taken, e)
		} else {
			kept = append(kept, e)
		}
	}
	if kept != nil {
		keep = schema.ListValue(kept...)
	}
	if taken != nil {
		rest = schema.ListValue(taken...)
	}
	return keep, rest
}

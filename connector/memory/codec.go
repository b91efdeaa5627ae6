package memory

import (
	"encoding/binary"

	"github.com/usher-scim/usher/schema"
)

// A stored record is one string: for each slot that holds something, the slot,
// the length of the value and the value. Absent slots cost nothing, slots that a
// reader has no use for are skipped, and the text in a record that is read is
// part of that string, so that reading copies no text. Nobody but this file
// writes such strings, so reading trusts them.

// Value tags beyond the kinds of schema: objects with and without a type.
const (
	tagTyped   = byte(schema.KindObject)
	tagUntyped = byte(schema.KindObject) + 1
)

// encoder writes records. Its buffers are used again for each.
type encoder struct{ all, one []byte }

// encode returns the assigned values of rec in slots that keep has.
func (e *encoder) encode(rec *schema.Record, keep []bool) string {
	e.all = e.all[:0]
	for s, v := range rec.Values() {
		if v.Unassigned() || !keep[s] {
			continue
		}
		e.one = encodeValue(e.one[:0], rec.Type().Attribute(s).Sub, v)
		e.all = binary.AppendUvarint(e.all, uint64(s))
		e.all = binary.AppendUvarint(e.all, uint64(len(e.one)))
		e.all = append(e.all, e.one...)
	}
	return string(e.all)
}

func encodeValue(dst []byte, sub *schema.Type, v schema.Value) []byte {
	tag := byte(v.Kind())
	rec := v.Record()
	if v.Kind() == schema.KindObject && (rec == nil || rec.Type() != sub) {
		tag = tagUntyped
	}
	dst = append(dst, tag)
	switch v.Kind() {
	case schema.KindBoolean:
		b, _ := v.Bool()
		if b {
			return append(dst, 1)
		}
		return append(dst, 0)
	case schema.KindInteger:
		n, _ := v.Integer()
		return binary.AppendVarint(dst, n)
	case schema.KindDecimal, schema.KindString:
		return encodeText(dst, v.Text())
	case schema.KindList:
		dst = binary.AppendUvarint(dst, uint64(v.Len()))
		for e := range v.Elements() {
			dst = encodeValue(dst, sub, e)
		}
	case schema.KindObject:
		dst = binary.AppendUvarint(dst, uint64(v.Len()))
		if tag == tagUntyped {
			for name, m := range v.Members() {
				dst = encodeValue(encodeText(dst, name), nil, m)
			}
			break
		}
		for s, m := range rec.Values() {
			dst = encodeValue(binary.AppendUvarint(dst, uint64(s)), sub.Attribute(s).Sub, m)
		}
	}
	return dst
}

func encodeText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// decode puts the values of slots that wants holds into rec.
func decode(rec *schema.Record, data string, wants *slots) {
	r := reader{data: data}
	for r.at < len(r.data) {
		s, n := schema.Slot(r.uvarint()), int(r.uvarint())
		if !wants.has(s) {
			r.at += n
			continue
		}
		rec.SetAt(s, r.value(rec.Type().Attribute(s).Sub))
	}
}

// decodeSlot reads the value of one slot.
func decodeSlot(t *schema.Type, data string, slot schema.Slot) schema.Value {
	r := reader{data: data}
	for r.at < len(r.data) {
		s, n := schema.Slot(r.uvarint()), int(r.uvarint())
		if s == slot {
			return r.value(t.Attribute(s).Sub)
		}
		r.at += n
	}
	return schema.Value{}
}

type reader struct {
	data string
	at   int
}

func (r *reader) uvarint() uint64 {
	var n uint64
	for shift := 0; ; shift += 7 {
		b := r.data[r.at]
		r.at++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
}

func (r *reader) text() string {
	n := int(r.uvarint())
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) value(sub *schema.Type) schema.Value {
	tag := r.data[r.at]
	r.at++
	switch tag {
	case byte(schema.KindBoolean):
		r.at++
		return schema.BooleanValue(r.data[r.at-1] == 1)
	case byte(schema.KindInteger):
		u := r.uvarint()
		return schema.IntegerValue(int64(u>>1) ^ -int64(u&1))
	case byte(schema.KindDecimal):
		v, _ := schema.NumberValue(r.text())
		return v
	case byte(schema.KindString):
		return schema.StringValue(r.text())
	case byte(schema.KindList):
		vs := make([]schema.Value, r.uvarint())
		for i := range vs {
			vs[i] = r.value(sub)
		}
		return schema.ListValue(vs...)
	case tagTyped:
		rec := sub.New()
		for range r.uvarint() {
			s := schema.Slot(r.uvarint())
			rec.SetAt(s, r.value(sub.Attribute(s).Sub))
		}
		return schema.ObjectValue(rec)
	case tagUntyped:
		members := make([]schema.Member, r.uvarint())
		for i := range members {
			name := r.text()
			members[i] = schema.Member{Name: name, Value: r.value(nil)}
		}
		return schema.MembersValue(members...)
	default:
		return schema.Null()
	}
}

// slots is a set of slots; a nil set has all of them.
type slots struct{ in []bool }

func newSlots(t *schema.Type) *slots { return &slots{in: make([]bool, t.Len())} }

func (s *slots) has(slot schema.Slot) bool { return s == nil || s.in[slot] }

package memory

import (
	"strconv"
	"time"

	"github.com/usher-scim/usher/schema"
)

// store keeps what is to be kept of rec in s.
func (d *Driver) store(s *stored, rec *schema.Record) {
	t := s.table
	s.data = d.enc.encode(rec, t.keep)
	ready := t.typ.New()
	for slot, v := range rec.Values() {
		if t.keep[slot] && !v.Unassigned() {
			ready.SetAt(slot, v)
		}
	}
	s.setFixed(ready)
	d.cache.put(s, ready)
}

// base returns what s is read as, but for members and groups. With remember it is
// kept in the cache. A shared record must not be changed.
func (d *Driver) base(s *stored, remember bool) (rec *schema.Record, shared bool) {
	if rec := s.ready.Load(); rec != nil {
		return rec, true
	}
	rec = s.table.typ.New()
	decode(rec, s.data, nil)
	s.setFixed(rec)
	if remember {
		d.cache.put(s, rec)
	}
	return rec, remember
}

// touch notes that a record was changed in what others have of it.
func (s *stored) touch(now int64) {
	s.modified = now
	s.ready.Store(nil)
}

// read returns a record of the caller's with what wants holds. With remember it
// is kept in the cache.
func (d *Driver) read(s *stored, wants *slots, remember bool) *schema.Record {
	rec, shared := d.base(s, remember)
	if shared {
		rec = rec.Clone()
	}
	t := s.table
	if t.members != schema.NoSlot && wants.has(t.members) {
		rec.SetAt(t.members, s.membersValue(nil))
	}
	if t.groups != schema.NoSlot && wants.has(t.groups) {
		rec.SetAt(t.groups, s.groupsValue())
	}
	if wants != nil {
		for slot, in := range wants.in {
			if !in {
				rec.SetAt(schema.Slot(slot), schema.Value{})
			}
		}
	}
	return rec
}

// fill puts into rec what a filter looks at: the slots that wants holds, and of
// members those that only holds, where it is not nil.
func (s *stored) fill(rec *schema.Record, wants *slots, only map[string]bool) {
	t := s.table
	if ready := s.ready.Load(); ready != nil {
		rec.CopyFrom(ready)
	} else {
		decode(rec, s.data, wants)
		if wants.has(t.id) {
			t.setID(rec, s.id)
		}
		if t.meta != schema.NoSlot && wants.has(t.meta) {
			rec.SetAt(t.meta, s.metaValue())
		}
	}
	if t.members != schema.NoSlot && wants.has(t.members) {
		rec.SetAt(t.members, s.membersValue(only))
	}
	if t.groups != schema.NoSlot && wants.has(t.groups) {
		rec.SetAt(t.groups, s.groupsValue())
	}
}

// setFixed sets what the driver itself knows of a record.
func (s *stored) setFixed(rec *schema.Record) {
	t := s.table
	t.setID(rec, s.id)
	if t.meta != schema.NoSlot {
		rec.SetAt(t.meta, s.metaValue())
	}
}

func (t *table) setID(rec *schema.Record, id string) {
	v := schema.StringValue(id)
	if t.typ.Attribute(t.id).Type == schema.Integer {
		n, _ := strconv.ParseInt(id, 10, 64)
		v = schema.IntegerValue(n)
	}
	rec.SetAt(t.id, v)
}

// metaTime is RFC 3339 with milliseconds, in UTC.
const metaTime = "2006-01-02T15:04:05.000Z"

func (s *stored) metaValue() schema.Value {
	t := s.table
	rec := t.typ.Attribute(t.meta).Sub.New()
	if t.metaSub.resourceType != schema.NoSlot {
		rec.SetAt(t.metaSub.resourceType, schema.StringValue(t.typ.Name()))
	}
	if t.metaSub.created != schema.NoSlot {
		rec.SetAt(t.metaSub.created, schema.StringValue(time.Unix(0, s.created).UTC().Format(metaTime)))
	}
	if t.metaSub.modified != schema.NoSlot {
		rec.SetAt(t.metaSub.modified, schema.StringValue(time.Unix(0, s.modified).UTC().Format(metaTime)))
	}
	return schema.ObjectValue(rec)
}

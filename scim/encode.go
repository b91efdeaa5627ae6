package scim

import (
	"github.com/usher-scim/usher/schema"
)

// Slots of meta's sub-attributes, see schema.NewResource.
const (
	metaResourceType schema.Slot = iota
	metaCreated
	metaLastModified
	metaLocation
	metaVersion
)

// encoder writes resources as JSON.
type encoder struct {
	base string   // the base URL, without a slash at its end
	l    *layout  // of the resources' type
	mask []uint64 // what is shown, by slot
}

// resource appends a resource. Its id has been checked to be there.
func (e *encoder) resource(dst []byte, res *Resource) []byte {
	rec := res.Record
	l := e.l
	if rec.Type() != l.typ {
		// The types have changed since the backend read the resource.
		other := *l.rt
		other.Type = rec.Type()
		l = newLayout(&other, l.served)
		f := *e
		f.l, f.mask = l, l.shown
		e = &f
	}
	dst = append(dst, `{"schemas":[`...)
	dst = append(dst, l.schemas[0].quoted...)
	for i := 1; i < len(l.schemas); i++ {
		if e.any(rec, l.schemas[i].fields) {
			dst = append(append(dst, ','), l.schemas[i].quoted...)
		}
	}
	dst = append(dst, `],"id":`...)
	dst = schema.AppendQuoted(dst, rec.At(schema.SlotID).Text())
	dst = e.field(dst, &l.common[schema.SlotExternalID], rec)
	dst = e.fields(dst, l.schemas[0].fields, rec)
	for i := 1; i < len(l.schemas); i++ {
		x := &l.schemas[i]
		if !e.any(rec, x.fields) {
			continue
		}
		start := len(dst)
		dst = append(append(append(dst, ','), x.quoted...), ':', '{')
		dst = e.object(dst, start, x.fields, rec)
	}
	return append(e.meta(dst, res), '}')
}

// any reports whether the answer shows one of the attributes.
func (e *encoder) any(rec *schema.Record, fields []field) bool {
	for i := range fields {
		f := &fields[i]
		if f.slot == schema.NoSlot {
			if e.any(rec, f.group) {
				return true
			}
		} else if e.mask[f.slot] != 0 && !rec.At(f.slot).Unassigned() {
			return true
		}
	}
	return false
}

// object completes an object that begins after start with its brace; without a
// member it is taken back.
func (e *encoder) object(dst []byte, start int, fields []field, rec *schema.Record) []byte {
	open := len(dst)
	if dst = e.fields(dst, fields, rec); len(dst) == open {
		return dst[:start]
	}
	// The first member begins with a comma that it does not need.
	return append(append(dst[:open], dst[open+1:]...), '}')
}

// fields appends members, each with a comma before it.
func (e *encoder) fields(dst []byte, fields []field, rec *schema.Record) []byte {
	for i := range fields {
		dst = e.field(dst, &fields[i], rec)
	}
	return dst
}

func (e *encoder) field(dst []byte, f *field, rec *schema.Record) []byte {
	start := len(dst)
	if f.slot == schema.NoSlot {
		dst = append(append(append(dst, ','), f.key...), '{')
		return e.object(dst, start, f.group, rec)
	}
	v, mask := rec.At(f.slot), e.mask[f.slot]
	if mask == 0 || v.Unassigned() {
		return dst
	}
	dst = append(append(dst, ','), f.key...)
	out, ok := e.value(dst, f, v, mask)
	if !ok {
		return dst[:start]
	}
	return out
}

// value appends the value of an attribute. It reports false when nothing of it is
// shown.
func (e *encoder) value(dst []byte, f *field, v schema.Value, mask uint64) ([]byte, bool) {
	if f.subs == nil {
		return v.AppendJSON(dst), true
	}
	if v.Kind() != schema.KindList {
		return e.complex(dst, f, v, mask)
	}
	dst = append(dst, '[')
	empty := true
	for i := range v.Len() {
		mark := len(dst)
		if !empty {
			dst = append(dst, ',')
		}
		out, ok := e.complex(dst, f, v.At(i), mask)
		if !ok {
			dst = dst[:mark]
			continue
		}
		dst, empty = out, false
	}
	return append(dst, ']'), !empty
}

func (e *encoder) complex(dst []byte, f *field, v schema.Value, mask uint64) ([]byte, bool) {
	rec := v.Record()
	if rec == nil || rec.Type() != f.attr.Sub {
		// Not of the declared type: shown as it is, which only a backend that
		// breaks its promise can cause.
		return v.AppendJSON(dst), !v.Unassigned()
	}
	dst = append(dst, '{')
	empty := true
	for i := range f.subs {
		s := &f.subs[i]
		if s.never || mask&subBit(s.slot) == 0 {
			continue
		}
		mark := len(dst)
		if !empty {
			dst = append(dst, ',')
		}
		if f.ref != nil && s.slot == f.ref.ref {
			if endpoint, id, ok := f.ref.target(rec); ok {
				dst, empty = e.location(append(dst, s.key...), endpoint, id), false
				continue
			}
		}
		m := rec.At(s.slot)
		if m.Unassigned() {
			dst = dst[:mark]
			continue
		}
		out, ok := e.value(append(dst, s.key...), s, m, allSubs)
		if !ok {
			dst = dst[:mark]
			continue
		}
		dst, empty = out, false
	}
	return append(dst, '}'), !empty
}

// meta appends what the front knows about the resource and what the backend
// says about its times.
func (e *encoder) meta(dst []byte, res *Resource) []byte {
	mask := e.mask[schema.SlotMeta]
	if mask == 0 {
		return dst
	}
	start := len(dst)
	dst = append(dst, `,"meta":{`...)
	open := len(dst)
	member := func(s schema.Slot, key string) bool {
		if mask&subBit(s) == 0 {
			return false
		}
		if len(dst) > open {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key...), '"', ':')
		return true
	}
	if member(metaResourceType, "resourceType") {
		dst = schema.AppendQuoted(dst, e.l.rt.Name)
	}
	if times := res.Record.At(schema.SlotMeta).Record(); times != nil {
		if v := times.At(metaCreated); !v.Unassigned() && member(metaCreated, "created") {
			dst = schema.AppendQuoted(dst, v.Text())
		}
		if v := times.At(metaLastModified); !v.Unassigned() && member(metaLastModified, "lastModified") {
			dst = schema.AppendQuoted(dst, v.Text())
		}
	}
	if member(metaLocation, "location") {
		dst = e.location(dst, e.l.rt.Endpoint, res.Record.At(schema.SlotID).Text())
	}
	if res.Version != "" && member(metaVersion, "version") {
		dst = schema.AppendQuoted(dst, etag(res.Version))
	}
	if len(dst) == open {
		return dst[:start]
	}
	return append(dst, '}')
}

// location appends where a resource is, as JSON.
func (e *encoder) location(dst []byte, endpoint, id string) []byte {
	dst = append(append(dst, '"'), e.base...)
	return append(appendLocation(dst, endpoint, id), '"')
}

// etag is the version as a weak entity tag (RFC 7644 section 3.14).
func etag(version string) string { return `W/"` + version + `"` }

// appendLocation appends the path of a resource below the base URL.
func appendLocation(dst []byte, endpoint, id string) []byte {
	return appendID(append(append(dst, endpoint...), '/'), id)
}

// appendID appends an id as a segment of a path.
func appendID(dst []byte, id string) []byte {
	for i := range len(id) {
		c := id[i]
		if isUnreserved(c) {
			dst = append(dst, c)
			continue
		}
		const hex = "0123456789ABCDEF"
		dst = append(dst, '%', hex[c>>4], hex[c&15])
	}
	return dst
}

// isUnreserved reports whether a byte stands for itself in a URI (RFC 3986 section
// 2.3).
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

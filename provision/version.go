package provision

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// The version of a resource is a digest of all that it shows (RFC 7644 section
// 3.14), so that it needs no room in the target or in State, and is the same in
// every process. Two things do not count: the order of the values of an
// attribute, which targets do not keep, and what belongs to somebody else. A
// record that is referred to counts by its id, not by the name that is looked up
// for it or that it has: a department that gets a new name changes nobody's
// version.

// versionSize is how many bytes of the digest are kept.
const versionSize = 12

// version returns the version of a record, "" for one of which not all is known.
// shown is the resource that was made of it, nil where there is none.
func (b *Backend) version(ctx context.Context, f *stored, shown *schema.Record) (string, error) {
	if f.partial {
		return "", nil
	}
	needs := f.bind.plan.ReadNeeds(nil, f.rec)
	if shown == nil || len(needs) > 0 {
		shown = f.bind.record(f.rec, f.entry, asTheyAre(needs))
		if err := b.hideMembers(ctx, f.bind, shown); err != nil {
			return "", err
		}
	}
	return digest(shown), nil
}

// setVersion gives a resource the version of the record that it was made of.
func (b *Backend) setVersion(ctx context.Context, f *stored, r *scim.Resource) (err error) {
	r.Version, err = b.version(ctx, f, r.Record)
	return err
}

// asTheyAre answers references by what the target has in their place.
func asTheyAre(needs []mapping.Need) *mapping.Resolved {
	var out mapping.Resolved
	for _, n := range needs {
		out.Add(n, mapping.Resolution{State: mapping.Found, Native: n.Value, Return: n.Value})
	}
	return &out
}

// inVersion reads a resource whole, for a write that wants it to be in one of
// some versions. Its lock is held.
func (b *Backend) inVersion(ctx context.Context, ev *Event, fam *family, r scim.Ref, versions []string) (*stored, error) {
	found, err := b.load(ctx, ev, fam, r, nil)
	if err != nil {
		return nil, err
	}
	version, err := b.version(ctx, found, nil)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(versions, version) {
		return nil, scim.Errorf(http.StatusPreconditionFailed, "", "the resource is not in the version that If-Match asks for: read it again")
	}
	return found, nil
}

var digestBuffers = sync.Pool{New: func() any { return new([]byte) }}

// digest returns the version of a resource as it is shown.
func digest(rec *schema.Record) string {
	buf := digestBuffers.Get().(*[]byte)
	defer digestBuffers.Put(buf)
	dst := (*buf)[:0]
	for s, v := range rec.Values() {
		a := rec.Type().Attribute(s)
		if s == schema.SlotSchemas || a.Returned == schema.ReturnedNever || v.Unassigned() {
			continue
		}
		dst = append(append(append(append(dst, '\n'), a.Schema...), ':'), a.Name...)
		if s == schema.SlotMeta {
			dst = appendMember(dst, "created", v.Member("created"))
			dst = appendMember(dst, "lastModified", v.Member("lastModified"))
			continue
		}
		dst = appendState(append(dst, '='), a, v)
	}
	*buf = dst
	sum := sha256.Sum256(dst)
	return base64.RawURLEncoding.EncodeToString(sum[:versionSize])
}

// appendState appends what counts of an attribute's value. Of a list that is the
// sum of its elements' digests, which is the same in any order.
func appendState(dst []byte, a *schema.Attribute, v schema.Value) []byte {
	if v.Kind() != schema.KindList {
		return appendElement(dst, a, v)
	}
	var sum [sha256.Size / 8]uint64
	mark := len(dst)
	for i := range v.Len() {
		dst = appendElement(dst[:mark], a, v.At(i))
		one := sha256.Sum256(dst[mark:])
		for k := range sum {
			sum[k] += binary.BigEndian.Uint64(one[8*k:])
		}
	}
	dst = strconv.AppendInt(append(dst[:mark], '#'), int64(v.Len()), 10)
	for _, n := range sum {
		dst = binary.BigEndian.AppendUint64(dst, n)
	}
	return dst
}

// appendElement appends a single value. A reference to a resource is what it
// refers to, without its name and its address.
func appendElement(dst []byte, a *schema.Attribute, v schema.Value) []byte {
	if v.Kind() != schema.KindObject {
		return v.AppendJSON(dst)
	}
	reference := a.Sub != nil && a.Sub.Slot("$ref") != schema.NoSlot
	for name, m := range v.Members() {
		if reference && (name == "$ref" || name == "display" || name == "displayName") {
			continue
		}
		dst = appendMember(dst, name, m)
	}
	return dst
}

func appendMember(dst []byte, name string, v schema.Value) []byte {
	if v.Unassigned() {
		return dst
	}
	return v.AppendJSON(append(append(append(dst, '.'), name...), '='))
}

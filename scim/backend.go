package scim

import (
	"context"

	"github.com/usher-scim/usher/schema"
)

// Ref names a resource: its type ("User") and its id.
type Ref struct{ Type, ID string }

// Backend is what a [Handler] serves: resources of some types. It knows nothing
// of HTTP. All methods are safe for concurrent use and honour the context.
//
// Records that a backend is given are its own to keep; records that it returns
// must not be changed afterwards by anybody, so that a stored record can be
// returned as it is.
//
// Errors that a client is to see are, or wrap, an [*Error]; everything else is
// answered with status 500 and a fixed sentence.
type Backend interface {
	// Types returns the resource types that are served, with the attributes they
	// have just now. It is called for every request and has to be quick.
	Types(ctx context.Context) (*Types, error)

	// Get reads a resource. Status 404 when there is none.
	Get(ctx context.Context, r Ref, o ReadOptions) (*Resource, error)

	// List reads the resources of a type that pass the query.
	List(ctx context.Context, typ string, q Query) (*Page, error)

	// Create makes a resource and returns it as it was stored. Status 409 and
	// scimType uniqueness when a unique value is taken.
	Create(ctx context.Context, typ string, in *schema.Record, o WriteOptions) (*Resource, error)

	// Update changes a resource and returns it as it was stored, or nil where it
	// does not know without another read; the answer is then 204 where the
	// client can do with that, else the resource is read.
	Update(ctx context.Context, r Ref, u Update, o WriteOptions) (*Resource, error)

	// Delete removes a resource. Status 404 when there is none.
	Delete(ctx context.Context, r Ref, o WriteOptions) error
}

// Resource is a resource as a backend returns it. The record has id and
// externalId, and meta.created and meta.lastModified where they are known; the
// front adds schemas and the rest of meta.
type Resource struct {
	Record *schema.Record
	// Version is the ETag without quotes and W/; "" where there is none. It is
	// sent as a weak one.
	Version string
}

// ReadOptions go with a read.
type ReadOptions struct {
	// Wants says which attributes the answer will show.
	Wants Projection
}

// WriteOptions go with a write.
type WriteOptions struct {
	Wants Projection
	// IfMatch are the versions of which one has to be the present one (status 412
	// otherwise, and nothing is written); empty means any. It is only set for
	// backends with [Features].Versions.
	IfMatch []string
	// Repairs are the names of the repairs that were made to the request, for
	// the log.
	Repairs []string
	// Silent says that the answer shows nothing of the resource, so that a backend
	// need not read for it what it would not read otherwise.
	Silent bool
}

// Update is a change to a resource: exactly one of its members is set.
type Update struct {
	// Replace is the whole resource as it is to be (PUT).
	Replace *schema.Record
	// Patch are operations, to be applied in order, all or none.
	Patch []Op
}

// OpKind says what an [Op] does.
type OpKind uint8

// The operations of RFC 7644 section 3.5.2.
const (
	OpAdd OpKind = iota + 1
	OpRemove
	OpReplace
)

// String returns the operation's name in lower case.
func (k OpKind) String() string { return [...]string{"none", "add", "remove", "replace"}[k&3] }

// Op is one operation of a PATCH, repaired and typed: its target is an attribute
// (a request without a path has been taken apart into one operation per
// attribute), its value fits the attribute.
type Op struct {
	Kind   OpKind
	Target schema.Selector
	// Value is what the target gets: a list where that is a multi-valued
	// attribute, one element where it is such an attribute with a filter, a
	// sub-attribute's value where it has one. Null, also within a complex value,
	// clears. It is unset for a remove, except where it lists the elements to
	// remove from a multi-valued attribute.
	Value schema.Value
	// CreateMissing makes an add or a replace through a filter that finds nothing
	// create the element that the filter describes, instead of failing with
	// noTarget.
	CreateMissing bool
	// MustMatch makes a remove, or a replace by null, through a filter that finds
	// nothing fail with noTarget, instead of changing nothing.
	MustMatch bool
}

// Query asks for a list.
type Query struct {
	// Filter is nil for all resources. It is bound to the type: Matches applies
	// it.
	Filter *schema.Matcher
	// Sort is the order wanted; the zero Sort is the backend's own, which does not
	// change from one page to the next.
	Sort Sort
	// StartIndex is the 1-based position of the first resource wanted, from 1 to
	// 2^31-1; 1 where ByCursor is set.
	StartIndex int
	// ByCursor asks for pages by cursor (RFC 9865): the page that begins at
	// Cursor, the [Page].Next of the page before, or the first one where it is "".
	// It is only set for backends with [Features].Cursor, and a Count of 1 or more.
	ByCursor bool
	Cursor   string
	// Count is the most resources wanted; 0 asks for the total only.
	Count int
	// ExactTotal demands an exact total at any cost.
	ExactTotal bool
	Wants      Projection
	// Repairs are the names of the repairs that were made to the request.
	Repairs []string
	// locations is what the locations of the resources begin with, where the filter
	// may name meta.location or meta.resourceType, which records need not have.
	locations string
}

// Matches reports whether a record passes the query's filter.
func (q Query) Matches(rec *schema.Record) bool {
	if q.Filter == nil {
		return true
	}
	if q.locations != "" {
		rec = withMeta(rec, q.locations)
	}
	return q.Filter.Match(rec)
}

// withMeta returns the record with the meta.resourceType and the meta.location
// that answers show.
func withMeta(rec *schema.Record, locations string) *schema.Record {
	meta := rec.Type().Attribute(schema.SlotMeta).Sub.New()
	if given := rec.At(schema.SlotMeta).Record(); given != nil {
		meta = given.Clone()
	}
	meta.SetAt(metaResourceType, schema.StringValue(rec.Type().Name()))
	meta.SetAt(metaLocation, schema.StringValue(string(appendID([]byte(locations), rec.At(schema.SlotID).Text()))))
	out := rec.Clone()
	out.SetAt(schema.SlotMeta, schema.ObjectValue(meta))
	return out
}

// Page is a part of a list.
type Page struct {
	Resources []*Resource
	// Total is the number of all resources that pass the query, or, when Exact is
	// false, of those known so far plus one.
	Total int
	Exact bool
	// Next is the cursor of the page that follows; "" on the last page, and where
	// the query was not by cursor. It has 2,000 bytes at most. The front hides it
	// from clients: it may say anything but personal data. A backend that cannot go
	// on from a cursor returns an [*Error] with status 400 and scimType
	// invalidCursor or expiredCursor.
	Next string
}

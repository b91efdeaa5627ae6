package scim

import (
	"errors"

	"github.com/usher-scim/usher/schema"
)

// Codec turns JSON into what a [Backend] takes, by the rules and with the repairs
// of a profile, for programs that have an HTTP front of their own; a [Handler]
// does the same. Limits on the size of a request are the caller's, except for
// those that package schema has. It is safe for concurrent use.
type Codec struct {
	l       *layout
	repairs repairSet
}

// NewCodec returns the codec of a resource type. It fails when the profile names
// a repair that does not exist.
func NewCodec(rt ResourceType, p Profile) (*Codec, error) {
	if rt.Type == nil || !rt.Type.IsResource() {
		return nil, errors.New("scim: the resource type needs a type made by schema.NewResource")
	}
	set, err := p.compile()
	if err != nil {
		return nil, err
	}
	return &Codec{l: newLayout(&rt, nil), repairs: set}, nil
}

func (c *Codec) decoder() decoder {
	const unlimited = int(^uint(0) >> 1)
	return decoder{l: c.l, allowed: c.repairs, maxMembers: unlimited, maxFiltered: unlimited}
}

// Resource reads the body of a POST or a PUT, and returns the names of the
// repairs that were made. Errors are *[Error].
func (c *Codec) Resource(body schema.Value) (*schema.Record, []string, error) {
	d := c.decoder()
	rec, err := d.resource(body)
	if err != nil {
		return nil, nil, err
	}
	return rec, d.used.names(), nil
}

// Patch reads the body of a PATCH of the resource with that id: one operation
// per attribute, none where the body says nothing but what is ignored. It also
// returns the names of the repairs that were made. Errors are *[Error].
func (c *Codec) Patch(id string, body schema.Value) ([]Op, []string, error) {
	p := patcher{decoder: c.decoder(), id: id}
	p.maxOps = p.maxMembers
	ops, err := p.parse(body)
	if err != nil {
		return nil, nil, err
	}
	return ops, p.used.names(), nil
}

// Filter reads the filter of a list, and returns the names of the repairs that
// were made. Errors are *[Error] with scimType invalidFilter.
func (c *Codec) Filter(text string) (*schema.Matcher, []string, error) {
	d := c.decoder()
	m, err := d.filter(text, maxFilterLength)
	if err != nil {
		return nil, nil, err
	}
	return m, d.used.names(), nil
}

// AppendResource appends a resource as JSON. The base URL has no slash at its
// end.
func (c *Codec) AppendResource(dst []byte, res *Resource, baseURL string, p Projection) []byte {
	e := encoder{base: baseURL, l: c.l, mask: p.masks(c.l)}
	return e.resource(dst, res)
}

package elimityscim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	elimity "github.com/elimity-com/scim"
	errs "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// Options are the settings of [NewServer] and [ResourceTypes]. The zero value of
// each is its default.
type Options struct {
	// Profile says which departures of clients are put right, as far as the
	// library lets them through. The zero Profile is the compatible one.
	Profile scim.Profile
	// Config is the ServiceProviderConfig of [NewServer]. By default PATCH and
	// filters are announced.
	Config *elimity.ServiceProviderConfig
	// Logger gets the errors that clients do not see. Nil: nothing is logged.
	Logger *slog.Logger
}

// NewServer returns a server of the library for the resource types that the
// backend has now. It does not authenticate.
func NewServer(ctx context.Context, b scim.Backend, o *Options) (elimity.Server, error) {
	types, err := ResourceTypes(ctx, b, o)
	if err != nil {
		return elimity.Server{}, err
	}
	config := &elimity.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true, MaxResults: 100}
	if o != nil && o.Config != nil {
		config = o.Config
	}
	return elimity.NewServer(&elimity.ServerArgs{ServiceProviderConfig: config, ResourceTypes: types})
}

// ResourceTypes returns the backend's resource types as the library wants them,
// each with a handler over the backend. Attributes that a type gets later are
// not known to the library's server.
func ResourceTypes(ctx context.Context, b scim.Backend, o *Options) ([]elimity.ResourceType, error) {
	if o == nil {
		o = &Options{}
	}
	types, err := b.Types(ctx)
	if err != nil {
		return nil, fmt.Errorf("elimityscim: %w", err)
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var out []elimity.ResourceType
	for _, rt := range types.All() {
		if _, err := scim.NewCodec(rt, o.Profile); err != nil {
			return nil, err
		}
		e := elimity.ResourceType{
			ID: optional.NewString(rt.Name), Name: rt.Name, Endpoint: rt.Endpoint, Description: text(rt.Description),
			Handler: &handler{backend: b, name: rt.Name, profile: o.Profile, log: log},
		}
		for i, s := range rt.Type.Schemas() {
			converted, err := ToElimity(s)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				e.Schema = converted
				continue
			}
			required := false
			for _, urn := range rt.Required {
				required = required || urn == s.URN
			}
			e.SchemaExtensions = append(e.SchemaExtensions, elimity.SchemaExtension{Schema: converted, Required: required})
		}
		out = append(out, e)
	}
	return out, nil
}

// handler serves one resource type.
type handler struct {
	backend scim.Backend
	name    string
	profile scim.Profile
	log     *slog.Logger
	last    atomic.Pointer[codec]
}

// codec is the codec of the type that the backend had last.
type codec struct {
	*scim.Codec
	typ *schema.Type
}

var _ elimity.ResourceHandler = (*handler)(nil)

func (h *handler) codec(ctx context.Context) (*codec, error) {
	types, err := h.backend.Types(ctx)
	if err != nil {
		return nil, err
	}
	rt := types.ByName(h.name)
	if rt == nil {
		return nil, scim.Errorf(http.StatusNotFound, "", "There is no resource type %s any more.", h.name)
	}
	if c := h.last.Load(); c != nil && c.typ == rt.Type {
		return c, nil
	}
	made, err := scim.NewCodec(*rt, h.profile)
	if err != nil {
		return nil, err
	}
	c := &codec{made, rt.Type}
	h.last.Store(c)
	return c, nil
}

// fail turns an error into one that the library recognises: a bare value.
func (h *handler) fail(ctx context.Context, err error) error {
	var e *scim.Error
	if errors.As(err, &e) && e.Status >= 400 && e.Status <= 599 {
		if e.Err != nil {
			h.log.LogAttrs(ctx, slog.LevelWarn, "scim: request failed", slog.Int("status", e.Status), slog.Any("error", err))
		}
		return errs.ScimError{ScimType: errs.ScimType(e.Type), Detail: e.Detail, Status: e.Status}
	}
	h.log.LogAttrs(ctx, slog.LevelError, "scim: request failed", slog.Any("error", err))
	return errs.ScimErrorInternal
}

func (h *handler) ref(id string) scim.Ref { return scim.Ref{Type: h.name, ID: id} }

// answer is the end of every request for one resource.
func (h *handler) answer(ctx context.Context, res *scim.Resource, err error) (elimity.Resource, error) {
	switch {
	case err != nil:
		return elimity.Resource{}, h.fail(ctx, err)
	case res == nil || res.Record == nil:
		return elimity.Resource{}, h.fail(ctx, errors.New("elimityscim: the backend returned no resource and no error"))
	default:
		return resource(res), nil
	}
}

// Create makes a resource.
func (h *handler) Create(r *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	ctx := r.Context()
	in, repairs, err := h.record(ctx, attributes)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	res, err := h.backend.Create(ctx, h.name, in, scim.WriteOptions{Repairs: repairs})
	return h.answer(ctx, res, err)
}

// record reads attributes that the library has validated.
func (h *handler) record(ctx context.Context, attributes elimity.ResourceAttributes) (*schema.Record, []string, error) {
	c, err := h.codec(ctx)
	if err != nil {
		return nil, nil, err
	}
	v, err := toValue(attributes)
	if err != nil {
		return nil, nil, err
	}
	// The library takes schemas off.
	members := []schema.Member{{Name: "schemas", Value: schema.StringsValue(c.typ.URN())}}
	for n, m := range v.Members() {
		if n != "schemas" {
			members = append(members, schema.Member{Name: n, Value: m})
		}
	}
	return c.Resource(schema.MembersValue(members...))
}

// Get reads a resource.
func (h *handler) Get(r *http.Request, id string) (elimity.Resource, error) {
	res, err := h.backend.Get(r.Context(), h.ref(id), scim.ReadOptions{})
	return h.answer(r.Context(), res, err)
}

// GetAll reads a page of resources.
func (h *handler) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	ctx := r.Context()
	q := scim.Query{StartIndex: max(params.StartIndex, 1), Count: max(params.Count, 0)}
	if params.FilterValidator != nil {
		c, err := h.codec(ctx)
		if err != nil {
			return elimity.Page{}, h.fail(ctx, err)
		}
		if q.Filter, q.Repairs, err = c.Filter(fmt.Sprint(params.FilterValidator.GetFilter())); err != nil {
			return elimity.Page{}, h.fail(ctx, err)
		}
	}
	page, err := h.backend.List(ctx, h.name, q)
	if err != nil {
		return elimity.Page{}, h.fail(ctx, err)
	}
	if page == nil {
		return elimity.Page{}, h.fail(ctx, errors.New("elimityscim: the backend returned no page and no error"))
	}
	out := elimity.Page{TotalResults: page.Total, Resources: make([]elimity.Resource, 0, len(page.Resources))}
	for _, res := range page.Resources[:min(q.Count, len(page.Resources))] {
		out.Resources = append(out.Resources, resource(res))
	}
	return out, nil
}

// Replace replaces a resource.
func (h *handler) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	ctx := r.Context()
	in, repairs, err := h.record(ctx, attributes)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	res, err := h.backend.Update(ctx, h.ref(id), scim.Update{Replace: in}, scim.WriteOptions{Repairs: repairs})
	if err == nil && res == nil {
		return h.Get(r, id)
	}
	return h.answer(ctx, res, err)
}

// Delete removes a resource.
func (h *handler) Delete(r *http.Request, id string) error {
	if err := h.backend.Delete(r.Context(), h.ref(id), scim.WriteOptions{}); err != nil {
		return h.fail(r.Context(), err)
	}
	return nil
}

// Patch changes a resource.
func (h *handler) Patch(r *http.Request, id string, operations []elimity.PatchOperation) (elimity.Resource, error) {
	ctx := r.Context()
	c, err := h.codec(ctx)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	body, err := message(operations)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	ops, repairs, err := c.Patch(id, body)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	if len(ops) == 0 {
		return h.Get(r, id)
	}
	res, err := h.backend.Update(ctx, h.ref(id), scim.Update{Patch: ops}, scim.WriteOptions{Repairs: repairs})
	if err == nil && res == nil {
		return h.Get(r, id)
	}
	return h.answer(ctx, res, err)
}

// message writes operations as the body that they were.
func message(operations []elimity.PatchOperation) (schema.Value, error) {
	list := make([]schema.Value, 0, len(operations))
	for _, o := range operations {
		members := []schema.Member{{Name: "op", Value: schema.StringValue(o.Op)}}
		if o.Path != nil {
			members = append(members, schema.Member{Name: "path", Value: schema.StringValue(o.Path.String())})
		}
		if o.Value != nil {
			v, err := toValue(o.Value)
			if err != nil {
				return schema.Value{}, err
			}
			members = append(members, schema.Member{Name: "value", Value: v})
		}
		list = append(list, schema.MembersValue(members...))
	}
	return schema.MembersValue(
		schema.Member{Name: "schemas", Value: schema.StringsValue("urn:ietf:params:scim:api:messages:2.0:PatchOp")},
		schema.Member{Name: "Operations", Value: schema.ListValue(list...)},
	), nil
}

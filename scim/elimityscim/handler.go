package elimityscim

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"sync/atomic"

	elimity "github.com/elimity-com/scim"
	errs "github.com/elimity-com/scim/errors"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// handler serves one resource type.
type handler struct {
	backend scim.Backend
	name    string
	profile scim.Profile
	exact   bool // totals are
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

// answer is the end of every request for one resource. Written are the attributes
// that the request has set.
func (h *handler) answer(ctx context.Context, res *scim.Resource, err error, written ...schema.Slot) (elimity.Resource, error) {
	switch {
	case err != nil:
		return elimity.Resource{}, h.fail(ctx, err)
	case res == nil || res.Record == nil:
		return elimity.Resource{}, h.fail(ctx, errors.New("elimityscim: the backend returned no resource and no error"))
	default:
		return resource(res, written), nil
	}
}

// mayWrite refuses the writes of those who only read.
func mayWrite(ctx context.Context) error {
	if scim.PrincipalOf(ctx).ReadOnly {
		return scim.Errorf(http.StatusForbidden, "", "These credentials are for reading only.")
	}
	return nil
}

// Create makes a resource.
func (h *handler) Create(r *http.Request, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	ctx := r.Context()
	if err := mayWrite(ctx); err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	in, repairs, err := h.record(ctx, attributes)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	res, err := h.backend.Create(ctx, h.name, in, scim.WriteOptions{Repairs: repairs})
	return h.answer(ctx, res, err, assigned(in)...)
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

// assigned returns the slots that hold something.
func assigned(rec *schema.Record) []schema.Slot {
	var out []schema.Slot
	for s := range rec.Values() {
		out = append(out, s)
	}
	return out
}

// Get reads a resource.
func (h *handler) Get(r *http.Request, id string) (elimity.Resource, error) {
	res, err := h.backend.Get(r.Context(), h.ref(id), scim.ReadOptions{})
	return h.answer(r.Context(), res, err)
}

// update changes a resource. Written are the attributes that the request has set.
func (h *handler) update(ctx context.Context, id string, u scim.Update, o scim.WriteOptions, written []schema.Slot) (elimity.Resource, error) {
	res, err := h.backend.Update(ctx, h.ref(id), u, o)
	if err == nil && res == nil {
		res, err = h.backend.Get(ctx, h.ref(id), scim.ReadOptions{})
	}
	return h.answer(ctx, res, err, written...)
}

// GetAll reads a page of resources.
func (h *handler) GetAll(r *http.Request, params elimity.ListRequestParams) (elimity.Page, error) {
	ctx := r.Context()
	q := scim.Query{StartIndex: min(max(params.StartIndex, 1), math.MaxInt32), Count: max(params.Count, 0), ExactTotal: h.exact}
	if params.FilterValidator != nil {
		c, err := h.codec(ctx)
		if err != nil {
			return elimity.Page{}, h.fail(ctx, err)
		}
		if q.Filter, q.Repairs, err = c.Filter(filterText(params.FilterValidator.GetFilter())); err != nil {
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
		made, err := h.answer(ctx, res, nil)
		if err != nil {
			return elimity.Page{}, err
		}
		out.Resources = append(out.Resources, made)
	}
	return out, nil
}

// Replace replaces a resource.
func (h *handler) Replace(r *http.Request, id string, attributes elimity.ResourceAttributes) (elimity.Resource, error) {
	ctx := r.Context()
	if err := mayWrite(ctx); err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	in, repairs, err := h.record(ctx, attributes)
	if err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
	return h.update(ctx, id, scim.Update{Replace: in}, scim.WriteOptions{Repairs: repairs}, assigned(in))
}

// Delete removes a resource.
func (h *handler) Delete(r *http.Request, id string) error {
	err := mayWrite(r.Context())
	if err == nil {
		err = h.backend.Delete(r.Context(), h.ref(id), scim.WriteOptions{})
	}
	if err != nil {
		return h.fail(r.Context(), err)
	}
	return nil
}

// Patch changes a resource.
func (h *handler) Patch(r *http.Request, id string, operations []elimity.PatchOperation) (elimity.Resource, error) {
	ctx := r.Context()
	if err := mayWrite(ctx); err != nil {
		return elimity.Resource{}, h.fail(ctx, err)
	}
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
	written := make([]schema.Slot, len(ops))
	for i := range ops {
		written[i] = ops[i].Target.Slot
	}
	return h.update(ctx, id, scim.Update{Patch: ops}, scim.WriteOptions{Repairs: repairs}, written)
}

// message writes operations as the body that they were.
func message(operations []elimity.PatchOperation) (schema.Value, error) {
	list := make([]schema.Value, 0, len(operations))
	for _, o := range operations {
		members := []schema.Member{{Name: "op", Value: schema.StringValue(o.Op)}}
		if o.Path != nil {
			members = append(members, schema.Member{Name: "path", Value: schema.StringValue(pathText(o.Path))})
		}
		if o.Value != nil {
			v, err := toValue(o.Value)
			if err != nil {
				return schema.Value{}, err
			}
			if o.Path != nil && o.Path.ValueExpression != nil && o.Path.SubAttribute == nil && v.Kind() == schema.KindList && v.Len() == 1 {
				v = v.At(0) // the library makes a list of the one element that is meant
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

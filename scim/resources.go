package scim

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// collection serves the endpoint of a type.
func (x *exchange) collection(l *layout) error {
	switch x.r.Method {
	case http.MethodGet, http.MethodHead:
		return x.list(l)
	case http.MethodPost:
		return x.create(l)
	default:
		return x.methods("GET, HEAD, POST")
	}
}

// single serves one resource.
func (x *exchange) single(l *layout, id string) error {
	switch x.r.Method {
	case http.MethodGet, http.MethodHead:
		return x.get(l, id)
	case http.MethodPut:
		return x.replace(l, id)
	case http.MethodPatch:
		return x.patch(l, id)
	case http.MethodDelete:
		return x.delete(l, id)
	default:
		return x.methods("GET, HEAD, PUT, PATCH, DELETE")
	}
}

func (x *exchange) get(l *layout, id string) error {
	p, err := x.projection(l)
	if err != nil {
		return err
	}
	return x.read(l, id, p)
}

func (x *exchange) read(l *layout, id string, p Projection) error {
	res, err := x.h.backend.Get(x.ctx, Ref{l.rt.Name, id}, ReadOptions{Wants: p})
	if err != nil {
		return err
	}
	return x.resource(http.StatusOK, l, res, p)
}

func (x *exchange) create(l *layout) error {
	in, o, err := x.decode(l)
	if err != nil {
		return err
	}
	res, err := x.h.backend.Create(x.ctx, l.rt.Name, in, o)
	if err != nil {
		return err
	}
	return x.resource(http.StatusCreated, l, res, o.Wants)
}

func (x *exchange) replace(l *layout, id string) error {
	in, o, err := x.decode(l)
	if err != nil {
		return err
	}
	res, err := x.h.backend.Update(x.ctx, Ref{l.rt.Name, id}, Update{Replace: in}, o)
	if err != nil {
		return err
	}
	if res == nil {
		return x.read(l, id, o.Wants)
	}
	return x.resource(http.StatusOK, l, res, o.Wants)
}

// decode reads a request that has a resource for its body.
func (x *exchange) decode(l *layout) (*schema.Record, WriteOptions, error) {
	p, err := x.projection(l)
	if err != nil {
		return nil, WriteOptions{}, err
	}
	body, err := x.body()
	if err != nil {
		return nil, WriteOptions{}, err
	}
	d := x.decoder(l)
	in, err := d.resource(body)
	if err != nil {
		return nil, WriteOptions{}, err
	}
	x.logIgnored(&d)
	for s := range in.Values() {
		p.write(l.typ, s)
	}
	return in, WriteOptions{Wants: p, Repairs: d.used.names()}, nil
}

func (x *exchange) patch(l *layout, id string) error {
	p, err := x.projection(l)
	if err != nil {
		return err
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	q := patcher{decoder: x.decoder(l), id: id, maxOps: x.h.set.MaxPatchOps}
	ops, err := q.parse(body)
	if err != nil {
		return err
	}
	x.logIgnored(&q.decoder)
	for i := range ops {
		p.write(l.typ, ops[i].Target.Slot)
	}
	ref := Ref{l.rt.Name, id}
	var res *Resource
	if len(ops) > 0 {
		res, err = x.h.backend.Update(x.ctx, ref, Update{Patch: ops}, WriteOptions{Wants: p, Repairs: q.used.names()})
	} else {
		// Nothing to do, but only where there is a resource to do it to.
		res, err = x.h.backend.Get(x.ctx, ref, ReadOptions{Wants: p})
	}
	switch {
	case err != nil:
		return err
	case x.patchStatus(l) == http.StatusNoContent && !p.Named():
		return x.empty()
	case res == nil:
		return x.read(l, id, p)
	default:
		return x.resource(http.StatusOK, l, res, p)
	}
}

func (x *exchange) patchStatus(l *layout) int {
	if l.rt.Name == "Group" {
		return x.h.set.PatchGroupStatus
	}
	return x.h.set.PatchUserStatus
}

func (x *exchange) delete(l *layout, id string) error {
	if err := x.h.backend.Delete(x.ctx, Ref{l.rt.Name, id}, WriteOptions{}); err != nil {
		return err
	}
	return x.empty()
}

func (x *exchange) decoder(l *layout) decoder {
	return decoder{l: l, allowed: x.h.set.repairs, maxMembers: x.h.set.MaxMembers, maxFiltered: x.h.set.MaxPatchOps}
}

func (x *exchange) logIgnored(d *decoder) {
	if len(d.ignored) > 0 {
		x.h.set.Logger.LogAttrs(x.ctx, slog.LevelDebug, "scim: unknown attributes ignored",
			slog.String("request_id", x.id), slog.Any("attributes", d.ignored))
	}
}

// body reads the JSON object of a request.
func (x *exchange) body() (schema.Value, error) {
	if err := checkMediaType(x.r.Header.Get("Content-Type")); err != nil {
		return schema.Value{}, err
	}
	most := x.h.set.MaxBody
	switch {
	case x.r.ContentLength > int64(most):
		return schema.Value{}, tooLarge(most)
	case x.r.Body == nil: // only where a program calls the handler itself
		return parseBody(nil)
	}
	b := x.h.buffer()
	defer x.h.release(b)
	// A byte more than allowed tells a body that is too large.
	src := io.LimitReader(x.r.Body, int64(most)+1)
	for {
		if len(*b) == cap(*b) {
			*b = append(*b, 0)[:len(*b)]
		}
		n, err := src.Read((*b)[len(*b):cap(*b)])
		*b = (*b)[:len(*b)+n]
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return schema.Value{}, x.unreadable(err)
			}
			break
		}
	}
	if len(*b) > most {
		return schema.Value{}, tooLarge(most)
	}
	return parseBody(*b)
}

// unreadable is the error for a body that did not arrive whole.
func (x *exchange) unreadable(err error) error {
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		return tooLarge(int(limit.Limit))
	}
	if ctxErr := x.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	e := syntaxError("The body could not be read to its end.")
	e.Err = err
	return e
}

func tooLarge(most int) error {
	return Errorf(http.StatusRequestEntityTooLarge, "", "The body is larger than %d bytes.", most)
}

// checkMediaType takes JSON of any kind, and a body that does not say what it
// is.
func checkMediaType(header string) error {
	if header == "" || header == mediaType || header == "application/json" {
		return nil
	}
	t, _, err := mime.ParseMediaType(header)
	if err == nil && (t == "application/json" || t == mediaType) {
		return nil
	}
	// Parameters that cannot be read do no harm.
	if t, _, _ = strings.Cut(header, ";"); strings.EqualFold(strings.TrimSpace(t), mediaType) || strings.EqualFold(strings.TrimSpace(t), "application/json") {
		return nil
	}
	return Errorf(http.StatusUnsupportedMediaType, "", "The body has to be application/scim+json or application/json.")
}

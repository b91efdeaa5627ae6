package scim

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
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
	match, err := x.ifMatch()
	if err != nil {
		return err
	}
	res, err := x.inVersion(l, id, p, match)
	if err != nil {
		return err
	}
	return x.resource(http.StatusOK, l, res, p)
}

func (x *exchange) read(l *layout, id string, p Projection) error {
	res, err := x.h.backend.Get(x.ctx, Ref{l.rt.Name, id}, ReadOptions{Wants: p})
	if err != nil {
		return err
	}
	return x.resource(http.StatusOK, l, res, p)
}

// inVersion reads a resource that has to be in one of the versions, if there are
// any.
func (x *exchange) inVersion(l *layout, id string, p Projection, match []string) (*Resource, error) {
	if len(match) > 0 {
		p = Projection{} // what is not read whole may have no version
	}
	res, err := x.h.backend.Get(x.ctx, Ref{l.rt.Name, id}, ReadOptions{Wants: p})
	if err == nil && len(match) > 0 && (res == nil || !slices.Contains(match, res.Version)) {
		return nil, versionMismatch()
	}
	return res, err
}

// write is a write to a resource, alone or as a part of a bulk request.
type write struct {
	l       *layout
	id      string // "" for a create
	body    schema.Value
	wants   Projection
	ifMatch []string

	// What the body says, once it has been decoded.
	decoded bool
	in      *schema.Record // of a POST or a PUT
	ops     []Op           // of a PATCH
	repairs []string
	silent  bool // the answer shows nothing of the resource
}

func (w *write) options() WriteOptions {
	return WriteOptions{Wants: w.wants, IfMatch: w.ifMatch, Repairs: w.repairs, Silent: w.silent}
}

// write reads what the writes that have a body have in common.
func (x *exchange) write(l *layout, id string) (*write, error) {
	p, err := x.projection(l)
	if err != nil {
		return nil, err
	}
	body, err := x.body()
	if err != nil {
		return nil, err
	}
	w := &write{l: l, id: id, body: body, wants: p}
	if id != "" {
		w.ifMatch, err = x.conditions(l, id)
	}
	return w, err
}

func (x *exchange) create(l *layout) error {
	w, err := x.write(l, "")
	if err != nil {
		return err
	}
	res, err := x.doCreate(w)
	if err != nil {
		return err
	}
	return x.resource(http.StatusCreated, l, res, w.wants)
}

func (x *exchange) replace(l *layout, id string) error {
	w, err := x.write(l, id)
	if err != nil {
		return err
	}
	res, err := x.doReplace(w)
	switch {
	case err != nil:
		return err
	case res == nil:
		return x.read(l, id, w.wants)
	default:
		return x.resource(http.StatusOK, l, res, w.wants)
	}
}

func (x *exchange) patch(l *layout, id string) error {
	w, err := x.write(l, id)
	if err != nil {
		return err
	}
	w.silent = x.patchStatus(l) == http.StatusNoContent && !w.wants.Named()
	res, err := x.doPatch(w)
	switch {
	case err != nil:
		return err
	case w.silent:
		if res != nil {
			x.versionHeader(res)
		}
		return x.empty()
	case res == nil:
		return x.read(l, id, w.wants)
	default:
		return x.resource(http.StatusOK, l, res, w.wants)
	}
}

func (x *exchange) patchStatus(l *layout) int {
	if l.rt.Name == "Group" {
		return x.h.set.PatchGroupStatus
	}
	return x.h.set.PatchUserStatus
}

func (x *exchange) delete(l *layout, id string) error {
	match, err := x.conditions(l, id)
	if err != nil {
		return err
	}
	if err := x.doDelete(&write{l: l, id: id, ifMatch: match}); err != nil {
		return err
	}
	return x.empty()
}

// doCreate makes the resource of a POST.
func (x *exchange) doCreate(w *write) (*Resource, error) {
	if err := x.decode(w); err != nil {
		return nil, err
	}
	res, err := x.h.backend.Create(x.ctx, w.l.rt.Name, w.in, w.options())
	if err != nil {
		return nil, err
	}
	return res, checkResource(w.l, res)
}

// doReplace carries out a PUT. It returns nil where the backend does.
func (x *exchange) doReplace(w *write) (*Resource, error) {
	if err := x.decode(w); err != nil {
		return nil, err
	}
	return x.h.backend.Update(x.ctx, Ref{w.l.rt.Name, w.id}, Update{Replace: w.in}, w.options())
}

// decode reads the resource of a POST or a PUT, unless that has been done.
func (x *exchange) decode(w *write) error {
	if w.decoded {
		return nil
	}
	d := x.decoder(w.l)
	in, err := d.resource(w.body)
	if err != nil {
		return err
	}
	x.logIgnored(&d)
	for s := range in.Values() {
		w.wants.write(w.l.typ, s)
	}
	w.in, w.repairs, w.decoded = in, d.used.names(), true
	return nil
}

// doPatch carries out a PATCH. It returns nil where the backend does.
func (x *exchange) doPatch(w *write) (*Resource, error) {
	if err := x.decodePatch(w); err != nil {
		return nil, err
	}
	ref := Ref{w.l.rt.Name, w.id}
	if len(w.ops) > 0 {
		return x.h.backend.Update(x.ctx, ref, Update{Patch: w.ops}, w.options())
	}
	// Nothing to do, but only where there is a resource to do it to.
	return x.inVersion(w.l, w.id, w.wants, w.ifMatch)
}

// decodePatch reads the operations of a PATCH, unless that has been done.
func (x *exchange) decodePatch(w *write) error {
	if w.decoded {
		return nil
	}
	q := patcher{decoder: x.decoder(w.l), id: w.id, maxOps: x.h.set.MaxPatchOps}
	ops, err := q.parse(w.body)
	if err != nil {
		return err
	}
	x.logIgnored(&q.decoder)
	for i := range ops {
		w.wants.write(w.l.typ, ops[i].Target.Slot)
	}
	w.ops, w.repairs, w.decoded = ops, q.used.names(), true
	return nil
}

// doDelete carries out a DELETE.
func (x *exchange) doDelete(w *write) error {
	return x.h.backend.Delete(x.ctx, Ref{w.l.rt.Name, w.id}, WriteOptions{IfMatch: w.ifMatch})
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
func (x *exchange) body() (schema.Value, error) { return x.bodyUpTo(x.h.set.MaxBody) }

// bodyUpTo is body with another limit in bytes.
func (x *exchange) bodyUpTo(most int) (schema.Value, error) {
	if err := checkMediaType(x.r.Header.Get("Content-Type")); err != nil {
		return schema.Value{}, err
	}
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

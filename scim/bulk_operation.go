package scim

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// bulkOp is an operation of a bulk request, or the completion of one.
type bulkOp struct {
	job   *bulkJob
	x     *exchange // the operation as a request of its own
	index int       // in the request

	method string // in upper case
	bulkID string
	// write is what a single request would have read. The id is that of the path,
	// or of the resource that a POST has made.
	write
	named string // the bulkId in the path

	// What link finds.
	target *bulkOp   // the POST that makes the resource which the path names by its bulkId
	refs   []*bulkOp // the POSTs whose resources the data refer to
	ids    []string  // the ids in the data that are in the path of an operation
	// preview has the data with the references still in them, where there are some.
	preview *write

	// A POST in a circle is carried out without the values that refer to what is not
	// there yet: they are the rest, which another operation, the completion, adds
	// once it is. completes is the way back.
	rest       []restValue
	completion *bulkOp
	completes  *bulkOp

	placement // in the job's order
	lane      lane

	// The result.
	processed bool
	early     bool // operations before it had not ended when it began
	retry     bool // it is tried again, since it was early
	version   string
	err       error
	failure   *Error // what the client gets to see of err
	panicked  bool
	skipped   bool // the request was given up before the operation began
}

// restValue is a value, or the elements of a list, that an attribute still has to
// get.
type restValue struct {
	slot  schema.Slot
	value schema.Value
}

// parse reads an operation's members, of which those that are null or not wanted
// count as absent.
func (op *bulkOp) parse(v schema.Value) error {
	method, _ := v.Member("method").Str()
	op.method = strings.ToUpper(method)
	op.bulkID, _ = v.Member("bulkId").Str()
	path, _ := v.Member("path").Str()
	version, _ := v.Member("version").Str()
	switch op.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return syntaxError("The method of an operation has to be POST, PUT, PATCH or DELETE.")
	}
	if err := op.locate(strings.TrimSpace(path)); err != nil {
		return err
	}
	if op.method == http.MethodPost && op.bulkID == "" {
		return syntaxError("A POST needs a bulkId.")
	}
	if op.method != http.MethodDelete {
		switch op.body = v.Member("data"); {
		case op.body.IsUnset() || op.body.IsNull():
			return syntaxError("The operation needs data.")
		case op.body.Kind() != schema.KindObject:
			return syntaxError("The data of an operation have to be a JSON object, they are a %s.", op.body.Kind())
		}
	}
	// Nothing of the resource is shown.
	op.wants = Projection{only: []schema.Selector{{Type: op.l.typ, Slot: schema.SlotID, Sub: schema.NoSlot}}}
	if op.method == http.MethodPost || version == "" {
		return nil
	}
	var err error
	op.ifMatch, err = op.x.versions([]string{version})
	return err
}

// locate reads the path: /Users of a POST; /Users/7 or /Users/bulkId:qwerty of
// the others. The slash may be missing, and the base URL stand before it.
func (op *bulkOp) locate(path string) error {
	set := &op.x.h.set
	if path == "" {
		return syntaxError("The operation needs a path.")
	}
	path, _, _ = strings.Cut(path, "?") // a projection would show nothing
	if rest, ok := below(path, set.base); ok {
		path = rest
	}
	path, err := url.PathUnescape(path)
	if err != nil {
		return syntaxError("The path of the operation is not percent-encoded as it should be.")
	}
	if path, err = set.resourcePath("/" + strings.TrimPrefix(path, "/")); err != nil {
		return err
	}
	endpoint, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	l := op.x.view.layout("/" + endpoint)
	if l == nil {
		return Errorf(http.StatusNotFound, "", "The path of the operation is below no endpoint of a resource type.")
	}
	op.l = l
	switch named, ok := strings.CutPrefix(rest, bulkPrefix); {
	case (op.method == http.MethodPost) != (rest == ""):
		return Errorf(http.StatusMethodNotAllowed, "", "A POST needs the endpoint of a resource type for its path, a PUT, PATCH or DELETE that of a resource.")
	case ok:
		op.named = named
	case strings.IndexByte(rest, '/') >= 0 || !validID(rest):
		return notFound(l.rt.Name)
	default:
		op.id = rest
	}
	return nil
}

// success is the status that a single request would be answered with.
func (op *bulkOp) success() int {
	switch op.method {
	case http.MethodPost:
		return http.StatusCreated
	case http.MethodPut:
		return http.StatusOK
	case http.MethodPatch:
		return op.x.patchStatus(op.l)
	default:
		return http.StatusNoContent
	}
}

// singleRequest makes the operation's exchange look like the single request that
// the operation stands for, for those who are told of errors.
func (op *bulkOp) singleRequest() {
	r := *op.job.x.r
	r.Method = op.method
	if op.l != nil {
		u := *r.URL
		u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/Bulk") + op.l.rt.Endpoint
		if op.method != http.MethodPost {
			u.Path += "/" + op.id
		}
		u.RawPath, u.RawQuery = "", ""
		r.URL = &u
	}
	op.x.r = &r
}

// attempt carries out the operation. It may be called again, with retry set, and
// from any goroutine.
func (op *bulkOp) attempt() {
	if op.err != nil {
		return // it was found out before
	}
	if err := op.x.ctx.Err(); err != nil {
		op.err, op.skipped = err, true
		return
	}
	op.err = errors.New("the backend has ended its goroutine")
	defer func() {
		if p := recover(); p != nil {
			op.err, op.panicked = op.x.panicked(p), true
		}
	}()
	if op.completes != nil {
		op.err = op.complete()
	} else {
		op.err = op.perform()
	}
}

// perform does what a single request would do.
func (op *bulkOp) perform() error {
	if op.target != nil {
		id, err := op.idOf(op.target)
		if err != nil {
			return err
		}
		op.id = id
	}
	w := op.write
	if op.retry {
		w.decoded = false // the backend may have kept what it got
	}
	if len(op.refs) > 0 {
		body, err := op.resolve(w.body)
		if err != nil {
			return err
		}
		w.body = body
	}
	var res *Resource
	var err error
	switch op.method {
	case http.MethodPost:
		res, err = op.create(&w)
	case http.MethodPut:
		res, err = op.x.doReplace(&w)
	case http.MethodPatch:
		res, err = op.x.doPatch(&w)
	default:
		err = op.x.doDelete(&w)
	}
	if err == nil && res != nil {
		// Where the backend does not say, reading the resource for its version is
		// not worth a call.
		op.version = res.Version
	}
	return err
}

// create carries out a POST, at first without what cannot be there yet.
func (op *bulkOp) create(w *write) (*Resource, error) {
	if op.completion != nil {
		if err := op.x.decode(w); err != nil {
			return nil, err
		}
		if err := op.split(w.in); err != nil {
			return nil, err
		}
	}
	res, err := op.x.doCreate(w)
	if err == nil {
		op.id, op.repairs = res.Record.At(schema.SlotID).Text(), w.repairs
	}
	return res, err
}

// complete gives the resource of a POST, unless that has failed, the values that
// it was created without.
func (op *bulkOp) complete() error {
	post := op.completes
	op.version = post.version
	if post.id == "" || len(post.rest) == 0 {
		return nil
	}
	op.id = post.id
	p := patcher{decoder: op.x.decoder(op.l), id: op.id}
	for _, r := range post.rest {
		v, err := op.resolve(r.value)
		if err != nil {
			return err
		}
		if err := p.emit(OpAdd, p.whole(r.slot), v, false); err != nil {
			return err
		}
	}
	o := WriteOptions{Wants: post.wants, Repairs: post.repairs}
	res, err := op.x.h.backend.Update(op.x.ctx, Ref{op.l.rt.Name, op.id}, Update{Patch: p.ops}, o)
	op.version = ""
	if err == nil && res != nil {
		op.version = res.Version
	}
	return err
}

// incomplete is the error of a circle that could not be closed (RFC 7644 section
// 3.7.1).
func incomplete(why *Error) *Error {
	return &Error{
		Status: http.StatusConflict, Err: why.Err,
		Detail: "The resource has been created, but its values that refer to resources of other operations could not be added: " + why.Detail,
	}
}

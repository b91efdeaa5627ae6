package scim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

const (
	mediaType       = "application/scim+json"
	maxFilterLength = schema.MaxFilterLength
	maxIDLength     = 256
)

// Handler serves a [Backend] by the SCIM 2.0 protocol (RFC 7644). It is an
// http.Handler and safe for concurrent use. Making one costs next to nothing, so
// a program with many tenants makes one for each, and keeps it: what it learns
// about the types is kept with it.
type Handler struct {
	backend Backend
	set     settings
	view    atomic.Pointer[view]
	buffers sync.Pool
}

var _ http.Handler = (*Handler)(nil)

// NewHandler returns a handler for a backend. It fails when an option is missing
// or wrong.
func NewHandler(b Backend, o *Options) (*Handler, error) {
	if b == nil {
		return nil, errors.New("scim: the backend is nil")
	}
	s, err := newSettings(o)
	if err != nil {
		return nil, err
	}
	return &Handler{backend: b, set: s}, nil
}

// view is what a handler knows about the types that a backend has just now.
type view struct {
	types   *Types
	layouts []*layout // as types.All()
	docs    *documents
}

func (v *view) layout(endpoint string) *layout {
	for _, l := range v.layouts {
		if l.rt.Endpoint == endpoint {
			return l
		}
	}
	return nil
}

// current returns the view of the backend's present types.
func (h *Handler) current(ctx context.Context) (*view, error) {
	types, err := h.backend.Types(ctx)
	if err != nil {
		return nil, err
	}
	old := h.view.Load()
	if old != nil && old.types == types {
		return old, nil
	}
	v := &view{types: types}
	for i := range types.list {
		v.layouts = append(v.layouts, newLayout(&types.list[i], types.list))
	}
	if old != nil && old.types.version == types.version && old.types.features == types.features {
		v.docs = old.docs
	} else {
		v.docs = &documents{}
	}
	h.view.Store(v)
	return v, nil
}

// ServeHTTP serves a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := h.requestID(r)
	x := &exchange{h: h, w: w, r: r, id: id}
	header := w.Header()
	header.Set("Content-Type", mediaType)
	header.Set("X-Request-Id", id)
	defer x.recover()
	if err := x.serve(); err != nil {
		x.fail(err)
	}
}

func (h *Handler) requestID(r *http.Request) string {
	if id := RequestID(r.Context()); id != "" {
		return id
	}
	if id := r.Header.Get("X-Request-Id"); validRequestID(id) {
		return id
	}
	return h.set.RequestID()
}

// exchange is one request and its answer.
type exchange struct {
	h    *Handler
	w    http.ResponseWriter
	r    *http.Request
	id   string
	ctx  context.Context // of the request, made by Authenticate
	view *view           // what the backend has just now
	sent bool
	told bool // Options.Refused has been called
}

func (x *exchange) serve() error {
	ctx, err := x.h.set.Auth.Authenticate(x.r)
	if err != nil {
		return unauthorized(err)
	}
	x.ctx = WithRequestID(ctx, x.id)
	for _, enc := range x.r.Header.Values("Content-Encoding") {
		if enc != "" && !strings.EqualFold(enc, "identity") {
			return Errorf(http.StatusUnsupportedMediaType, "", "Compressed bodies are not accepted.")
		}
	}
	return x.route()
}

// unauthorized turns an authenticator's error into status 401, unless it chose
// another.
func unauthorized(err error) error {
	if !isUnauthorized(err) {
		return err
	}
	return &Error{Status: http.StatusUnauthorized, Detail: "The request has no valid credentials.", Err: err}
}

// route finds out what the path means.
func (x *exchange) route() error {
	path, err := x.h.set.resourcePath(x.r.URL.Path)
	if err != nil {
		return err
	}
	first, rest, nested := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if rest == "" {
		nested = false // a slash at the end of a collection's path
	}
	v, err := x.h.current(x.ctx)
	if err != nil {
		return err
	}
	x.view = v
	l := v.layout("/" + first)
	if err := x.mayAsk(first == ".search" && !nested || l != nil && rest == ".search"); err != nil {
		return err
	}
	switch first {
	case "", ".search", "Bulk":
		switch {
		case nested:
			return notFoundPath()
		case first == "":
			return x.root()
		case first == ".search":
			return x.search(nil)
		default:
			return x.bulk()
		}
	case "Me":
		return x.me(rest)
	case "ServiceProviderConfig", "ResourceTypes", "Schemas":
		return x.discovery(first, rest)
	}
	switch {
	case l == nil:
		return notFoundPath()
	case !nested:
		return x.collection(l)
	case rest == ".search":
		return x.search(l)
	case strings.IndexByte(rest, '/') >= 0 || !validID(rest):
		return notFound(l.rt.Name)
	default:
		return x.single(l, rest)
	}
}

// validID refuses ids that no backend can have issued, and those that mean
// another path where somebody forgets to escape them.
func validID(id string) bool {
	if len(id) > maxIDLength || id == "." || id == ".." || !utf8.ValidString(id) {
		return false
	}
	for i := range len(id) {
		if id[i] < 0x20 || id[i] == 0x7f || id[i] == '\\' {
			return false
		}
	}
	return true
}

func notFoundPath() error { return Errorf(http.StatusNotFound, "", "There is no such path.") }

func notFound(name string) error {
	return Errorf(http.StatusNotFound, "", "There is no such %s.", name)
}

func unsupported(sentence string) error {
	return Errorf(http.StatusNotImplemented, "", "%s", sentence)
}

// methods answers a method that the path does not have.
func (x *exchange) methods(allow string) error {
	x.w.Header().Set("Allow", allow)
	return Errorf(http.StatusMethodNotAllowed, "", "The method is not possible on this path; these are: %s.", allow)
}

// recover answers a panic with status 500.
func (x *exchange) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	e := x.panicked(p)
	if x.sent {
		// The client must not take a part for the whole.
		panic(http.ErrAbortHandler)
	}
	if !x.told { // it may be that hook that has panicked
		x.refused(e)
	}
	x.send(e)
}

// panicked logs a panic and returns what the client gets to see of it.
func (x *exchange) panicked(p any) *Error {
	x.h.set.Logger.LogAttrs(x.context(), slog.LevelError, "scim: panic",
		slog.String("request_id", x.id), slog.String("panic", panicText(p)), slog.String("stack", string(debug.Stack())))
	return internalError(x.id, nil)
}

// panicText says what a panic was about. Values other than the runtime's own may
// hold data of people and are told by their type only.
func panicText(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", p)
}

func (x *exchange) context() context.Context {
	if x.ctx != nil {
		return x.ctx
	}
	return x.r.Context()
}

package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// trail says of a request whether the backend's last event for it is one that can
// tell of its failure, and of a bulk request the same of each of its operations: by
// their numbers, 0 is the request. An event of a success cannot: what was to be
// added to a resource of a bulk request may be refused after it was created.
type trail struct{ told sync.Map }

func (t *trail) note(ctx context.Context, tells bool) { t.told.Store(scim.BulkOperation(ctx), tells) }

func (t *trail) tells(ctx context.Context) bool {
	tells, _ := t.told.Load(scim.BulkOperation(ctx))
	return tells == true
}

type trailKey struct{}

func withTrail(ctx context.Context) context.Context {
	return context.WithValue(ctx, trailKey{}, new(trail))
}

// noteRefusal makes an event of a request, or of an operation of a bulk request,
// that was refused before the backend saw it: a body without a userName, a filter
// that does not parse. Otherwise the administrator would look for it in vain.
func (g *Gateway) noteRefusal(connection, base string, r *http.Request, e *scim.Error) {
	ctx := r.Context()
	if t, ok := ctx.Value(trailKey{}).(*trail); ok && t.tells(ctx) {
		return
	}
	action, ref, ok := asked(r.Method, strings.TrimPrefix(r.URL.Path, base))
	if !ok {
		return
	}
	ev := provision.Refused(g.opts.NewID(), g.opts.Clock(), connection, provision.RequestFrom(ctx), action, ref, e)
	s := sink{g}
	if s.Begin(ctx, ev) == nil {
		s.End(ctx, ev)
	}
}

// asked names what a request was about, as far as its method and path tell. It is
// false for paths that are no resource's: what stands there is anybody's.
func asked(method, path string) (provision.Action, scim.Ref, bool) {
	endpoint, id, _ := strings.Cut(strings.Trim(path, "/"), "/")
	var ref scim.Ref
	switch endpoint {
	case "Users":
		ref.Type = "User"
	case "Groups":
		ref.Type = "Group"
	default:
		return "", ref, false
	}
	ref.ID = id
	switch method {
	case http.MethodPost:
		return provision.ActionCreate, ref, true
	case http.MethodPut:
		return provision.ActionReplace, ref, true
	case http.MethodPatch:
		return provision.ActionPatch, ref, true
	case http.MethodDelete:
		return provision.ActionDelete, ref, true
	}
	if id == "" {
		return provision.ActionList, ref, true
	}
	return provision.ActionGet, ref, true
}

package scim

import (
	"fmt"
	"net/http"
)

// me serves /Me (RFC 7644 section 3.11): the resource of who asks, in all else as
// under its own path, which Location tells. A user is not made there: the type
// would be left to the service provider, and nobody who is not known yet may ask.
func (x *exchange) me(rest string) error {
	switch {
	case rest != "":
		return notFoundPath()
	case x.h.set.Me == nil:
		return unsupported("The path /Me is not supported: address the user by its id.")
	case x.r.Method == http.MethodPost:
		return unsupported("Nothing can be created at /Me: use the path of the resource type.")
	}
	ref, err := x.h.set.Me(x.ctx)
	if err != nil {
		return err
	}
	rt := x.view.types.ByName(ref.Type)
	if rt == nil || ref.ID == "" || !validID(ref.ID) {
		return fmt.Errorf("scim: Options.Me returned no resource that is served, but type %q", ref.Type)
	}
	x.w.Header().Set("Location", x.location(rt.Endpoint, ref.ID))
	return x.single(x.view.layout(rt.Endpoint), ref.ID)
}

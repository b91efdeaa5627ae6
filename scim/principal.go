package scim

import (
	"context"
	"net/http"
)

// Principal is who asks, and what they may do.
type Principal struct {
	// Name is for logs and events; it is no secret.
	Name string
	// ReadOnly principals read and search (GET, HEAD and POST on .search); all else is
	// answered with status 403.
	ReadOnly bool
}

type principalKey struct{}

// WithPrincipal returns a context that says who asks: what an [Authenticator]
// returns, or a program that authenticates before the handler.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf returns who asks; the zero Principal, who may do everything, where
// nobody said so.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// mayAsk refuses what is no read to those who only read, before anything else is
// looked at: whatever is served later is covered.
func (x *exchange) mayAsk(search bool) error {
	switch x.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	case http.MethodPost:
		if search {
			return nil
		}
	}
	return x.mayWrite()
}

// mayWrite refuses the writes of those who only read.
func (x *exchange) mayWrite() error {
	if PrincipalOf(x.ctx).ReadOnly {
		return Errorf(http.StatusForbidden, "", "These credentials are for reading only.")
	}
	return nil
}

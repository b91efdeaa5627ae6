package scim

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Authenticator decides whether a request may pass. It is safe for concurrent
// use.
type Authenticator interface {
	// Authenticate returns the context in which the request is served: the
	// request's own, or one made from it that tells the backend who asks. An
	// error that is, or wraps, an [*Error] is sent as it is; any other is
	// answered with status 401 and a fixed sentence.
	Authenticate(r *http.Request) (context.Context, error)
}

// AuthFunc is a function that is an [Authenticator].
type AuthFunc func(r *http.Request) (context.Context, error)

// Authenticate calls f.
func (f AuthFunc) Authenticate(r *http.Request) (context.Context, error) { return f(r) }

// BearerToken returns an authenticator that lets requests with that bearer token
// pass (RFC 6750 section 2.1). It keeps a hash of the token and compares in
// constant time. NewHandler refuses an empty token.
func BearerToken(token string) Authenticator {
	return bearerToken{empty: strings.TrimSpace(token) == "", sum: sha256.Sum256([]byte(token))}
}

// NoAuth returns an authenticator that lets every request pass, for handlers
// behind something that has authenticated already.
func NoAuth() Authenticator {
	return AuthFunc(func(r *http.Request) (context.Context, error) { return r.Context(), nil })
}

type bearerToken struct {
	empty bool
	sum   [sha256.Size]byte
}

var (
	_ Authenticator = bearerToken{}
	_ Authenticator = AuthFunc(nil)
)

var errUnauthorized = errors.New("no valid bearer token")

func (b bearerToken) Authenticate(r *http.Request) (context.Context, error) {
	var token string
	var ok bool
	// Of two headers, a proxy may have looked at the other one.
	if values := r.Header.Values("Authorization"); len(values) == 1 {
		token, ok = bearer(values[0])
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(sum[:], b.sum[:]) != 1 || !ok || b.empty {
		return nil, errUnauthorized
	}
	return r.Context(), nil
}

// bearer returns the token of an Authorization header.
func bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, ok && token != "" && strings.EqualFold(scheme, "Bearer")
}

// challenges returns the values of WWW-Authenticate for the schemes that are
// announced (RFC 7644 section 2), Bearer where none of them has one. Digest would
// need a nonce.
func challenges(schemes []AuthScheme) []string {
	var out []string
	for _, s := range schemes {
		c := `Bearer realm="SCIM"`
		switch s.Type {
		case "httpbasic":
			c = `Basic realm="SCIM", charset="UTF-8"`
		case "httpdigest":
			continue
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if out == nil {
		out = []string{`Bearer realm="SCIM"`}
	}
	return out
}

// AuthScheme describes a way to authenticate in ServiceProviderConfig (RFC 7643
// section 5).
type AuthScheme struct {
	// Type is oauth, oauth2, oauthbearertoken, httpbasic or httpdigest.
	Type string
	// Name and Description are for people.
	Name, Description string
	// SpecURI and DocumentationURI are left out when empty.
	SpecURI, DocumentationURI string
	Primary                   bool
}

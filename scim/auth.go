package scim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
)

// Authenticator decides whether a request may pass. It is safe for concurrent
// use.
type Authenticator interface {
	// Authenticate returns the context in which the request is served: the
	// request's own, or one made from it that tells the backend who asks, see
	// [WithPrincipal]. An error that is, or wraps, an [*Error] is sent as it is, a
	// context that has ended is status 503; any other error is logged, and answered
	// with status 401 and a fixed sentence.
	Authenticate(r *http.Request) (context.Context, error)
}

// Why a request is not let in, for the log.
var (
	errNoBearer = errors.New("no bearer token")
	errNoBasic  = errors.New("no credentials for HTTP Basic")
	errUnknown  = errors.New("the credentials are not known")
)

// AuthFunc is a function that is an [Authenticator].
type AuthFunc func(r *http.Request) (context.Context, error)

// Authenticate calls f.
func (f AuthFunc) Authenticate(r *http.Request) (context.Context, error) { return f(r) }

// NoAuth returns an authenticator that lets every request pass, for handlers
// behind something that has authenticated already. That may say who asks by
// [WithPrincipal].
func NoAuth() Authenticator {
	return AuthFunc(func(r *http.Request) (context.Context, error) { return r.Context(), nil })
}

// BearerToken returns an authenticator that lets requests with that bearer token
// pass (RFC 6750 section 2.1). It keeps a hash of the token and compares in
// constant time. NewHandler refuses an empty token.
func BearerToken(token string) Authenticator {
	return bearerToken{empty: strings.TrimSpace(token) == "", sum: sha256.Sum256([]byte(token))}
}

// BearerTokens returns an authenticator that asks a function of the program whose
// a bearer token is, for programs with tokens of their own: many, that expire, or
// from an authorization server.
//
// The function is called for each request with a token, and is safe for concurrent
// use. It looks a token up by a hash of it: then nothing but the hash is stored,
// and how long it takes says nothing about the token. A token that is not known,
// or not good any more, is an error, or a [Principal] without a name: the answer is
// 401. An error that is, or wraps, an [*Error] is sent as it is: that is for a
// store that cannot be reached (503), since clients give up on a 401.
func BearerTokens(lookup func(ctx context.Context, token string) (Principal, error)) Authenticator {
	return bearerTokens{lookup}
}

// Basic returns an authenticator that asks a function of the program who has that
// name and password, for clients that cannot send tokens (HTTP Basic, RFC 7617).
// What is said of the function of [BearerTokens] holds for this one as well; it
// compares in constant time, and for an unknown name too. [BasicAccount] does so for
// a single account.
func Basic(lookup func(ctx context.Context, user, password string) (Principal, error)) Authenticator {
	return basic{lookup}
}

// BasicAccount returns an authenticator that lets requests with that name and
// password pass, by HTTP Basic. It keeps hashes and compares in constant time. The
// principal is called user where it has no name. The password is one that was drawn
// at random: there is no limit to how often one can be guessed. NewHandler refuses
// an empty user or password.
func BasicAccount(user, password string, p Principal) Authenticator {
	p.Name = cmp.Or(p.Name, user)
	account := basicAccount{empty: user == "" || password == ""}
	wantUser, wantPassword := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	account.lookup = func(_ context.Context, user, password string) (Principal, error) {
		u, w := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
		if subtle.ConstantTimeCompare(u[:], wantUser[:])&subtle.ConstantTimeCompare(w[:], wantPassword[:]) != 1 {
			return Principal{}, errUnknown
		}
		return p, nil
	}
	return account
}

// AnyOf returns an authenticator that asks several, in that order: the first one
// that lets a request pass decides, and so does an [*Error] of one. What is there
// for bearer tokens may so stand beside what is there for HTTP Basic, and a new
// token beside the old one.
func AnyOf(auths ...Authenticator) Authenticator { return anyOf(auths) }

type (
	bearerToken struct {
		empty bool
		sum   [sha256.Size]byte
	}
	bearerTokens struct {
		lookup func(ctx context.Context, token string) (Principal, error)
	}
	basic struct {
		lookup func(ctx context.Context, user, password string) (Principal, error)
	}
	basicAccount struct {
		basic
		empty bool
	}
	anyOf []Authenticator
)

var (
	_ Authenticator = AuthFunc(nil)
	_ known         = bearerToken{}
	_ known         = bearerTokens{}
	_ known         = basic{}
	_ known         = basicAccount{}
	_ known         = anyOf{}
)

func (b bearerToken) Authenticate(r *http.Request) (context.Context, error) {
	token, ok := bearer(r)
	sum := sha256.Sum256([]byte(token))
	switch {
	case !ok:
		return nil, errNoBearer
	case subtle.ConstantTimeCompare(sum[:], b.sum[:]) != 1:
		return nil, errUnknown
	}
	return r.Context(), nil
}

func (b bearerTokens) Authenticate(r *http.Request) (context.Context, error) {
	token, ok := bearer(r)
	if !ok {
		return nil, errNoBearer
	}
	p, err := b.lookup(r.Context(), token)
	return recognized(r, p, err)
}

func (b basic) Authenticate(r *http.Request) (context.Context, error) {
	if _, ok := authorization(r, "Basic"); !ok {
		return nil, errNoBasic
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		return nil, errUnknown
	}
	p, err := b.lookup(r.Context(), user, password)
	return recognized(r, p, err)
}

func (a anyOf) Authenticate(r *http.Request) (context.Context, error) {
	reasons := []error{errUnknown} // of none, nobody passes
	for _, auth := range a {
		ctx, err := auth.Authenticate(r)
		if err == nil {
			return ctx, nil
		}
		if !isUnauthorized(err) {
			return nil, err
		}
		reasons = append(reasons, err)
	}
	return nil, errors.Join(reasons...)
}

// isUnauthorized reports whether an authenticator's error says no more than that
// the credentials are not good: it did not choose an answer, and did not give up
// waiting.
func isUnauthorized(err error) bool {
	var e *Error
	return !errors.As(err, &e) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// recognized returns the context of a principal. One without a name is nobody: it
// is what the map of a careless lookup returns for an unknown key.
func recognized(r *http.Request, p Principal, err error) (context.Context, error) {
	switch {
	case err != nil:
		return nil, err
	case p.Name == "":
		return nil, errUnknown
	}
	return WithPrincipal(r.Context(), p), nil
}

// bearer returns the bearer token of a request.
func bearer(r *http.Request) (string, bool) { return authorization(r, "Bearer") }

// authorization returns the credentials of the Authorization header, if they are
// of a scheme. Of two headers, a proxy may have looked at the other one: there are
// none then.
func authorization(r *http.Request, scheme string) (string, bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	name, credentials, _ := strings.Cut(values[0], " ")
	credentials = strings.TrimSpace(credentials)
	return credentials, credentials != "" && strings.EqualFold(name, scheme)
}

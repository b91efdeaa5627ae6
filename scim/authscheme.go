package scim

import (
	"errors"
	"net/http"
	"slices"
)

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

// known is an authenticator of this package.
type known interface {
	Authenticator
	// schemes are what is announced unless the options say otherwise.
	schemes() []AuthScheme
	// check says what is wrong with the authenticator.
	check() error
}

func bearerScheme() AuthScheme {
	return AuthScheme{
		Type: "oauthbearertoken", Name: "Bearer token",
		Description: "A token in the Authorization header", SpecURI: "https://www.rfc-editor.org/info/rfc6750",
	}
}

func basicScheme() AuthScheme {
	return AuthScheme{
		Type: "httpbasic", Name: "HTTP Basic",
		Description: "A name and a password in the Authorization header", SpecURI: "https://www.rfc-editor.org/info/rfc7617",
	}
}

func (bearerToken) schemes() []AuthScheme  { return []AuthScheme{bearerScheme()} }
func (bearerTokens) schemes() []AuthScheme { return []AuthScheme{bearerScheme()} }
func (basic) schemes() []AuthScheme        { return []AuthScheme{basicScheme()} }

func (a anyOf) schemes() []AuthScheme {
	var out []AuthScheme
	for _, auth := range a {
		k, ok := auth.(known)
		if !ok {
			continue
		}
		for _, s := range k.schemes() {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

func (b bearerToken) check() error {
	if b.empty {
		return errors.New("scim: the bearer token is empty")
	}
	return nil
}

func (b bearerTokens) check() error {
	if b.lookup == nil {
		return errors.New("scim: BearerTokens needs a function")
	}
	return nil
}

func (b basic) check() error {
	if b.lookup == nil {
		return errors.New("scim: Basic needs a function")
	}
	return nil
}

func (b basicAccount) check() error {
	if b.empty {
		return errors.New("scim: the user or the password of BasicAccount is empty")
	}
	return nil
}

func (a anyOf) check() error {
	if len(a) == 0 {
		return errors.New("scim: AnyOf needs an authenticator")
	}
	for _, auth := range a {
		if auth == nil {
			return errors.New("scim: an authenticator of AnyOf is nil")
		}
		if k, ok := auth.(known); ok {
			if err := k.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// authSchemes returns what is announced for an authenticator: what it knows
// itself, a bearer token where it does not say. The first one is the primary one.
func authSchemes(auth Authenticator) []AuthScheme {
	var out []AuthScheme
	if k, ok := auth.(known); ok {
		out = k.schemes()
	}
	if len(out) == 0 {
		out = []AuthScheme{bearerScheme()}
	}
	out[0].Primary = true
	return out
}

const bearerChallenge = `Bearer realm="SCIM"`

// challenges returns the values of WWW-Authenticate for the schemes that are
// announced (RFC 7644 section 2), Bearer where none of them has one. Digest would
// need a nonce.
func challenges(schemes []AuthScheme) []string {
	var out []string
	for _, s := range schemes {
		c := bearerChallenge
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
		out = []string{bearerChallenge}
	}
	return out
}

// challenge sets WWW-Authenticate. A client whose token was refused is told so,
// that it gets another one (RFC 6750 section 3.1).
func (x *exchange) challenge() {
	list := slices.Clone(x.h.set.challenges)
	if _, sent := bearer(x.r); sent && x.ctx == nil { // not let in
		for i, c := range list {
			if c == bearerChallenge {
				list[i] += `, error="invalid_token"`
			}
		}
	}
	x.w.Header()[http.CanonicalHeaderKey("WWW-Authenticate")] = list
}

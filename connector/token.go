package connector

import (
	"context"
	"sync"
	"time"
)

// Token is what an OAuth 2.0 token endpoint gives for a person's consent. The zero
// Token is none.
type Token struct {
	// Access is what calls are made with.
	Access Secret
	// Refresh is what the next token is asked for with. Targets that rotate it take
	// each one once.
	Refresh Secret
	// Expires is when Access expires; zero if that is not known.
	Expires time.Time
}

// TokenStore keeps the [Token] of one connection. A driver with such a credential
// loads it before each refresh, and saves a new token before it makes the first
// call with it, because the old one is gone by then: a token that is lost ends the
// connection until somebody consents again. So a store should outlive the process,
// and a save that returned nil should be there for good: [TokenDirectory] has such stores.
//
// Processes that serve the same connection share one store. The driver expects
// nothing of it but that a load sees the last save. It is safe for concurrent use.
// Errors are not shown to clients.
type TokenStore interface {
	// LoadToken returns the token that was saved last, the zero Token if there is
	// none.
	LoadToken(ctx context.Context) (Token, error)
	// SaveToken takes the place of the token that is there.
	SaveToken(ctx context.Context, t Token) error
}

// tokenMemory is the store of [NewTokenMemory].
type tokenMemory struct {
	mu sync.Mutex
	t  Token
}

var _ TokenStore = (*tokenMemory)(nil)

// NewTokenMemory returns a store in memory that begins with a token, of which the
// refresh token is enough. What it is given is lost with the process: use it for
// tests, and where the target lets refresh tokens be used again.
func NewTokenMemory(initial Token) TokenStore { return &tokenMemory{t: initial} }

// LoadToken implements TokenStore.
func (m *tokenMemory) LoadToken(context.Context) (Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.t, nil
}

// SaveToken implements TokenStore.
func (m *tokenMemory) SaveToken(_ context.Context, t Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = t
	return nil
}

// Consent is a request for an administrator's consent (RFC 6749 section 4.1): the
// administrator's browser is sent to URL, and comes back to the redirect URL with
// a code and the state. A program keeps the Consent in the administrator's session,
// refuses an answer with another state, and exchanges the code.
type Consent struct {
	URL string
	// State is a random text, which the answer has to bring back.
	State string
	// Verifier proves that who exchanges the code is who asked (RFC 7636). Empty where
	// the target knows nothing of it.
	Verifier Secret
}

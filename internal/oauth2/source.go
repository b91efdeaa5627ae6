package oauth2

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
)

// The life of access tokens.
const (
	renewBefore   = 2 * time.Minute  // its end, at most
	retryRenewing = 15 * time.Second // after a renewal failed while the token is good
	refreshTime   = time.Minute      // that a refresh may take, stores included
	othersSave    = time.Second      // that another process may take to save what it refreshed
)

// Error is why there is no access token, in words fit for an administrator.
type Error struct {
	Code   connector.Code
	Reason string
	// Ended says that the refresh token is refused, and so would be another try with it.
	Ended bool
	Err   error
}

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.Err }

// Options configure a [Source].
type Options struct {
	// HTTP is the client of the token endpoint. Its clock is that of the source.
	HTTP *httpx.Client
	// Fetch asks the endpoint for a token. It gets the refresh token, an empty one without a Store.
	Fetch func(ctx context.Context, refresh connector.Secret) (connector.Token, error)
	// Refuses reports whether an answer refuses the access token. Nil: a 401 does.
	Refuses func(*httpx.Error) bool
	// Store keeps the token. Nil: the grant has no refresh tokens, and what is fetched is kept in memory.
	Store connector.TokenStore
	// Initial is the token where the store has none, or one whose refresh token is refused. Only with a Store.
	Initial connector.Token
}

// Source gives out an access token, and renews it before it expires.
type Source struct {
	o Options

	mu      sync.Mutex
	cur     held
	seq     uint64           // number of the latest token
	flight  *renewal         // under way
	refused connector.Secret // access token that the target did not take
	unsaved *connector.Token // refreshed and not in the store; only the renewal under way touches it
}

// held is an access token in use.
type held struct {
	token connector.Token
	seq   uint64
	renew time.Time // zero: when it is refused
	found bool      // it was in the store, so it may be an old one
}

// renewal is a fetch of a token. err and gaveUp are set when done is closed.
type renewal struct {
	done   chan struct{}
	err    error
	gaveUp bool // the caller who was fetching went away, which says nothing about the account
}

// NewSource returns a source that has no token yet.
func NewSource(o Options) *Source {
	if o.Refuses == nil {
		o.Refuses = func(e *httpx.Error) bool { return e.Status == http.StatusUnauthorized }
	}
	return &Source{o: o}
}

// Use tells with which token a call was made.
type Use struct {
	source *Source
	before uint64 // number of the latest token when the call began
	held   held
}

// useKey carries a *Use through a call.
type useKey struct{}

// Use returns a context for calls, and what tells of the token of the last of them. A nil Source has none.
func (s *Source) Use(ctx context.Context) (context.Context, *Use) {
	u := &Use{source: s}
	if s != nil {
		u.before = s.latest()
	}
	return context.WithValue(ctx, useKey{}, u), u
}

// Refused notes that the target did not take the token, and reports whether another one is worth a try: not if it
// was fetched just for this call.
func (u *Use) Refused() bool {
	return u.source != nil && u.source.replace(u.held, u.before)
}

// Authorize is an Authorize of httpx.Options: it sets a Bearer token.
func (s *Source) Authorize(r *http.Request) error {
	h, err := s.token(r.Context())
	if err != nil {
		return err
	}
	if u, ok := r.Context().Value(useKey{}).(*Use); ok {
		u.held = h
	}
	r.Header.Set("Authorization", "Bearer "+h.token.Access.Reveal())
	return nil
}

// Do makes a call with a client whose Authorize is the source's: once more with a new token where the target
// refuses the one that was sent. That is before anything was done, whatever the method.
func (s *Source) Do(ctx context.Context, c *httpx.Client, req *httpx.Request) (*httpx.Response, error) {
	u, ok := ctx.Value(useKey{}).(*Use)
	if !ok {
		ctx, u = s.Use(ctx)
	}
	before := s.latest()
	resp, err := c.Do(ctx, req)
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Kind == httpx.KindStatus && s.o.Refuses(e) && s.replace(u.held, before) {
		return c.Do(ctx, req)
	}
	return resp, err
}

// latest returns the number of the latest token.
func (s *Source) latest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq
}

// replace notes that the target did not take a token, and reports whether the token is older than a call that
// began when the latest one was before.
func (s *Source) replace(used held, before uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if used.seq == 0 {
		return false
	}
	if s.cur.seq == used.seq {
		s.cur, s.refused = held{}, used.token.Access
	}
	return used.seq <= before || used.found
}

// good reports whether the token at hand can be used.
func (s *Source) good(now time.Time) bool {
	return s.cur.seq != 0 && (s.cur.token.Expires.IsZero() || now.Before(s.cur.token.Expires))
}

// token returns a token that is good for a while. While one renews it early, the others go on with the old one;
// once it has expired, they wait.
func (s *Source) token(ctx context.Context) (held, error) {
	for {
		s.mu.Lock()
		now := s.o.HTTP.Now()
		if s.good(now) && (s.flight != nil || s.cur.renew.IsZero() || now.Before(s.cur.renew)) {
			h := s.cur
			s.mu.Unlock()
			return h, nil
		}
		f := s.flight
		if f == nil {
			f = &renewal{done: make(chan struct{})}
			s.flight = f
			s.mu.Unlock()
			return s.renew(ctx, f)
		}
		s.mu.Unlock()
		select {
		case <-f.done:
			if f.err != nil && !f.gaveUp {
				return held{}, f.err
			}
		case <-ctx.Done():
			return held{}, context.Cause(ctx)
		}
	}
}

// renew gets a token for everybody.
func (s *Source) renew(ctx context.Context, f *renewal) (held, error) {
	h, err := held{}, errors.New("the fetch of a token did not end")
	defer func() { // also when the transport panics: nobody may wait for ever
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flight = nil
		f.err, f.gaveUp = err, s.o.Store == nil && ctx.Err() != nil
		close(f.done)
	}()
	began := s.o.HTTP.Now()
	var t connector.Token
	found := false
	if s.o.Store == nil {
		t, err = s.o.Fetch(ctx, connector.Secret{})
	} else {
		t, found, err = s.refresh(ctx)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.seq++
		s.cur = held{token: t, seq: s.seq, renew: renewAt(t, began), found: found}
		s.refused = connector.Secret{}
		h = s.cur
		return h, nil
	}
	if now := s.o.HTTP.Now(); s.good(now) {
		s.cur.renew = now.Add(retryRenewing)
		h, err = s.cur, nil
		return h, nil
	}
	return held{}, err
}

// renewAt is when a token that is had since began should be renewed; zero if it is not known when it expires.
func renewAt(t connector.Token, began time.Time) time.Time {
	if t.Expires.IsZero() {
		return time.Time{}
	}
	return t.Expires.Add(-min(renewBefore, t.Expires.Sub(began)/5))
}

// refresh returns the store's token if it is good, found then, else a new one, which is in the store.
func (s *Source) refresh(ctx context.Context) (t connector.Token, found bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer cancel()
	if s.unsaved != nil {
		t, err = s.save(ctx, *s.unsaved)
		return t, false, err
	}
	stored, err := s.load(ctx)
	if err != nil || s.fresh(stored) {
		return stored, true, err
	}
	t, err = s.fetch(ctx, stored.Refresh)
	if e, ok := errors.AsType[*Error](err); ok && e.Ended {
		other, otherErr := s.other(ctx, stored)
		switch {
		case otherErr != nil || s.fresh(other):
			return other, true, otherErr
		case !other.Refresh.IsEmpty():
			t, err = s.fetch(ctx, other.Refresh)
		}
	}
	if err == nil {
		t, err = s.save(ctx, t)
	}
	return t, false, err
}

func (s *Source) fetch(ctx context.Context, refresh connector.Secret) (connector.Token, error) {
	t, err := s.o.Fetch(ctx, refresh)
	if t.Refresh.IsEmpty() {
		t.Refresh = refresh // it goes on to be good (RFC 6749 section 6)
	}
	return t, err
}

// other returns what there is beside a token whose refresh token was refused, the zero token if there is nothing:
// what another process has made of it, or the initial one, which somebody may have renewed by hand.
func (s *Source) other(ctx context.Context, refused connector.Token) (connector.Token, error) {
	if err := s.o.HTTP.Pause(ctx, othersSave); err != nil {
		return connector.Token{}, nil
	}
	same := func(t connector.Token) bool { return t.Refresh.Reveal() == refused.Refresh.Reveal() }
	stored, err := s.load(ctx)
	if err == nil && same(stored) {
		stored = s.o.Initial
	}
	if err != nil || same(stored) {
		return connector.Token{}, err
	}
	return stored, nil
}

// fresh reports whether a token from the store can be used as it is.
func (s *Source) fresh(t connector.Token) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, access := s.o.HTTP.Now(), t.Access.Reveal()
	switch {
	case access == "" || access == s.refused.Reveal():
		return false
	case t.Expires.IsZero():
		return true
	case access == s.cur.token.Access.Reveal():
		return now.Before(s.cur.renew)
	}
	return now.Before(t.Expires.Add(-renewBefore))
}

func (s *Source) load(ctx context.Context) (connector.Token, error) {
	t, err := s.o.Store.LoadToken(ctx)
	if err != nil {
		return connector.Token{}, &Error{Code: connector.Unavailable, Reason: "the stored access token could not be loaded", Err: hidden{err}}
	}
	if t.Access.IsEmpty() && t.Refresh.IsEmpty() {
		t = s.o.Initial
	}
	if t.Refresh.IsEmpty() && !s.fresh(t) {
		return connector.Token{}, &Error{Code: connector.Unauthenticated, Reason: "there is no refresh token: somebody has to authorize the OAuth client", Ended: true}
	}
	return t, nil
}

func (s *Source) save(ctx context.Context, t connector.Token) (connector.Token, error) {
	s.unsaved = &t
	if err := s.o.Store.SaveToken(ctx, t); err != nil {
		return connector.Token{}, &Error{Code: connector.Unavailable, Reason: "the new access token could not be stored", Err: hidden{err}}
	}
	s.unsaved = nil
	return t, nil
}

// hidden is an error of a store, whose text may have a token in it.
type hidden struct{ err error }

func (h hidden) Error() string        { return "token store failed" }
func (h hidden) Is(target error) bool { return errors.Is(h.err, target) }

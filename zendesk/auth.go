package zendesk

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// Auth is a credential for an account. However it is printed, it does not show.
type Auth struct {
	oauth        bool
	name, secret connector.Secret // client id and secret, or e-mail address and API token
}

// ClientCredentials returns the credential of a confidential OAuth client, by
// which short-lived access tokens are fetched (developer.zendesk.com, "Grant-type
// tokens"). They act as the user whom the client belongs to; better an
// administrator made for this than a person's own account, because suspending
// that user ends the connection.
func ClientCredentials(id, secret string) Auth {
	return Auth{oauth: true, name: connector.NewSecret(id), secret: connector.NewSecret(secret)}
}

// APIToken returns the credential of an API token that acts as the user with the
// e-mail address. Zendesk retires API tokens: all stop working on 2027-04-30. New
// logs a warning.
func APIToken(email, token string) Auth {
	return Auth{name: connector.NewSecret(email), secret: connector.NewSecret(token)}
}

// check refuses what no credential can be.
func (a Auth) check() error {
	name, secret := settingClientID, settingClientSecret
	if !a.oauth {
		name, secret = settingEmail, settingAPIToken
		if s := a.name.Reveal(); strings.ContainsAny(s, ":/") || !strings.Contains(s, "@") {
			return &connector.SettingError{Field: "credentials." + name, Msg: "an e-mail address is wanted"}
		}
	}
	for field, s := range map[string]string{name: a.name.Reveal(), secret: a.secret.Reveal()} {
		if !isVisible(s) {
			return &connector.SettingError{Field: "credentials." + field, Msg: "it is missing, or has characters that it cannot have"}
		}
	}
	return nil
}

// isVisible reports whether a text has visible ASCII characters only, and some.
func isVisible(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 4096
}

// The life of access tokens. The vendor's bounds for expires_in are exclusive:
// more than 5 minutes, less than 2 days.
const (
	tokenLife     = time.Hour        // asked for
	assumedLife   = 30 * time.Minute // of a token that does not tell
	renewBefore   = 2 * time.Minute  // its end, at most
	retryRenewing = 15 * time.Second // after a renewal failed while the token is good
)

// authorizer sets the credentials of requests. For an OAuth client it fetches
// access tokens: one fetch at a time, before the token at hand expires.
type authorizer struct {
	auth    Auth
	scopes  string
	account string
	http    *httpx.Client // of the token endpoint, nil for an API token
	log     *slog.Logger

	mu      sync.Mutex
	cur     token
	seq     uint64   // number of the latest token
	flight  *renewal // under way
	missing []string // scopes that the latest token was not given
}

// token is an access token.
type token struct {
	value          string
	seq            uint64
	renew, expires time.Time
}

// renewal is a fetch of a token. err and gaveUp are set when done is closed.
type renewal struct {
	done   chan struct{}
	err    error
	gaveUp bool // the caller who was fetching went away, which says nothing about the account
}

func newAuthorizer(auth Auth, scopes, root string, ho httpx.Options, d *driver) (*authorizer, error) {
	a := &authorizer{auth: auth, scopes: scopes, account: d.account, log: d.log}
	if !auth.oauth {
		return a, nil
	}
	// A budget of its own: what the token endpoint refuses says nothing about the
	// API's limits.
	ho.BaseURL, ho.MaxResponseBytes = root+"/oauth", 64<<10
	var err error
	a.http, err = httpx.New(&ho)
	return a, err
}

// usedKey carries a *token through a call, to learn which token it was sent with.
type usedKey struct{}

// authorize is the client's Authorize.
func (a *authorizer) authorize(r *http.Request) error {
	if !a.auth.oauth {
		r.SetBasicAuth(a.auth.name.Reveal()+"/token", a.auth.secret.Reveal())
		return nil
	}
	t, err := a.token(r.Context())
	if err != nil {
		return err
	}
	if used, ok := r.Context().Value(usedKey{}).(*token); ok {
		*used = t
	}
	r.Header.Set("Authorization", "Bearer "+t.value)
	return nil
}

// latest returns the number of the latest token.
func (a *authorizer) latest() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seq
}

// refused notes that the account did not take a token, and reports whether
// another one is worth a try: not if it was fetched just for this call.
func (a *authorizer) refused(used token, before uint64) bool {
	if !a.auth.oauth || used.value == "" {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cur.seq == used.seq {
		a.cur = token{}
	}
	return used.seq <= before
}

// lacking returns the scopes that the latest token was asked for and not given.
func (a *authorizer) lacking() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.missing)
}

// token returns a token that is good for a while. While one renews it early,
// the others go on with the old one; once it has expired, they wait.
func (a *authorizer) token(ctx context.Context) (token, error) {
	for {
		a.mu.Lock()
		now := a.http.Now()
		good := a.cur.value != "" && now.Before(a.cur.expires)
		if good && (a.flight != nil || now.Before(a.cur.renew)) {
			t := a.cur
			a.mu.Unlock()
			return t, nil
		}
		f := a.flight
		if f == nil {
			f = &renewal{done: make(chan struct{})}
			a.flight = f
			a.mu.Unlock()
			return a.renew(ctx, f)
		}
		a.mu.Unlock()
		select {
		case <-f.done:
			if f.err != nil && !f.gaveUp {
				return token{}, f.err
			}
		case <-ctx.Done():
			return token{}, context.Cause(ctx)
		}
	}
}

// renew fetches a token for everybody.
func (a *authorizer) renew(ctx context.Context, f *renewal) (token, error) {
	t, missing, err := token{}, []string(nil), errors.New("the fetch of a token did not end")
	defer func() { // also when the transport panics: nobody may wait for ever
		a.mu.Lock()
		defer a.mu.Unlock()
		a.flight = nil
		f.err, f.gaveUp = err, ctx.Err() != nil
		close(f.done)
	}()
	t, missing, err = a.fetch(ctx)

	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.seq++
		t.seq = a.seq
		a.cur, a.missing = t, missing
		return t, nil
	}
	if now := a.http.Now(); a.cur.value != "" && now.Before(a.cur.expires) {
		a.cur.renew = now.Add(retryRenewing)
		t, err = a.cur, nil
		return t, nil
	}
	return token{}, err
}

// tokenError is why there is no token, in words fit for a client.
type tokenError struct {
	code   connector.Code
	reason string
	err    error
}

func (e *tokenError) Error() string { return e.reason }
func (e *tokenError) Unwrap() error { return e.err }

// fetch asks the token endpoint (developer.zendesk.com, "Create token for grant
// type").
func (a *authorizer) fetch(ctx context.Context) (token, []string, error) {
	asked := a.http.Now()
	resp, err := a.http.Do(ctx, &httpx.Request{
		Method: http.MethodPost, Path: "/tokens", Pattern: "/oauth/tokens",
		Body: map[string]any{
			"grant_type": "client_credentials", "client_id": a.auth.name.Reveal(), "client_secret": a.auth.secret.Reveal(),
			// Only an answer to a request with expires_in tells when the token expires.
			"scope": a.scopes, "expires_in": int64(tokenLife / time.Second),
		},
		Idempotency: httpx.Idempotent, // another token does no harm
		Harmless:    true,
	})
	if err != nil {
		return token{}, nil, a.tokenFailure(err)
	}
	v, err := schema.ParseJSON(resp.Body)
	value := v.Member("access_token").Text()
	if err != nil || !isVisible(value) {
		return token{}, nil, &tokenError{code: connector.Internal, reason: "the answer to the request for an access token has none in it"}
	}
	life := assumedLife
	if n, ok := v.Member("expires_in").Integer(); ok && n > 0 && n <= int64(48*time.Hour/time.Second) {
		life = time.Duration(n) * time.Second
	}
	t := token{value: value, expires: asked.Add(life)}
	t.renew = t.expires.Add(-min(renewBefore, life/5))
	missing := lackingScopes(a.scopes, v.Member("scope"))
	if len(missing) > 0 {
		a.log.WarnContext(ctx, "Zendesk gave the OAuth client fewer scopes than were asked for",
			slog.String("account", a.account), slog.String("missing", strings.Join(missing, " ")))
	}
	return t, missing, nil
}

// tokenFailure finds words for a refusal of the token endpoint. What is not a
// refusal stays as it is.
func (a *authorizer) tokenFailure(err error) error {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok || e.Kind != httpx.KindStatus {
		return err
	}
	out := &tokenError{code: connector.Unauthenticated, reason: "Zendesk does not accept the OAuth client's id and secret", err: err}
	body, parseErr := schema.ParseJSON(e.Body)
	switch code := body.Member("error").Text(); {
	case e.Status == http.StatusNotFound && parseErr != nil:
		out.code, out.reason = connector.Unavailable, "there is no Zendesk account at "+a.account
	case code == "invalid_scope":
		out.code, out.reason = connector.Denied, "the OAuth client may not have the scopes "+a.scopes
	case code == "unauthorized_client", code == "unsupported_grant_type":
		out.reason = "the OAuth client may not use client credentials: it has to be a confidential one"
	}
	return out
}

// lackingScopes compares what was granted with what was asked for: an unknown
// scope still yields a token, with which every call is then forbidden. An answer
// without scopes says nothing.
func lackingScopes(asked string, granted schema.Value) []string {
	var have []string
	for _, s := range granted.Strings() {
		have = append(have, strings.Fields(s)...)
	}
	if len(have) == 0 {
		return nil
	}
	var out []string
	for _, want := range strings.Fields(asked) {
		_, right, narrow := strings.Cut(want, ":")
		if !slices.Contains(have, want) && !(narrow && slices.Contains(have, right)) {
			out = append(out, want)
		}
	}
	return out
}

package oauth2_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/oauth2"
	"github.com/usher-scim/usher/internal/testx"
)

// canary is in every token and every text of the endpoint.
const canary = "canary-1f7d"

// vendor is a token endpoint that rotates refresh tokens, and an API that takes the
// latest access token.
type vendor struct {
	mu      sync.Mutex
	access  string
	refresh string // the one that is good
	issued  int
	asked   []url.Values // at the token endpoint
	calls   []string     // tokens that the API was called with
	keeps   bool         // refresh tokens are not rotated
	status  int          // of the token endpoint, if it is to refuse
	hook    func()       // called while a token is being asked for
}

func newVendor() *vendor { return &vendor{refresh: canary + "-refresh-0"} }

func answer(status int, body any) *http.Response {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(b))}
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/oauth/tokens" {
		return v.token(r), nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	v.calls = append(v.calls, token)
	if token != v.access {
		return answer(401, map[string]string{"error": canary}), nil
	}
	return answer(200, map[string]string{}), nil
}

func (v *vendor) token(r *http.Request) *http.Response {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	v.mu.Lock()
	hook := v.hook
	v.mu.Unlock()
	if hook != nil {
		hook()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, form)
	if v.status != 0 {
		return answer(v.status, map[string]string{"error": canary})
	}
	if form.Get("refresh_token") != v.refresh {
		return answer(400, map[string]string{"error": "invalid_grant", "error_description": canary})
	}
	return answer(200, v.rotate())
}

// rotate makes the next pair of tokens. Call with v.mu held.
func (v *vendor) rotate() map[string]any {
	v.issued++
	v.access = fmt.Sprint(canary, "-access-", v.issued)
	out := map[string]any{"access_token": v.access, "expires_in": 3600, "scope": "read"}
	if !v.keeps {
		v.refresh = fmt.Sprint(canary, "-refresh-", v.issued)
		out["refresh_token"] = v.refresh
	}
	return out
}

func (v *vendor) tokensAsked() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.asked)
}

// store is a token store that can fail, and notes what it is given.
type store struct {
	mu     sync.Mutex
	t      connector.Token
	saves  int
	err    error
	onLoad func(n int) // after the n-th load was read
	loads  int
}

func (s *store) LoadToken(context.Context) (connector.Token, error) {
	s.mu.Lock()
	t, err := s.t, s.err
	s.loads++
	n, hook := s.loads, s.onLoad
	s.mu.Unlock()
	if hook != nil {
		hook(n)
	}
	return t, err
}

func (s *store) SaveToken(ctx context.Context, t connector.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.saves++
	s.t = t
	return nil
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func seeded() *store {
	return &store{t: connector.Token{Refresh: connector.NewSecret(canary + "-refresh-0")}}
}

// process is a program that serves the connection.
type process struct {
	source *oauth2.Source
	api    *httpx.Client
	log    bytes.Buffer
}

func newProcess(t *testing.T, v *vendor, s connector.TokenStore, initial string, clock *testx.Clock) *process {
	t.Helper()
	p := &process{}
	o := httpx.Options{
		BaseURL: "https://acme.example.com/api", Transport: v, Clock: clock, Jitter: func() float64 { return 0 },
		Logger: slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	eo := oauth2.ClientOptions(o, "https://acme.example.com/oauth")
	client, err := httpx.New(&eo)
	require.NoError(t, err)
	endpoint := &oauth2.Endpoint{HTTP: client, Path: "/tokens", Form: true}
	p.source = oauth2.NewSource(oauth2.Options{
		HTTP: client, Store: s, Initial: connector.Token{Refresh: connector.NewSecret(initial)},
		Fetch: func(ctx context.Context, refresh connector.Secret) (connector.Token, error) {
			g, err := endpoint.Ask(ctx, []oauth2.Param{{Name: "grant_type", Value: "refresh_token"}, {Name: "refresh_token", Value: refresh.Reveal()}})
			if r, ok := oauth2.ReadRefusal(err); ok {
				return connector.Token{}, &oauth2.Error{Code: connector.Unauthenticated, Reason: "refused", Ended: r.EndsGrant(), Err: err}
			}
			return g.Token, err
		},
	})
	o.Authorize = p.source.Authorize
	p.api, err = httpx.New(&o)
	require.NoError(t, err)
	return p
}

func (p *process) call(ctx context.Context) error {
	_, err := p.source.Do(ctx, p.api, &httpx.Request{Method: http.MethodGet, Path: "/x"})
	return err
}

func TestSource_RefreshesAndSaves(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	p := newProcess(t, v, s, "", clock)
	require.NoError(t, p.call(t.Context()))
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, 1, v.tokensAsked())
	assert.Equal(t, canary+"-access-1", s.t.Access.Reveal())
	assert.Equal(t, canary+"-refresh-1", s.t.Refresh.Reveal())
	assert.Equal(t, clock.Now().Add(time.Hour), s.t.Expires)

	clock.Advance(57 * time.Minute)
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, 1, v.tokensAsked())
	clock.Advance(90 * time.Second)
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, 2, v.tokensAsked(), "before it expires")
	assert.Equal(t, canary+"-refresh-2", s.t.Refresh.Reveal())
	assert.NotContains(t, p.log.String(), canary)
}

func TestSource_OneRefreshForAll(t *testing.T) {
	t.Parallel()
	v, s := newVendor(), seeded()
	p := newProcess(t, v, s, "", testx.NewClock(time.Time{}))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { assert.NoError(t, p.call(t.Context())) })
	}
	wg.Wait()
	assert.Equal(t, 1, v.tokensAsked())
}

// A token is in the store before the first call is made with it.
func TestSource_NoCallWithATokenThatIsNotSaved(t *testing.T) {
	t.Parallel()
	v, s := newVendor(), seeded()
	p := newProcess(t, v, s, "", testx.NewClock(time.Time{}))
	v.hook = func() { s.fail(errors.New("disk full of " + canary)) }
	err := p.call(t.Context())
	e, ok := errors.AsType[*oauth2.Error](err)
	require.True(t, ok)
	assert.Equal(t, connector.Unavailable, e.Code)
	assert.Contains(t, e.Reason, "could not be stored")
	assert.NotContains(t, fmt.Sprintf("%v|%+v|%v", err, err, e.Err)+p.log.String(), canary)
	assert.Empty(t, v.calls)

	v.hook = nil
	s.fail(nil)
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, 1, v.tokensAsked(), "what was not saved was not lost")
	assert.Equal(t, canary+"-refresh-1", s.t.Refresh.Reveal())
}

func TestSource_AStoreThatCannotBeRead(t *testing.T) {
	t.Parallel()
	v, s := newVendor(), seeded()
	s.fail(errors.New(canary))
	p := newProcess(t, v, s, "", testx.NewClock(time.Time{}))
	err := p.call(t.Context())
	e, ok := errors.AsType[*oauth2.Error](err)
	require.True(t, ok)
	assert.Equal(t, connector.Unavailable, e.Code)
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, e.Err), canary)
	assert.Zero(t, v.tokensAsked())
}

// What one process refreshed, the other finds in the store they share.
func TestSource_ProcessesShareAStore(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	one, two := newProcess(t, v, s, "", clock), newProcess(t, v, s, "", clock)
	for range 5 {
		require.NoError(t, one.call(t.Context()))
		require.NoError(t, two.call(t.Context()))
		clock.Advance(59 * time.Minute)
	}
	assert.Equal(t, 5, v.tokensAsked())
	for _, form := range v.asked {
		assert.Equal(t, "refresh_token", form.Get("grant_type"))
	}
}

// A token that another process has replaced is refused, and the new one is in the store.
func TestSource_ARefusedTokenIsLookedForInTheStore(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	one, two := newProcess(t, v, s, "", clock), newProcess(t, v, s, "", clock)
	require.NoError(t, one.call(t.Context()))
	require.NoError(t, two.call(t.Context()))
	v.mu.Lock()
	v.access = "" // revoked
	v.mu.Unlock()
	require.NoError(t, two.call(t.Context()))
	require.NoError(t, one.call(t.Context()))
	assert.Equal(t, 2, v.tokensAsked())
}

// A token from the store may be an old one: it is worth a refresh even in the call that loaded it.
func TestSource_ATokenOfTheStoreThatIsRefused(t *testing.T) {
	t.Parallel()
	v, clock := newVendor(), testx.NewClock(time.Time{})
	s := &store{t: connector.Token{
		Access: connector.NewSecret("old"), Refresh: connector.NewSecret(canary + "-refresh-0"), Expires: clock.Now().Add(time.Hour),
	}}
	require.NoError(t, newProcess(t, v, s, "", clock).call(t.Context()))
	assert.Equal(t, []string{"old", canary + "-access-1"}, v.calls)
}

// Between the load and the refresh another process was faster.
func TestSource_AFasterProcess(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	faster := newProcess(t, v, s, "", clock)
	s.onLoad = func(n int) {
		if n == 1 {
			assert.NoError(t, faster.call(t.Context()))
		}
	}
	p := newProcess(t, v, s, "", clock)
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, 2, v.tokensAsked(), "the second was refused")
	assert.Equal(t, 1, s.saves)
	assert.Equal(t, []string{canary + "-access-1", canary + "-access-1"}, v.calls)
}

func TestSource_TheEndOfAConsent(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	v.refresh = canary + "-by-hand"
	p := newProcess(t, v, s, "", clock)
	err := p.call(t.Context())
	e, ok := errors.AsType[*oauth2.Error](err)
	require.True(t, ok)
	assert.True(t, e.Ended)
	assert.Equal(t, connector.Unauthenticated, e.Code)
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, err)+p.log.String(), canary)
	assert.Equal(t, 1, v.tokensAsked())

	// Who gives the connection a new refresh token by hand need not clear the store.
	require.NoError(t, newProcess(t, v, s, canary+"-by-hand", clock).call(t.Context()))
	assert.Equal(t, canary+"-refresh-1", s.t.Refresh.Reveal())

	none := newProcess(t, v, &store{}, "", clock)
	err = none.call(t.Context())
	e, ok = errors.AsType[*oauth2.Error](err)
	require.True(t, ok)
	assert.Contains(t, e.Reason, "somebody has to authorize")
}

func TestSource_BeginsWithTheInitialToken(t *testing.T) {
	t.Parallel()
	v, s := newVendor(), &store{}
	require.NoError(t, newProcess(t, v, s, canary+"-refresh-0", testx.NewClock(time.Time{})).call(t.Context()))
	assert.Equal(t, canary+"-refresh-1", s.t.Refresh.Reveal())
}

func TestSource_RefreshTokensThatStay(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	v.keeps = true
	p := newProcess(t, v, s, "", clock)
	require.NoError(t, p.call(t.Context()))
	clock.Advance(time.Hour)
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, canary+"-refresh-0", s.t.Refresh.Reveal())
}

// Who goes away while the token is on its way does not take it along.
func TestSource_ARefreshIsNotCutShort(t *testing.T) {
	t.Parallel()
	v, s := newVendor(), seeded()
	p := newProcess(t, v, s, "", testx.NewClock(time.Time{}))
	ctx, cancel := context.WithCancel(t.Context())
	v.hook = cancel
	require.Error(t, p.call(ctx))
	assert.Equal(t, canary+"-refresh-1", s.t.Refresh.Reveal())
	v.hook = nil
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, 1, v.tokensAsked())
}

func TestSource_ARefusedCallIsMadeOnceMore(t *testing.T) {
	t.Parallel()
	v, s := newVendor(), seeded()
	p := newProcess(t, v, s, "", testx.NewClock(time.Time{}))
	require.NoError(t, p.call(t.Context()))
	v.mu.Lock()
	v.access = "nobody's"
	v.mu.Unlock()
	v.hook = func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.calls = nil
	}
	require.NoError(t, p.call(t.Context()))
	assert.Equal(t, []string{canary + "-access-2"}, v.calls)

	// A token that was fetched for the call is not replaced by another.
	refusing := newVendor()
	s = seeded()
	p = newProcess(t, refusing, s, "", testx.NewClock(time.Time{}))
	refusing.hook = func() {}
	_, use := p.source.Use(t.Context())
	assert.False(t, use.Refused(), "nothing was sent")
	blocked := oauth2.NewSource(oauth2.Options{HTTP: p.api, Fetch: func(context.Context, connector.Secret) (connector.Token, error) {
		return connector.Token{Access: connector.NewSecret("other")}, nil
	}})
	o := httpx.Options{BaseURL: "https://acme.example.com/api", Transport: refusing, Authorize: blocked.Authorize}
	api, err := httpx.New(&o)
	require.NoError(t, err)
	_, err = blocked.Do(t.Context(), api, &httpx.Request{Method: http.MethodGet, Path: "/x"})
	require.Error(t, err)
	assert.Len(t, refusing.calls, 1)
}

func TestSource_AFailedRefreshLeavesTheOldToken(t *testing.T) {
	t.Parallel()
	v, s, clock := newVendor(), seeded(), testx.NewClock(time.Time{})
	p := newProcess(t, v, s, "", clock)
	require.NoError(t, p.call(t.Context()))
	v.status = 501
	clock.Advance(59 * time.Minute)
	for range 3 {
		require.NoError(t, p.call(t.Context()))
	}
	assert.Equal(t, 2, v.tokensAsked(), "not with every call")
	clock.Advance(2 * time.Minute)
	require.Error(t, p.call(t.Context()))
	v.status = 0
	require.NoError(t, p.call(t.Context()))
}

// The endpoint's redirects lead nowhere: the secret would go along.
func TestEndpoint_FollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var hosts []string
	client, err := httpx.New(&httpx.Options{BaseURL: "https://acme.example.com", Transport: roundTrip(func(r *http.Request) *http.Response {
		hosts = append(hosts, r.URL.Host)
		resp := answer(307, nil)
		resp.Header.Set("Location", "https://evil.example.net/token")
		return resp
	})})
	require.NoError(t, err)
	_, err = (&oauth2.Endpoint{HTTP: client, Path: "/token"}).Ask(t.Context(), nil)
	assert.Equal(t, httpx.KindRefused, httpx.KindOf(err))
	assert.Equal(t, []string{"acme.example.com"}, hosts)
}

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func TestEndpoint_Parameters(t *testing.T) {
	t.Parallel()
	params := []oauth2.Param{{Name: "a", Value: "x y&z"}, {Name: "n", Number: 3600}, {Name: "empty"}}
	for form, want := range map[bool][2]string{
		false: {"application/json", `{"a":"x y&z","n":3600}`},
		true:  {"application/x-www-form-urlencoded", "a=x+y%26z&n=3600"},
	} {
		var got [2]string
		client, err := httpx.New(&httpx.Options{BaseURL: "https://acme.example.com", Transport: roundTrip(func(r *http.Request) *http.Response {
			body, _ := io.ReadAll(r.Body)
			got = [2]string{r.Header.Get("Content-Type"), string(body)}
			return answer(201, map[string]any{"access_token": "t"})
		})})
		require.NoError(t, err)
		g, err := (&oauth2.Endpoint{HTTP: client, Path: "/token", Form: form}).Ask(t.Context(), params)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.WithinDuration(t, client.Now().Add(30*time.Minute), g.Token.Expires, time.Minute, "a life that is not told")
	}
}

func TestEndpoint_AnswersWithoutAToken(t *testing.T) {
	t.Parallel()
	for _, body := range []any{nil, map[string]any{}, map[string]any{"access_token": "a b"}, map[string]any{"access_token": "a", "refresh_token": "\n" + canary}} {
		client, err := httpx.New(&httpx.Options{BaseURL: "https://acme.example.com", Transport: roundTrip(func(*http.Request) *http.Response { return answer(200, body) })})
		require.NoError(t, err)
		_, err = (&oauth2.Endpoint{HTTP: client, Path: "/token"}).Ask(t.Context(), nil)
		e, ok := errors.AsType[*oauth2.Error](err)
		require.True(t, ok, "%v", body)
		assert.Equal(t, connector.Internal, e.Code)
		assert.NotContains(t, err.Error(), canary)
	}
}

// The example of RFC 7636 appendix B.
func TestConsent_ProofOfTheRFC(t *testing.T) {
	t.Parallel()
	verifier := []byte{
		116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186,
		22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
	}
	random := bytes.NewReader(append(bytes.Repeat([]byte{7}, 32), verifier...))
	got, err := oauth2.Consent{
		Endpoint: "https://acme.example.com/authorize", ClientID: "id&", RedirectURL: "https://app.example.com/back?a=b", Scope: "read write", PKCE: true,
	}.New(random)
	require.NoError(t, err)
	assert.Equal(t, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", got.Verifier.Reveal())
	u, err := url.Parse(got.URL)
	require.NoError(t, err)
	assert.Equal(t, "https://acme.example.com/authorize", u.Scheme+"://"+u.Host+u.Path)
	assert.Equal(t, url.Values{
		"response_type": {"code"}, "client_id": {"id&"}, "redirect_uri": {"https://app.example.com/back?a=b"}, "scope": {"read write"},
		"state": {got.State}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}, u.Query())
	assert.Len(t, got.State, 43)
	assert.NotContains(t, got.URL, got.Verifier.Reveal())

	_, err = oauth2.Consent{}.New(strings.NewReader("short"))
	require.Error(t, err)
	one, err := oauth2.Consent{}.New(nil)
	require.NoError(t, err)
	two, err := oauth2.Consent{}.New(nil)
	require.NoError(t, err)
	assert.NotEqual(t, one.State, two.State)
}

func TestCheckRedirect(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"https://app.example.com/back": true, "http://localhost:8080/back": true, "http://127.0.0.1/": true,
		"http://app.example.com/": false, "https://u:p@app.example.com/": false, "https://app.example.com/#x": false,
		"": false, "/back": false, "ftp://localhost/": false, "https://": false,
	} {
		assert.Equal(t, want, oauth2.CheckRedirect(raw), raw)
	}
}

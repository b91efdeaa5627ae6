package zendesk

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/oauth2"
	"github.com/usher-scim/usher/schema"
)

// Auth is a credential for an account. However it is printed, it does not show.
type Auth struct {
	kind         authKind
	name, secret connector.Secret // client id and secret, or e-mail address and API token
	consent      *consent         // of an authorization code, else nil
}

// authKind is a way to be somebody.
type authKind uint8

const (
	byAPIToken authKind = iota
	byClientCredentials
	byAuthorizationCode
)

// consent is what a person's consent brought. It is held by its address, so that
// it does not show where an Auth is printed.
type consent struct {
	tokens   connector.TokenStore
	initial  connector.Token // where the store has none
	inMemory bool            // the program has no store
}

// ClientCredentials returns the credential of a confidential OAuth client, by
// which short-lived access tokens are fetched (developer.zendesk.com, "Grant-type
// tokens"). They act as the user whom the client belongs to; better an
// administrator made for this than a person's own account, because suspending
// that user ends the connection.
func ClientCredentials(id, secret string) Auth {
	return Auth{kind: byClientCredentials, name: connector.NewSecret(id), secret: connector.NewSecret(secret)}
}

// AuthorizationCode returns the credential of an OAuth client to which a user has
// consented, with the tokens in a store, where [OAuthClient.Exchange] has put the
// first one. They act as that user, and are renewed before they expire. Zendesk
// takes each refresh token once: a store that loses the last one ends the
// connection. The secret of a public client is "".
func AuthorizationCode(id, secret string, tokens connector.TokenStore) Auth {
	return Auth{kind: byAuthorizationCode, name: connector.NewSecret(id), secret: connector.NewSecret(secret), consent: &consent{tokens: tokens}}
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
	if a.kind == byAPIToken {
		name, secret = settingEmail, settingAPIToken
		if s := a.name.Reveal(); strings.ContainsAny(s, ":/") || !strings.Contains(s, "@") {
			return &connector.SettingError{Field: "credentials." + name, Msg: "an e-mail address is wanted"}
		}
	}
	public := a.kind == byAuthorizationCode && a.secret.IsEmpty()
	for field, s := range map[string]string{name: a.name.Reveal(), secret: a.secret.Reveal()} {
		if !oauth2.IsToken(s) && !(public && field == secret) {
			return &connector.SettingError{Field: "credentials." + field, Msg: "it is missing, or has characters that it cannot have"}
		}
	}
	if a.kind != byAuthorizationCode {
		return nil
	}
	refresh := a.consent.initial.Refresh
	if a.consent.tokens == nil || !refresh.IsEmpty() && !oauth2.IsToken(refresh.Reveal()) {
		return &connector.SettingError{Field: "credentials." + settingRefreshToken, Msg: "it is missing, or has characters that it cannot have"}
	}
	return nil
}

// The lives of tokens that are asked for (reference 1.3: the vendor's bounds are
// exclusive, more than 5 minutes and less than 2 days, more than 7 days and less
// than 90). Only an answer to a request with expires_in tells when the token
// expires.
const (
	tokenLife   = time.Hour
	refreshLife = 90*24*time.Hour - time.Second
)

// authorizer sets the credentials of requests.
type authorizer struct {
	auth     Auth
	scopes   string
	account  string
	endpoint *oauth2.Endpoint // nil for an API token
	source   *oauth2.Source   // nil for an API token
	log      *slog.Logger

	mu      sync.Mutex
	missing []string // scopes that the latest token was not given
}

func newAuthorizer(auth Auth, scopes, root string, ho httpx.Options, d *driver) (*authorizer, error) {
	a := &authorizer{auth: auth, scopes: scopes, account: d.account, log: d.log}
	if auth.kind == byAPIToken {
		return a, nil
	}
	var err error
	if a.endpoint, err = newTokenEndpoint(root, ho); err != nil {
		return nil, err
	}
	o := oauth2.Options{HTTP: a.endpoint.HTTP, Fetch: a.fetch}
	if auth.consent != nil {
		o.Store, o.Initial = auth.consent.tokens, auth.consent.initial
	}
	a.source = oauth2.NewSource(o)
	return a, nil
}

// newTokenEndpoint returns the token endpoint of the account at root
// (developer.zendesk.com, "Create token for grant type").
func newTokenEndpoint(root string, ho httpx.Options) (*oauth2.Endpoint, error) {
	ho = oauth2.ClientOptions(ho, root+"/oauth")
	client, err := httpx.New(&ho)
	return &oauth2.Endpoint{HTTP: client, Path: "/tokens", Pattern: "/oauth/tokens"}, err
}

// authorize is the client's Authorize.
func (a *authorizer) authorize(r *http.Request) error {
	if a.source != nil {
		return a.source.Authorize(r)
	}
	r.SetBasicAuth(a.auth.name.Reveal()+"/token", a.auth.secret.Reveal())
	return nil
}

// do makes a call: once more with a new token where the account refuses the one
// that was sent.
func (a *authorizer) do(ctx context.Context, c *httpx.Client, req *httpx.Request) (*httpx.Response, error) {
	if a.source != nil {
		return a.source.Do(ctx, c, req)
	}
	return c.Do(ctx, req)
}

// lacking returns the scopes that the latest token was asked for and not given.
func (a *authorizer) lacking() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.missing)
}

// fetch asks the token endpoint for a token, with a refresh token where there is
// one.
func (a *authorizer) fetch(ctx context.Context, refresh connector.Secret) (connector.Token, error) {
	grant := []oauth2.Param{{Name: "grant_type", Value: "client_credentials"}, {Name: "scope", Value: a.scopes}}
	if a.auth.kind == byAuthorizationCode {
		// Without scopes the new token has those of the old one.
		grant = []oauth2.Param{
			{Name: "grant_type", Value: "refresh_token"}, {Name: "refresh_token", Value: refresh.Reveal()},
			{Name: "refresh_token_expires_in", Number: int64(refreshLife / time.Second)},
		}
	}
	g, err := a.endpoint.Ask(ctx, append(grant, clientParams(a.auth)...))
	if err != nil {
		return connector.Token{}, a.tokenFailure(err)
	}
	missing := lackingScopes(a.scopes, g.Scope)
	if len(missing) > 0 {
		a.log.WarnContext(ctx, "Zendesk gave the OAuth client fewer scopes than were asked for",
			slog.String("account", a.account), slog.String("missing", strings.Join(missing, " ")))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.missing = missing
	return g.Token, nil
}

// clientParams are what every token request has.
func clientParams(auth Auth) []oauth2.Param {
	return []oauth2.Param{
		{Name: "client_id", Value: auth.name.Reveal()}, {Name: "client_secret", Value: auth.secret.Reveal()},
		{Name: "expires_in", Number: int64(tokenLife / time.Second)},
	}
}

// tokenFailure finds words for a refusal of the token endpoint. What is not a
// refusal stays as it is.
func (a *authorizer) tokenFailure(err error) error {
	r, ok := oauth2.ReadRefusal(err)
	if !ok {
		return err
	}
	out := &oauth2.Error{Code: connector.Unauthenticated, Reason: "Zendesk does not accept the OAuth client's id and secret", Err: err}
	switch {
	case r.Status == http.StatusNotFound && !r.JSON:
		out.Code, out.Reason = connector.Unavailable, "there is no Zendesk account at "+a.account
	case r.Code == "invalid_scope":
		out.Code, out.Reason = connector.Denied, "the OAuth client may not have the scopes "+a.scopes
	case r.EndsGrant() && a.auth.kind == byAuthorizationCode:
		out.Ended, out.Reason = true, "Zendesk does not accept the refresh token any more: somebody has to authorize the OAuth client anew"
	case r.Code == "unauthorized_client", r.Code == "unsupported_grant_type":
		if out.Reason = "the OAuth client may not refresh tokens"; a.auth.kind == byClientCredentials {
			out.Reason = "the OAuth client may not use client credentials: it has to be a confidential one"
		}
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

package freshservice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/oauth2"
)

// What [OAuthApp.Path] can say. Freshworks' pages have two spellings of the
// addresses (developers.freshworks.com, the tutorial and "External apps").
const (
	OAuthPath    = "/oauth/v2"
	OrgOAuthPath = "/org/oauth/v2"
)

// DefaultScopes is what [OAuthApp.Scopes] is by default: what the API's pages list
// for everything that a connection can be set to do (api.freshservice.com, the
// "Scopes" of each endpoint).
const DefaultScopes = "freshservice.requesters.view freshservice.requesters.create freshservice.requesters.edit " +
	"freshservice.requesters.delete freshservice.requesters.manage freshservice.requesters.fields.view " +
	"freshservice.agents.manage freshservice.agents.fields.view freshservice.agents.roles.view " +
	"freshservice.agentgroups.manage freshservice.agentgroups.manage.itsm " +
	"freshservice.departments.view freshservice.departments.manage freshservice.departments.delete freshservice.departments.fields.view " +
	"freshservice.locations.view freshservice.workspaces.view"

// OAuthApp is an app that is registered with Freshworks, which an administrator of
// the account is asked to consent to. What it is given then is the credential
// [OAuth]. Its tokens act as that administrator.
type OAuthApp struct {
	// OrgDomain is the domain of the account's organisation, such as
	// "acme.myfreshworks.com".
	OrgDomain    string
	ClientID     string
	ClientSecret connector.Secret
	// Path is [OAuthPath] or [OrgOAuthPath]; "" means OAuthPath.
	Path string
	// RedirectURL is where the administrator's browser brings the code. [OAuth] does
	// not need it.
	RedirectURL string
	// Scopes are what is asked for, separated by spaces; "" means [DefaultScopes].
	// [OAuth] does not need them.
	Scopes string
}

// grant is what an administrator's consent brought. It is held by its address, so
// that it does not show where an [Auth] is printed.
type grant struct {
	app      OAuthApp
	tokens   connector.TokenStore
	initial  connector.Token // where the store has none
	inMemory bool            // the program has no store
}

// OAuth returns the credential of an app to which an administrator has consented,
// with the tokens in a store, where [OAuthApp.Exchange] has put the first one. They
// are renewed before they expire. Whether Freshservice takes a refresh token more
// than once is not documented, so the store should lose none.
func OAuth(app OAuthApp, tokens connector.TokenStore) Auth {
	return Auth{grant: &grant{app: app, tokens: tokens}}
}

// Consent returns the request for an administrator's consent. Nil random is
// crypto/rand. It has no proof of RFC 7636, of which Freshworks' pages say nothing.
//
// Errors: a [*connector.SettingError] for what is wrong with the app.
func (a OAuthApp) Consent(random io.Reader) (connector.Consent, error) {
	if err := a.checkConsent(); err != nil {
		return connector.Consent{}, err
	}
	scopes := strings.Join(strings.Fields(a.Scopes), " ")
	if scopes == "" {
		scopes = DefaultScopes
	}
	return oauth2.Consent{
		Endpoint: "https://" + a.OrgDomain + a.path() + "/authorize", ClientID: a.ClientID, RedirectURL: a.RedirectURL, Scope: scopes,
	}.New(random)
}

// Exchange turns the code that came back from a consent into tokens, which it puts
// into the store. The options are those of the connection to be.
//
// Errors: Unauthenticated for a client, code or redirect URL that is refused,
// Unavailable and RateLimited; and for the store's failure Unavailable, after which
// the administrator has to consent again.
func (a OAuthApp) Exchange(ctx context.Context, code string, to connector.TokenStore, o *Options) error {
	if err := a.checkConsent(); err != nil {
		return err
	}
	if o == nil {
		o = &Options{}
	}
	endpoint, err := a.endpoint(o)
	if err != nil {
		return fmt.Errorf("freshservice: %w", err)
	}
	g, err := endpoint.Ask(ctx, []oauth2.Param{
		{Name: "grant_type", Value: "authorization_code"}, {Name: "code", Value: code}, {Name: "redirect_uri", Value: a.RedirectURL},
	})
	if err != nil {
		err = tokenFailure(err)
		if t, ok := errors.AsType[*oauth2.Error](err); ok {
			if t.Ended {
				t.Reason = "Freshservice does not accept the code: it is used or too old, or was asked for with another redirect URL"
			}
			return &connector.Error{Code: t.Code, Op: opExchange, Reason: t.Reason, Err: err}
		}
		own, _ := errors.AsType[*connector.Error](fail(err, request{}))
		own.Op = opExchange
		return own
	}
	if err := to.SaveToken(ctx, g.Token); err != nil {
		return &connector.Error{Code: connector.Unavailable, Op: opExchange, Reason: "the access token could not be stored"}
	}
	return nil
}

const opExchange = "exchange code"

func (a OAuthApp) path() string {
	if a.Path == "" {
		return OAuthPath
	}
	return a.Path
}

// check refuses what no app can be.
func (a OAuthApp) check() error {
	switch {
	case !isHost(a.OrgDomain):
		return &connector.SettingError{Field: "settings." + settingOrgDomain, Msg: `the domain of the organisation is wanted, such as "acme.myfreshworks.com"`}
	case a.path() != OAuthPath && a.path() != OrgOAuthPath:
		return &connector.SettingError{Field: "settings." + settingOAuthPath, Msg: "it has to be one of " + OAuthPath + ", " + OrgOAuthPath}
	case !oauth2.IsToken(a.ClientID) || strings.Contains(a.ClientID, ":"): // HTTP Basic
		return &connector.SettingError{Field: "credentials." + settingClientID, Msg: "it is missing, or has characters that it cannot have"}
	case !oauth2.IsToken(a.ClientSecret.Reveal()):
		return &connector.SettingError{Field: "credentials." + settingClientSecret, Msg: "it is missing, or has characters that it cannot have"}
	}
	return nil
}

func (a OAuthApp) checkConsent() error {
	if err := a.check(); err != nil {
		return err
	}
	if !oauth2.CheckRedirect(a.RedirectURL) {
		return &connector.SettingError{Field: "settings.redirect_url", Msg: "an https URL is wanted, or one of localhost"}
	}
	return nil
}

// check refuses what no consent can have brought.
func (g *grant) check() error {
	if err := g.app.check(); err != nil {
		return err
	}
	refresh := g.initial.Refresh
	if g.tokens == nil || !refresh.IsEmpty() && !oauth2.IsToken(refresh.Reveal()) {
		return &connector.SettingError{Field: "credentials." + settingRefreshToken, Msg: "it is missing, or has characters that it cannot have"}
	}
	return nil
}

// endpoint returns the token endpoint. It wants the id and secret of the client by
// HTTP Basic (reference 1.2).
func (a OAuthApp) endpoint(o *Options) (*oauth2.Endpoint, error) {
	root, ho := "https://"+a.OrgDomain, httpOptions(o)
	if o.BaseURL != "" {
		root = strings.TrimSuffix(strings.TrimSuffix(o.BaseURL, "/"), "/api/v2")
	}
	ho = oauth2.ClientOptions(ho, root+a.path())
	ho.Authorize = func(r *http.Request) error {
		r.SetBasicAuth(a.ClientID, a.ClientSecret.Reveal())
		return nil
	}
	client, err := httpx.New(&ho)
	return &oauth2.Endpoint{HTTP: client, Path: "/token", Pattern: a.path() + "/token", Form: true}, err
}

// source returns what gives out the access tokens.
func (g *grant) source(o *Options) (*oauth2.Source, error) {
	endpoint, err := g.app.endpoint(o)
	if err != nil {
		return nil, err
	}
	return oauth2.NewSource(oauth2.Options{
		HTTP: endpoint.HTTP, Store: g.tokens, Initial: g.initial, Refuses: refusesToken,
		Fetch: func(ctx context.Context, refresh connector.Secret) (connector.Token, error) {
			got, err := endpoint.Ask(ctx, []oauth2.Param{
				{Name: "grant_type", Value: "refresh_token"}, {Name: "refresh_token", Value: refresh.Reveal()},
			})
			if err != nil {
				return connector.Token{}, tokenFailure(err)
			}
			return got.Token, nil
		},
	}), nil
}

// refusesToken reports whether an answer refuses the access token: by its status,
// or by its code (reference 1.5).
func refusesToken(e *httpx.Error) bool {
	if e.Status == http.StatusUnauthorized {
		return true
	}
	r := readRefusal(e.Body)
	return e.Status == http.StatusForbidden && (r.has(codeTokenExpired) || r.has(codeTokenInvalid))
}

// tokenFailure finds words for a refusal of the token endpoint. What is not a
// refusal stays as it is.
func tokenFailure(err error) error {
	r, ok := oauth2.ReadRefusal(err)
	if !ok {
		return err
	}
	out := &oauth2.Error{Code: connector.Unauthenticated, Reason: "Freshworks does not accept the app's client id and secret", Err: err}
	switch {
	case r.Status == http.StatusNotFound:
		out.Code, out.Reason = connector.Unavailable, "there is no token endpoint at the domain of the organisation; the setting "+settingOAuthPath+" has its other spelling"
	case r.Code == "invalid_scope":
		out.Code, out.Reason = connector.Denied, "the app may not have the scopes that were asked for"
	case r.EndsGrant():
		out.Ended, out.Reason = true, "Freshservice does not accept the refresh token any more: an administrator has to authorize the app anew"
	}
	return out
}

// caller is the client of the API: with an access token, one that is refused is
// renewed and the call made once more.
type caller struct {
	*httpx.Client
	source *oauth2.Source // nil for an API key
}

// Do shadows that of the client.
func (c caller) Do(ctx context.Context, req *httpx.Request) (*httpx.Response, error) {
	if c.source == nil {
		return c.Client.Do(ctx, req)
	}
	return c.source.Do(ctx, c.Client, req)
}

// isHost reports whether a text is a host name of two labels or more, and no
// address.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if _, err := checkSubdomain(l); err != nil {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && len(s) <= 253 && strings.Trim(last, "0123456789") != ""
}

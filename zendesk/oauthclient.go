package zendesk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/oauth2"
)

// OAuthClient is an OAuth client of an account (Admin Center > Apps and
// integrations > APIs > OAuth clients) that a user is asked to consent to. What it
// is given then is the credential [AuthorizationCode].
type OAuthClient struct {
	// Subdomain is "acme" for acme.zendesk.com.
	Subdomain string
	// ID is the identifier, Secret the secret; a public client has none.
	ID     string
	Secret connector.Secret
	// RedirectURL is one of the client's redirect URLs: where the user's browser brings
	// the code.
	RedirectURL string
	// Scopes are what is asked for, separated by spaces; "" means [DefaultScopes].
	Scopes string
}

// Consent returns the request for a user's consent, with a proof of RFC 7636. Nil
// random is crypto/rand.
//
// Errors: a [*connector.SettingError] for what is wrong with the client.
func (c OAuthClient) Consent(random io.Reader) (connector.Consent, error) {
	account, scopes, err := c.check()
	if err != nil {
		return connector.Consent{}, err
	}
	return oauth2.Consent{
		Endpoint: "https://" + account + "/oauth/authorizations/new", ClientID: c.ID, RedirectURL: c.RedirectURL, Scope: scopes, PKCE: true,
	}.New(random)
}

// Exchange turns the code that came back from a consent into tokens, which it puts
// into the store. Codes live for two minutes and are good for one try. The
// options are those of the connection to be.
//
// Errors: Unauthenticated for a client, code or redirect URL that is refused,
// Denied for scopes, Unavailable and RateLimited; and for the store's failure
// Unavailable, after which the user has to consent again.
func (c OAuthClient) Exchange(ctx context.Context, from connector.Consent, code string, to connector.TokenStore, o *Options) error {
	account, scopes, err := c.check()
	if err != nil {
		return err
	}
	if o == nil {
		o = &Options{}
	}
	root, ho := httpOptions(account, o)
	endpoint, err := newTokenEndpoint(root, ho)
	if err != nil {
		return fmt.Errorf("zendesk: %w", err)
	}
	auth := AuthorizationCode(c.ID, c.Secret.Reveal(), to)
	g, err := endpoint.Ask(ctx, append([]oauth2.Param{
		{Name: "grant_type", Value: "authorization_code"}, {Name: "code", Value: code}, {Name: "redirect_uri", Value: c.RedirectURL},
		{Name: "code_verifier", Value: from.Verifier.Reveal()}, {Name: "scope", Value: scopes},
		{Name: "refresh_token_expires_in", Number: int64(refreshLife / time.Second)},
	}, clientParams(auth)...))
	if err != nil {
		return c.failure(err, account, scopes)
	}
	if err := to.SaveToken(ctx, g.Token); err != nil {
		return &connector.Error{Code: connector.Unavailable, Op: opExchange, Reason: "the access token could not be stored"}
	}
	return nil
}

const opExchange = "exchange code"

// failure gives an error of the token endpoint a code and words.
func (c OAuthClient) failure(err error, account, scopes string) error {
	a := &authorizer{auth: Auth{kind: byAuthorizationCode}, scopes: scopes, account: account}
	err = a.tokenFailure(err)
	out := &connector.Error{Op: opExchange, Err: err}
	if t, ok := errors.AsType[*oauth2.Error](err); ok {
		if out.Code, out.Reason = t.Code, t.Reason; t.Ended {
			out.Reason = "Zendesk does not accept the code: it is used or older than two minutes, or was asked for with another redirect URL"
		}
		return out
	}
	own, _ := errors.AsType[*connector.Error]((&driver{auth: a}).fail(err, request{}))
	own.Op = opExchange
	return own
}

// check returns the account and the scopes.
func (c OAuthClient) check() (account, scopes string, err error) {
	label, err := checkSubdomain(c.Subdomain)
	if err != nil {
		return "", "", err
	}
	if scopes, err = checkScopes(c.Scopes); err != nil {
		return "", "", err
	}
	if err := AuthorizationCode(c.ID, c.Secret.Reveal(), connector.NewTokenMemory(connector.Token{})).check(); err != nil {
		return "", "", err
	}
	if !oauth2.CheckRedirect(c.RedirectURL) {
		return "", "", &connector.SettingError{Field: "settings.redirect_url", Msg: "an https URL is wanted, or one of localhost"}
	}
	return label + ".zendesk.com", scopes, nil
}

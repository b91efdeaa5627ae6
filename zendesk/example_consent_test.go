package zendesk_test

import (
	"context"
	"fmt"
	"net/url"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// An administrator consents to an OAuth client of a simulated account, and the
// connection acts as that administrator.
func ExampleOAuthClient() {
	account := zendesktest.NewServer(nil)
	defer account.Close()
	opts := &zendesk.Options{Transport: account.Client().Transport} // without it: the real acme.zendesk.com
	ctx := context.Background()

	client := zendesk.OAuthClient{
		Subdomain: "acme", ID: account.ClientID(), Secret: connector.NewSecret(account.ClientSecret()),
		RedirectURL: "https://app.example.com/zendesk/back",
	}
	consent, err := client.Consent(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The administrator's browser goes to consent.URL, and comes back with a code.
	u, _ := url.Parse(consent.URL)
	fmt.Println("ask at", u.Host+u.Path)
	code := account.Authorize(zendesktest.Authorization{RedirectURI: client.RedirectURL, Challenge: u.Query().Get("code_challenge")})

	tokens := connector.NewTokenMemory(connector.Token{}) // better one that outlives the process
	if err := client.Exchange(ctx, consent, code, tokens, opts); err != nil {
		fmt.Println(err)
		return
	}
	target, err := zendesk.New("acme", zendesk.AuthorizationCode(client.ID, client.Secret.Reveal(), tokens), opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("check:", target.Check(ctx))
	// Output:
	// ask at acme.zendesk.com/oauth/authorizations/new
	// check: <nil>
}

package oauth2

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"

	"github.com/usher-scim/usher/connector"
)

// Consent describes a request for consent.
type Consent struct {
	// Endpoint is the URL of the authorization endpoint.
	Endpoint                     string
	ClientID, RedirectURL, Scope string
	// PKCE says that the target knows RFC 7636.
	PKCE bool
}

// New returns a request for consent (RFC 6749 section 4.1.1) with a state and a verifier of 256 random bits each.
// Nil random is crypto/rand.
func (c Consent) New(random io.Reader) (connector.Consent, error) {
	if random == nil {
		random = rand.Reader
	}
	state, err := text(random)
	if err != nil {
		return connector.Consent{}, err
	}
	q := url.Values{"response_type": {"code"}, "client_id": {c.ClientID}, "redirect_uri": {c.RedirectURL}, "state": {state}}
	if c.Scope != "" {
		q.Set("scope", c.Scope)
	}
	out := connector.Consent{State: state}
	if c.PKCE {
		verifier, err := text(random)
		if err != nil {
			return connector.Consent{}, err
		}
		sum := sha256.Sum256([]byte(verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
		out.Verifier = connector.NewSecret(verifier)
	}
	out.URL = c.Endpoint + "?" + q.Encode()
	return out, nil
}

// text returns 256 random bits in 43 characters.
func text(random io.Reader) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("randomness for a consent: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// CheckRedirect reports whether a redirect URL is one that targets take: https, or http on the loopback interface.
func CheckRedirect(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	host := u.Hostname()
	return u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1")
}

package oauth2

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

const (
	// assumedLife is that of a token that does not tell.
	assumedLife = 30 * time.Minute
	// maxLife is the longest that is believed.
	maxLife = 90 * 24 * time.Hour
	// maxAnswer bounds an answer of the endpoint, in bytes.
	maxAnswer = 64 << 10
	maxToken  = 8 << 10
)

// Endpoint is a token endpoint.
type Endpoint struct {
	// HTTP is a client made of [ClientOptions].
	HTTP *httpx.Client
	// Path is below the client's base URL; Pattern is its name in records.
	Path, Pattern string
	// Form sends parameters as a form, as RFC 6749 has it, else as JSON.
	Form bool
}

// ClientOptions are the options of an endpoint's client, made of those of the API's: with a budget of its own,
// because what the endpoint refuses says nothing about the API's limits.
func ClientOptions(o httpx.Options, base string) httpx.Options {
	o.BaseURL, o.MaxResponseBytes = base, maxAnswer
	o.Budget, o.RateHint, o.Authorize, o.Reserve = nil, nil, nil, 0
	return o
}

// Grant is what the endpoint gave.
type Grant struct {
	Token connector.Token
	// Scope is what it says of scopes: a text, or unset.
	Scope schema.Value
}

// Ask makes a token request. Parameters without a value are left out.
func (e *Endpoint) Ask(ctx context.Context, params []Param) (Grant, error) {
	asked := e.HTTP.Now()
	req := &httpx.Request{
		Method: http.MethodPost, Path: e.Path, Pattern: e.Pattern,
		// Another access token does no harm. A refresh token that was used already is refused, and was lost with the
		// answer that is asked for again.
		Idempotency: httpx.Idempotent,
		Harmless:    true,
	}
	if e.Form {
		form := url.Values{}
		for _, p := range params {
			if text := p.text(); text != "" {
				form.Set(p.Name, text)
			}
		}
		req.Body = []byte(form.Encode())
		req.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	} else {
		body := make(map[string]any, len(params))
		for _, p := range params {
			if p.Number != 0 {
				body[p.Name] = p.Number
			} else if p.Value != "" {
				body[p.Name] = p.Value
			}
		}
		req.Body = body
	}
	resp, err := e.HTTP.Do(ctx, req)
	if err != nil {
		return Grant{}, err
	}
	v, err := schema.ParseJSON(resp.Body)
	access, refresh := v.Member("access_token").Text(), v.Member("refresh_token").Text()
	if err != nil || !IsToken(access) {
		return Grant{}, &Error{Code: connector.Internal, Reason: "the answer to the request for an access token has none in it"}
	}
	if refresh != "" && !IsToken(refresh) {
		return Grant{}, &Error{Code: connector.Internal, Reason: "the answer to the request for an access token has no refresh token that can be used"}
	}
	life := assumedLife
	if n, ok := v.Member("expires_in").Integer(); ok && n > 0 && n <= int64(maxLife/time.Second) {
		life = time.Duration(n) * time.Second
	}
	return Grant{
		Token: connector.Token{Access: connector.NewSecret(access), Refresh: connector.NewSecret(refresh), Expires: asked.Add(life)},
		Scope: v.Member("scope"),
	}, nil
}

// Param is a parameter of a token request: a text or a number.
type Param struct {
	Name, Value string
	Number      int64
}

func (p Param) text() string {
	if p.Number != 0 {
		return strconv.FormatInt(p.Number, 10)
	}
	return p.Value
}

// IsToken reports whether a text can be a token or a client's id or secret: visible ASCII characters, and some.
func IsToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= maxToken
}

// Refusal is an answer of the endpoint that gives no token.
type Refusal struct {
	Status int
	// Code is the error code of RFC 6749 section 5.2, or "".
	Code string
	// JSON says that the answer is JSON, and not the page of some other server.
	JSON bool
}

// ReadRefusal finds the refusal in an error of [Endpoint.Ask]. ok is false for what went wrong otherwise.
func ReadRefusal(err error) (r Refusal, ok bool) {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok || e.Kind != httpx.KindStatus {
		return Refusal{}, false
	}
	body, parseErr := schema.ParseJSON(e.Body)
	return Refusal{Status: e.Status, Code: body.Member("error").Text(), JSON: parseErr == nil}, true
}

// EndsGrant reports whether the code or the refresh token is what was refused.
func (r Refusal) EndsGrant() bool {
	return r.Code == "invalid_grant" || r.Code == "" && r.JSON && (r.Status == http.StatusBadRequest || r.Status == http.StatusUnauthorized)
}

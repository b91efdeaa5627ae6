package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/zendesk"
)

// maxPasted bounds what is read from stdin, in bytes.
const maxPasted = 16 << 10

const authorizeUsage = `usage: server authorize --config FILE --redirect-url URL [CONNECTION]

Asks for the consent to a connection's OAuth client, and puts the tokens into the token_store of the configuration.

`

// authorize is the command: an administrator consents in a browser and pastes what
// came back. It returns the exit code.
func (p *program) authorize(ctx context.Context, args []string) int {
	set := flag.NewFlagSet("authorize", flag.ContinueOnError)
	set.SetOutput(p.stderr)
	set.Usage = func() {
		_, _ = io.WriteString(p.stderr, authorizeUsage)
		set.PrintDefaults()
	}
	file := set.String("config", "", "configuration `file`")
	redirect := set.String("redirect-url", "", "a redirect `URL` of the OAuth client; nothing has to be served there")
	switch err := set.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	case *file == "" || *redirect == "" || set.NArg() > 1:
		set.Usage()
		return exitUsage
	}
	return report(p.stderr, p.askConsent(ctx, *file, *redirect, set.Arg(0)))
}

func (p *program) askConsent(ctx context.Context, file, redirect, name string) error {
	cfg, err := loadConfig(file, p.env)
	if err != nil {
		return err
	}
	c, err := cfg.find(file, name)
	if err != nil {
		return err
	}
	if cfg.tokens == nil {
		return fmt.Errorf("%s:1: token_store: it is required, or the tokens could not be kept", file)
	}
	if err := cfg.tokens.open(slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	store, err := p.storeOf(ctx, c, cfg.tokens)
	if err != nil {
		return err
	}
	consent, exchange, err := p.consent(c, redirect, store)
	if err != nil {
		return c.explain(err)
	}
	title := cmp.Or(c.config.ID, c.config.Name)
	_, err = fmt.Fprintf(p.stdout, "Open this address in the browser of the user for whom connection %s is to act:\n\n%s\n\n"+
		"Then paste the URL to which the browser was sent back, or the code in it:\n", title, consent.URL)
	if err != nil {
		return err
	}
	line, err := readLine(ctx, p.stdin)
	if err != nil {
		return err
	}
	code, err := readCode(line, consent.State)
	if err != nil {
		return err
	}
	if err := exchange(ctx, code); err != nil {
		return fmt.Errorf("connection %s: %w", title, err)
	}
	_, err = fmt.Fprintf(p.stdout, "The tokens of connection %s are stored.\n", title)
	return err
}

// find returns the connection of an id or name, or the only one for "".
func (c *config) find(file, name string) (*configured, error) {
	var known []string
	for i := range c.connections {
		conn := &c.connections[i]
		if name == conn.config.ID && name != "" || name == conn.config.Name && name != "" || name == "" && len(c.connections) == 1 {
			return conn, nil
		}
		known = append(known, cmp.Or(conn.config.ID, conn.config.Name))
	}
	if name == "" {
		return nil, fmt.Errorf("%s: which connection is meant? There are: %s", file, strings.Join(known, ", "))
	}
	return nil, fmt.Errorf("%s: there is no connection %q; there are: %s", file, name, strings.Join(known, ", "))
}

// storeOf returns the store in which the connection will look for its tokens. To
// find out, it is opened as the server does, which checks its settings as well.
func (p *program) storeOf(ctx context.Context, c *configured, tokens *tokenStore) (connector.TokenStore, error) {
	inMemory, err := memoryApplication()
	if err != nil {
		return nil, err
	}
	var store connector.TokenStore
	apps, err := connector.NewRegistry(append(p.applications(slog.New(slog.DiscardHandler), func(account, clientID string) connector.TokenStore {
		store = tokens.store(account, clientID)
		return store
	}), inMemory)...)
	if err != nil {
		return nil, err
	}
	_, err = apps.Open(ctx, c.config.Target, c.config.Settings)
	switch {
	case errors.Is(err, connector.NotFound):
		return nil, c.at.find("target").errorf("%w", err)
	case err != nil:
		return nil, c.explain(err)
	case store == nil && c.config.Target == "zendesk":
		return nil, c.at.find("settings.grant").errorf("only a connection with %s and an OAuth client has tokens to keep", zendesk.GrantAuthorizationCode)
	case store == nil:
		return nil, c.at.find("credentials").errorf("the connection has no OAuth client")
	}
	return store, tokens.check()
}

// consent returns a request for consent, and what makes tokens of the code that it
// brings.
func (p *program) consent(c *configured, redirect string, store connector.TokenStore) (connector.Consent, func(context.Context, string) error, error) {
	s := c.config.Settings
	var consent connector.Consent
	var exchange func(context.Context, string) error
	var err error
	if c.config.Target == "zendesk" {
		client := zendesk.OAuthClient{
			Subdomain: s.Text("subdomain"), ID: s.Secret("client_id").Reveal(), Secret: s.Secret("client_secret"),
			RedirectURL: redirect, Scopes: s.Text("scopes"),
		}
		consent, err = client.Consent(nil)
		exchange = func(ctx context.Context, code string) error {
			return client.Exchange(ctx, consent, code, store, &p.zendesk)
		}
	} else {
		app := freshservice.OAuthApp{
			OrgDomain: s.Text("org_domain"), ClientID: s.Secret("client_id").Reveal(), ClientSecret: s.Secret("client_secret"),
			Path: s.Text("oauth_path"), RedirectURL: redirect,
		}
		consent, err = app.Consent(nil)
		exchange = func(ctx context.Context, code string) error { return app.Exchange(ctx, code, store, &p.freshservice) }
	}
	if e, ok := errors.AsType[*connector.SettingError](err); ok && e.Field == "settings.redirect_url" {
		err = errors.New("--redirect-url: " + e.Msg)
	}
	return consent, exchange, err
}

// readLine reads a line, or until ctx ends: the read then ends with the program.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(r, maxPasted)).ReadString('\n')
		if line != "" && errors.Is(err, io.EOF) {
			err = nil
		}
		done <- result{strings.TrimSpace(line), err}
	}()
	select {
	case got := <-done:
		if got.line == "" {
			return "", errors.New("nothing was pasted")
		}
		return got.line, got.err
	case <-ctx.Done():
		return "", errors.New("stopped before a code was pasted")
	}
}

var (
	// bareCode is what can be a code, and is no URL.
	bareCode = regexp.MustCompile(`^[!-~]+$`)
	// errorCode is an error code of RFC 6749 section 4.1.2.1 or alike.
	errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)
)

// readCode finds the code in what was pasted: the URL to which the browser was sent
// back, which has to answer this request, or the code as such.
func readCode(pasted, state string) (string, error) {
	if !strings.Contains(pasted, "://") {
		if !bareCode.MatchString(pasted) {
			return "", errors.New("what was pasted is neither a URL nor a code")
		}
		return pasted, nil
	}
	u, err := url.Parse(pasted)
	if err != nil {
		return "", errors.New("what was pasted is no URL") // err would show the code
	}
	q := u.Query()
	switch refusal := q.Get("error"); {
	case q.Get("state") != state:
		return "", errors.New("the URL does not answer this request: its state is another one; begin anew")
	case refusal == "access_denied":
		return "", errors.New("the user did not consent")
	case refusal != "" && errorCode.MatchString(refusal):
		return "", fmt.Errorf("the request for consent was refused: %s", refusal)
	case q.Get("code") == "":
		return "", errors.New("the URL has no code")
	}
	return q.Get("code"), nil
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/usher-scim/usher/connector"
)

// tokenStore is the token_store of the configuration: where OAuth tokens outlive
// the server.
type tokenStore struct {
	at        node
	path      string
	key       []byte
	directory *connector.TokenDirectory // once it is open
	log       *slog.Logger

	mu     sync.Mutex
	failed error // the first store that could not be read
}

// readTokenStore reads what the configuration says, and touches nothing.
func readTokenStore(n node, env environment) (*tokenStore, error) {
	t := &tokenStore{at: n}
	err := n.object(members{
		"directory": func(n node) error {
			path, err := n.text()
			t.path = n.resolve(path)
			return err
		},
		"key": func(n node) error {
			text, err := n.reference(env)
			if err != nil {
				return err
			}
			if t.key = parseTokenKey(text); t.key == nil {
				return n.errorf("64 hexadecimal digits, or base64, of %d bytes are wanted; `server token-key` prints a new key", connector.TokenKeySize)
			}
			return nil
		},
	})
	switch {
	case err != nil:
		return nil, err
	case t.path == "":
		return nil, n.find("directory").errorf("it is required")
	case t.key == nil:
		return nil, n.find("key").errorf("it is required")
	}
	return t, nil
}

// parseTokenKey returns the bytes of a key, nil for what is none.
func parseTokenKey(text string) []byte {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == connector.TokenKeySize {
			return key
		}
	}
	return nil
}

// open opens the directory.
func (t *tokenStore) open(log *slog.Logger) (err error) {
	t.log = log
	if t.directory, err = connector.OpenTokenDirectory(t.path, t.key); err != nil {
		return t.at.find("directory").errorf("%w", err)
	}
	return nil
}

// store is the Tokens of the drivers' options. It reads what is there, so that a
// wrong key is noticed at the start.
func (t *tokenStore) store(account, clientID string) connector.TokenStore {
	s := loggedStore{t.directory.Store(account, clientID), account, t.log}
	if _, err := s.TokenStore.LoadToken(context.Background()); err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.failed == nil {
			t.failed = err
		}
	}
	return s
}

// check returns what was wrong with the stores so far.
func (t *tokenStore) check() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		return nil
	}
	return t.at.errorf("%w", t.failed)
}

// loggedStore logs what goes wrong with a store. Drivers do not tell, because the
// errors of stores that they do not know might show tokens.
type loggedStore struct {
	connector.TokenStore
	account string
	log     *slog.Logger
}

var _ connector.TokenStore = loggedStore{}

// LoadToken implements connector.TokenStore.
func (s loggedStore) LoadToken(ctx context.Context) (connector.Token, error) {
	t, err := s.TokenStore.LoadToken(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "an OAuth token could not be loaded", "account", s.account, "error", err)
	}
	return t, err
}

// SaveToken implements connector.TokenStore.
func (s loggedStore) SaveToken(ctx context.Context, t connector.Token) error {
	err := s.TokenStore.SaveToken(ctx, t)
	if err != nil {
		s.log.ErrorContext(ctx, "an OAuth token could not be stored", "account", s.account, "error", err)
	}
	return err
}

// printTokenKey prints a new key, and nothing else, so that it can be put into a
// file.
func printTokenKey(args []string, stdout io.Writer) error {
	if len(args) > 0 {
		return errors.New("token-key takes no arguments")
	}
	key := make([]byte, connector.TokenKeySize)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	_, err := fmt.Fprintln(stdout, hex.EncodeToString(key))
	return err
}

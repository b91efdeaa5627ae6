package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// TokenPrefix begins every token that [NewToken] makes, so that scanners for
// leaked secrets can tell one.
const TokenPrefix = "usher_"

// hashPrefix begins a written [TokenHash].
const hashPrefix = "sha256:"

// TokenHash is the SHA-256 of a token: what is kept of it. A fast hash is
// enough, since a token has 256 random bits. The zero TokenHash belongs to no
// token.
type TokenHash [sha256.Size]byte

// HashToken returns the hash of a token.
func HashToken(token string) TokenHash { return sha256.Sum256([]byte(token)) }

// ParseTokenHash reads a hash as String writes it; the prefix "sha256:" may be
// missing. Its error does not quote what was given, which may be a token that
// stands there by mistake.
func ParseTokenHash(s string) (TokenHash, error) {
	var h TokenHash
	raw, err := hex.DecodeString(strings.TrimPrefix(s, hashPrefix))
	if err != nil || len(raw) != len(h) {
		return h, fmt.Errorf("a SHA-256 has %d hexadecimal digits", 2*len(h))
	}
	copy(h[:], raw)
	if h.IsZero() {
		return h, errors.New("a SHA-256 of zeros belongs to no token")
	}
	return h, nil
}

// IsZero reports whether the hash is the zero TokenHash.
func (h TokenHash) IsZero() bool { return h == TokenHash{} }

// String returns "sha256:" and 64 hexadecimal digits.
func (h TokenHash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// equal compares in constant time.
func (h TokenHash) equal(other TokenHash) bool {
	return subtle.ConstantTimeCompare(h[:], other[:]) == 1
}

// NewToken draws 256 bits from random and returns them as a token, with its
// hash. The token is shown to somebody once; the hash is kept.
func NewToken(random io.Reader) (string, TokenHash, error) {
	var raw [32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", TokenHash{}, fmt.Errorf("gateway: no randomness for a token: %w", err)
	}
	// Letters and digits only: a double click selects all of it.
	token := TokenPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))
	return token, HashToken(token), nil
}

// Token is a key to one connection.
type Token struct {
	// Name says who has the token ("okta"); events and logs name it as the actor.
	// 1 to 100 printable characters, unique within the connection.
	Name string
	// Hash is what is known of the token.
	Hash TokenHash
	// Expires is when the token stops being good; the zero time means never.
	Expires time.Time
	// ReadOnly tokens can read and search; a write answers 403.
	ReadOnly bool
}

// grant is a token on its connection.
type grant struct {
	Token
	conn *connection
}

// good reports whether the token still opens the connection.
func (g *grant) good(now time.Time) bool { return g.Expires.IsZero() || now.Before(g.Expires) }

// bearer returns the token of an Authorization header (RFC 6750 section 2.1),
// and whether there is one.
func bearer(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.Trim(token, " ")
	return token, token != ""
}

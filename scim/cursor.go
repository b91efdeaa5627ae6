package scim

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/schema"
)

// Limits of cursors in bytes: what a client sends, and what a backend returns so
// that the client can send it.
const (
	maxCursor        = 4096
	maxBackendCursor = maxCursor*3/4 - cursorOverhead
	cursorOverhead   = 12 + 8 + 16 // nonce, expiry, tag
)

// cursorEncoding has unreserved characters only (RFC 9865 section 2).
var cursorEncoding = base64.RawURLEncoding.Strict()

func invalidCursor() error {
	return Errorf(http.StatusBadRequest, InvalidCursor, "The cursor cannot be used: it has to be the nextCursor of an answer to the same query.")
}

// newCursorCipher returns what cursors are encrypted with. The key has
// cursorKeySize bytes.
func newCursorCipher(key []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, "usher scim cursor", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealCursor returns what a client gets of a backend's cursor: its expiry and the
// cursor, encrypted and bound to the query, so that it shows nothing and is good
// for nothing else.
func (x *exchange) sealCursor(endpoint, cursor string, p *parameters) (string, error) {
	if len(cursor) > maxBackendCursor {
		return "", errors.New("the backend returned a cursor that is too long")
	}
	expires := x.h.set.Clock().Add(x.h.set.CursorTimeout)
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(cursor)), uint64(expires.UnixMilli()))
	plain = append(plain, cursor...)
	return cursorEncoding.EncodeToString(x.h.set.cursors.Seal(nil, nil, plain, x.cursorContext(endpoint, p))), nil
}

// openCursor returns the backend's cursor from what a client sends.
func (x *exchange) openCursor(endpoint string, p *parameters) (string, error) {
	if len(p.cursor) > maxCursor {
		return "", invalidCursor()
	}
	sealed, err := cursorEncoding.DecodeString(p.cursor)
	if err != nil {
		return "", invalidCursor()
	}
	plain, err := x.h.set.cursors.Open(nil, nil, sealed, x.cursorContext(endpoint, p))
	if err != nil || len(plain) <= 8 {
		return "", invalidCursor()
	}
	if expires := time.UnixMilli(int64(binary.BigEndian.Uint64(plain))); !x.h.set.Clock().Before(expires) {
		return "", Errorf(http.StatusBadRequest, ExpiredCursor, "The cursor has expired: begin again with an empty one.")
	}
	return string(plain[8:]), nil
}

// cursorContext is what a cursor is bound to: the service provider, the endpoint,
// who asks, and the query, in which case makes no difference. The count may
// change from page to page, and so may the attributes shown.
func (x *exchange) cursorContext(endpoint string, p *parameters) []byte {
	var b []byte
	for _, s := range []string{
		x.h.set.base, endpoint, PrincipalOf(x.ctx).Name,
		schema.Fold(strings.TrimSpace(p.filter)), schema.Fold(strings.TrimSpace(p.sortBy)), schema.Fold(p.sortOrder),
	} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

package connector

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	// TokenKeySize is the length of the key of a [TokenDirectory], in bytes.
	TokenKeySize = 32

	// tokenMagic begins each file, and is authenticated with it: another format has
	// another one.
	tokenMagic = "usher token 1\n"
	// maxTokenFile bounds what is read and written, in bytes.
	maxTokenFile = 64 << 10
)

// ErrTokenUnreadable is the error of a store of a [TokenDirectory] whose file was
// encrypted with another key, for another account or client, or is damaged.
// Which of them cannot be told. The file is left as it is: with the right key it
// is good again, and who has none removes it and asks for consent anew.
var ErrTokenUnreadable = errors.New("it is damaged, or was encrypted with another key")

// TokenDirectory keeps the tokens of connections in files of one directory, so
// that they outlive the process: one file for each account and OAuth client,
// encrypted with AES-256-GCM. Names of files do not tell whose they are.
//
// It is safe for concurrent use, also by several processes of one machine that
// have the same key: a file is replaced as a whole, and a load sees the last save.
type TokenDirectory struct {
	path string
	aead cipher.AEAD
}

// OpenTokenDirectory returns the directory at a path, which is made if its parent
// is there. The key has [TokenKeySize] random bytes.
//
// Errors: for a key of another length, and for a directory that cannot be made or
// written to or is open to other users of the machine.
func OpenTokenDirectory(path string, key []byte) (*TokenDirectory, error) {
	if len(key) != TokenKeySize {
		return nil, fmt.Errorf("connector: the key of a token directory has %d bytes, not %d", TokenKeySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("connector: token directory: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("connector: token directory: %w", err)
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("connector: token directory: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("connector: token directory: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("connector: token directory: %s is no directory", path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("connector: token directory: %s is open to other users (mode %04o); chmod 700 closes it", path, info.Mode().Perm())
	}
	// A directory that cannot be written to would be noticed at the first renewal,
	// when the old token is gone.
	probe, err := os.CreateTemp(path, "probe.*.tmp")
	if err != nil {
		return nil, fmt.Errorf("connector: token directory: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, fmt.Errorf("connector: token directory: %w", err)
	}
	return &TokenDirectory{path: path, aead: aead}, nil
}

// Store returns the store for an account, such as "acme.zendesk.com", and an OAuth
// client's id. It calls nothing. Stores for the same names share one file.
func (d *TokenDirectory) Store(account, clientID string) TokenStore {
	// The lengths keep the two apart, whatever they contain.
	names := binary.BigEndian.AppendUint64(nil, uint64(len(account)))
	names = append(append(names, account...), clientID...)
	sum := sha256.Sum256(names)
	return &tokenFile{
		path: filepath.Join(d.path, hex.EncodeToString(sum[:])+".token"),
		aead: d.aead, bound: append([]byte(tokenMagic), names...),
	}
}

// tokenFile is a store of a [TokenDirectory].
type tokenFile struct {
	path  string
	aead  cipher.AEAD
	bound []byte // additional data of the encryption: what the file is for
}

var _ TokenStore = (*tokenFile)(nil)

// storedToken is what a file has in it. Bytes, because JSON has no other texts than
// those of Unicode.
type storedToken struct {
	Access  []byte    `json:"access_token,omitempty"`
	Refresh []byte    `json:"refresh_token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// LoadToken implements TokenStore. No file is no token.
func (s *tokenFile) LoadToken(context.Context) (Token, error) {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Token{}, nil
	}
	if err != nil {
		return Token{}, fmt.Errorf("token file: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	if err != nil {
		return Token{}, fmt.Errorf("token file: %w", err)
	}
	t, err := s.decode(data)
	if err != nil {
		return Token{}, fmt.Errorf("token file %s: %w", s.path, err)
	}
	return t, nil
}

// SaveToken implements TokenStore. It goes on when ctx ends, because what it is
// given may be the only copy. A file that cannot be read is not replaced: the
// right key may turn up.
func (s *tokenFile) SaveToken(ctx context.Context, t Token) error {
	data, err := s.encode(t)
	if err != nil {
		return fmt.Errorf("token file %s: %w", s.path, err)
	}
	if _, err := s.LoadToken(ctx); err != nil {
		return err
	}
	if err := replaceFile(s.path, data); err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	return nil
}

// encode returns the content of a file with a token.
func (s *tokenFile) encode(t Token) ([]byte, error) {
	text, err := json.Marshal(storedToken{Access: []byte(t.Access.Reveal()), Refresh: []byte(t.Refresh.Reveal()), Expires: t.Expires})
	if err != nil {
		return nil, errors.New("the token cannot be written as JSON") // err could show it
	}
	data := s.aead.Seal([]byte(tokenMagic), nil, text, s.bound)
	if len(data) > maxTokenFile {
		return nil, errors.New("the token is too long")
	}
	return data, nil
}

// decode reads the content of a file.
func (s *tokenFile) decode(data []byte) (Token, error) {
	sealed, ok := bytes.CutPrefix(data, []byte(tokenMagic))
	if !ok || len(data) > maxTokenFile {
		return Token{}, ErrTokenUnreadable
	}
	text, err := s.aead.Open(nil, nil, sealed, s.bound)
	if err != nil {
		return Token{}, ErrTokenUnreadable
	}
	var in storedToken
	if json.Unmarshal(text, &in) != nil {
		return Token{}, ErrTokenUnreadable // nothing that was written here
	}
	return Token{Access: NewSecret(string(in.Access)), Refresh: NewSecret(string(in.Refresh)), Expires: in.Expires}, nil
}

// replaceFile puts a file in the place of another one, with mode 0600. Whoever
// reads meanwhile, and a machine that fails, find the old one or the new one. Once
// it returns nil, the new one stays.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDirectory(filepath.Dir(path))
}

// syncDirectory has the names of a directory written to the disk, on systems that
// can.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // some file systems have no such thing
	}
	return errors.Join(err, d.Close())
}

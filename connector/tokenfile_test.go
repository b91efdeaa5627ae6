package connector_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
)

const tokenCanary = "canary-77"

var (
	tokenKey  = bytes.Repeat([]byte{7}, connector.TokenKeySize)
	otherKey  = bytes.Repeat([]byte{8}, connector.TokenKeySize)
	someToken = connector.Token{
		Access: connector.NewSecret(tokenCanary + "-access\xff"), Refresh: connector.NewSecret(tokenCanary + "-refresh"),
		Expires: time.Date(2027, 1, 2, 3, 4, 5, 6, time.UTC),
	}
)

// openTokens opens a directory; path is made by it.
func openTokens(t testing.TB, path string, key []byte) *connector.TokenDirectory {
	t.Helper()
	d, err := connector.OpenTokenDirectory(path, key)
	require.NoError(t, err)
	return d
}

// tokenFileOf returns the one file of a directory.
func tokenFileOf(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return filepath.Join(dir, entries[0].Name())
}

func TestTokenDirectory_OutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	store := openTokens(t, path, tokenKey).Store("acme.zendesk.com", "the-client")
	none, err := store.LoadToken(t.Context())
	require.NoError(t, err)
	assert.Zero(t, none)

	for _, want := range []connector.Token{someToken, {Refresh: connector.NewSecret("next")}, {}} {
		require.NoError(t, store.SaveToken(t.Context(), want))
		got, err := openTokens(t, path, tokenKey).Store("acme.zendesk.com", "the-client").LoadToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestTokenDirectory_OneFilePerAccountAndClient(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	d := openTokens(t, path, tokenKey)
	pairs := [][2]string{
		{"acme.zendesk.com", "client"}, {"acme.zendesk.com", "client2"}, {"acme.zendesk.comclient", ""}, {"", "acme.zendesk.comclient"},
		{"../../up", "/root"}, {"..", "."}, {"a\x00b", strings.Repeat("x", 5000)}, {"ACME.zendesk.com", "client"},
	}
	for i, p := range pairs {
		require.NoError(t, d.Store(p[0], p[1]).SaveToken(t.Context(), connector.Token{Refresh: connector.NewSecret(fmt.Sprint(i))}))
	}
	for i, p := range pairs {
		got, err := d.Store(p[0], p[1]).LoadToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(i), got.Refresh.Reveal())
	}
	entries, err := os.ReadDir(path)
	require.NoError(t, err)
	assert.Len(t, entries, len(pairs))
	for _, e := range entries {
		assert.Regexp(t, `^[0-9a-f]{64}\.token$`, e.Name())
	}
	above, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, above, 1, "nothing outside")
}

func TestTokenDirectory_FilesAreEncryptedAndPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	store := openTokens(t, path, tokenKey).Store("acme.zendesk.com", "the-client")
	var before []byte
	for range 2 {
		require.NoError(t, store.SaveToken(t.Context(), someToken))
		name := tokenFileOf(t, path)
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, text := range []string{tokenCanary, "acme", "the-client", "token\""} {
			assert.NotContains(t, string(data), text)
		}
		assert.NotEqual(t, before, data, "each file has a nonce of its own")
		before = data
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

// What cannot be read is an error that shows nothing, and stays as it is: a save
// does not replace it.
func TestTokenDirectory_UnreadableFilesStay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key     []byte
		account string // whose file it is taken for
		damage  func([]byte) []byte
	}{
		"another key":      {key: otherKey},
		"another account":  {account: "other.zendesk.com"},
		"empty":            {damage: func([]byte) []byte { return nil }},
		"another format":   {damage: func(b []byte) []byte { return append([]byte("usher token 2\n"), b[14:]...) }},
		"nothing in it":    {damage: func(b []byte) []byte { return b[:14] }},
		"cut off":          {damage: func(b []byte) []byte { return b[:len(b)-1] }},
		"nonce changed":    {damage: func(b []byte) []byte { b[14] ^= 1; return b }},
		"contents changed": {damage: func(b []byte) []byte { b[30] ^= 1; return b }},
		"longer":           {damage: func(b []byte) []byte { return append(b, 'x') }},
		"far longer":       {damage: func(b []byte) []byte { return append(b, bytes.Repeat([]byte{'x'}, 1<<20)...) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "tokens")
			require.NoError(t, openTokens(t, path, tokenKey).Store("acme.zendesk.com", "c").SaveToken(t.Context(), someToken))
			file := tokenFileOf(t, path)
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			key, account := tokenKey, "acme.zendesk.com"
			if c.key != nil {
				key = c.key
			}
			if c.damage != nil {
				data = c.damage(data)
				require.NoError(t, os.WriteFile(file, data, 0o600))
			}
			store := openTokens(t, path, key).Store(account, "c")
			if c.account != "" { // somebody renamed the file
				store = openTokens(t, path, key).Store(c.account, "c")
				require.NoError(t, store.SaveToken(t.Context(), connector.Token{}))
				entries, err := os.ReadDir(path)
				require.NoError(t, err)
				for _, e := range entries {
					if other := filepath.Join(path, e.Name()); other != file {
						require.NoError(t, os.Rename(file, other))
						file = other
					}
				}
			}
			_, loadErr := store.LoadToken(t.Context())
			saveErr := store.SaveToken(t.Context(), someToken)
			for _, err := range []error{loadErr, saveErr} {
				require.ErrorIs(t, err, connector.ErrTokenUnreadable)
				assert.Contains(t, err.Error(), file, "the file is named")
				assert.NotContains(t, err.Error(), tokenCanary)
			}
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(data, kept), "the file is as it was")
			assert.Equal(t, file, tokenFileOf(t, path), "and nothing beside it")
		})
	}
}

func TestTokenDirectory_TokensThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	store := openTokens(t, path, tokenKey).Store("acme.zendesk.com", "c")
	require.NoError(t, store.SaveToken(t.Context(), someToken))
	for name, token := range map[string]connector.Token{
		"too long":         {Access: connector.NewSecret(strings.Repeat(tokenCanary, 10_000))},
		"a year of JSON's": {Refresh: connector.NewSecret(tokenCanary), Expires: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		err := store.SaveToken(t.Context(), token)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), tokenCanary)
	}
	require.NoError(t, os.Rename(path, path+".away"))
	require.Error(t, store.SaveToken(t.Context(), someToken), "the directory is gone")
	require.NoError(t, os.Rename(path+".away", path))
	got, err := store.LoadToken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, someToken, got)
	tokenFileOf(t, path) // and no file left behind
}

func TestOpenTokenDirectory_Refuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	require.NoError(t, os.Mkdir(open, 0o700))
	require.NoError(t, os.Chmod(open, 0o750)) // whatever the umask
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	for name, c := range map[string]struct {
		path, says string
		key        []byte
	}{
		"no key":        {filepath.Join(dir, "a"), "32 bytes, not 0", nil},
		"short key":     {filepath.Join(dir, "a"), "32 bytes, not 16", tokenKey[:16]},
		"open to group": {open, "open to other users (mode 0750)", tokenKey},
		"a file":        {plain, "is no directory", tokenKey},
		"no parent":     {filepath.Join(dir, "a", "b"), "no such file", tokenKey},
		"no path":       {"", "no such file", tokenKey},
	} {
		_, err := connector.OpenTokenDirectory(c.path, c.key)
		require.ErrorContains(t, err, c.says, name)
	}
	_, err := os.Stat(filepath.Join(dir, "a"))
	require.ErrorIs(t, err, os.ErrNotExist, "a wrong key makes no directory")
}

// Whoever loads while others save finds one of the saved tokens, and a whole one.
func TestTokenDirectory_SharedByProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	store := func() connector.TokenStore { return openTokens(t, path, tokenKey).Store("acme.zendesk.com", "c") }
	require.NoError(t, store().SaveToken(t.Context(), connector.Token{Refresh: connector.NewSecret("0")}))
	var wg sync.WaitGroup
	for n := range 4 {
		own := store() // as another process has it
		wg.Go(func() {
			for i := range 10 {
				text := strings.Repeat(fmt.Sprint(n), 1+100*i)
				assert.NoError(t, own.SaveToken(t.Context(), connector.Token{Access: connector.NewSecret(text), Refresh: connector.NewSecret(text)}))
				got, err := own.LoadToken(t.Context())
				assert.NoError(t, err)
				assert.True(t, got.Access.IsEmpty() || got.Access.Reveal() == got.Refresh.Reveal())
			}
		})
	}
	wg.Wait()
	tokenFileOf(t, path)
}

func TestTokenDirectory_DoesNotShow(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef-the-canary-key!")
	d := openTokens(t, filepath.Join(t.TempDir(), "tokens"), key)
	for _, v := range []any{d, *d, d.Store("a", "b")} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			shown := fmt.Sprintf(format, v)
			assert.NotContains(t, shown, "canary")
			assert.NotContains(t, shown, strings.Trim(fmt.Sprint(key[:8]), "[]"))
		}
	}
}

// Whatever a file has in it, reading it ends with a token that was saved, or with
// an error that shows nothing of it.
func FuzzTokenFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "tokens")
	store := openTokens(f, path, tokenKey).Store("acme.zendesk.com", "c")
	require.NoError(f, store.SaveToken(f.Context(), someToken))
	file := tokenFileOf(f, path)
	good, err := os.ReadFile(file)
	require.NoError(f, err)
	f.Add(good)
	f.Add(good[:20])
	f.Add([]byte("usher token 1\n{}"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(file, data, 0o600))
		got, err := store.LoadToken(t.Context())
		if err == nil { // good, or the one of another process that fuzzes
			assert.Equal(t, someToken, got)
			return
		}
		assert.False(t, bytes.Equal(data, good))
		require.ErrorIs(t, err, connector.ErrTokenUnreadable)
		assert.Zero(t, got)
		assert.Equal(t, fmt.Sprintf("token file %s: %v", file, connector.ErrTokenUnreadable), err.Error())
	})
}

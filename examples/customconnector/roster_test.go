package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func itoa(n int) string { return strconv.Itoa(n) }

func line(id int) string {
	return fmt.Sprintf("%d,user-%d@example.com,,,,,true\n", id, id)
}

func rosterWith(t *testing.T, content string) *roster {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.csv")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o640))
	return &roster{path: path}
}

func TestRoster_TextsComeBack(t *testing.T) {
	t.Parallel()
	r := rosterWith(t, header+"\n")
	for i, text := range []string{
		"=1+1", "+1 555 0100", "-", "@here", "'quoted", "'=1", "'", "\ttab", " blanks ", "a,b;c", `say "hi"`, "two\nlines", "two\r\nlines", "true", "Ångström",
	} {
		made, err := r.add(t.Context(), person{"email": itoa(i) + "@example.com", "title": text})
		require.NoError(t, err)
		read, err := r.person(t.Context(), made["id"])
		require.NoError(t, err)
		assert.Equal(t, made["title"], read["title"], "%q", text)
		if text != "two\r\nlines" {
			assert.Equal(t, text, read["title"])
		}
	}
}

func TestRoster_SpreadsheetsFindNoFormula(t *testing.T) {
	t.Parallel()
	r := rosterWith(t, header+"\n")
	_, err := r.add(t.Context(), person{"email": "a@example.com", "title": "=cmd()"})
	require.NoError(t, err)
	data, err := os.ReadFile(r.path)
	require.NoError(t, err)
	assert.Equal(t, header+"\n1,a@example.com,,,'=cmd(),,true\n", string(data))
}

func TestRoster_WriteLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	r := rosterWith(t, header+"\n"+line(1)+line(2))
	_, err := r.change(t.Context(), "1", func(p person) { p["email"] = "user-2@example.com" })
	require.ErrorIs(t, err, errTaken)
	_, err = r.change(t.Context(), "1", func(p person) { p["email"] = "" })
	require.ErrorIs(t, err, errNoEmail)
	_, err = r.change(t.Context(), "3", func(person) {})
	require.ErrorIs(t, err, errNobody)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.add(ended, person{"email": "c@example.com"})
	require.ErrorIs(t, err, context.Canceled)
	data, err := os.ReadFile(r.path)
	require.NoError(t, err)
	assert.Equal(t, header+"\n"+line(1)+line(2), string(data), "what is refused is not written")

	_, err = r.change(t.Context(), "2", func(p person) { p["title"] = "Analyst" })
	require.NoError(t, err)
	entries, err := os.ReadDir(filepath.Dir(r.path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "the file that was prepared is the file")
	info, err := entries[0].Info()
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "others may read it as before")
}

func TestRoster_Unreadable(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty":           "",
		"other columns":   "id,mail\n",
		"too few cells":   header + "\n1,a@example.com\n",
		"id is no number": header + "\nx,a@example.com,,,,,true\n",
		"active is a no":  header + "\n1,a@example.com,,,,,no\n",
		"open quote":      header + "\n1,\"a,,,,,true\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rosterWith(t, content).people(t.Context())
			assert.Error(t, err)
		})
	}
}

package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	oracle "github.com/scim2/filter-parser/v2"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

// What the parser takes prints and parses to the same again; what it takes and
// the oracle takes, the oracle also takes as we print it; what the oracle takes,
// we take, but for the limits and the departures named in stricter. It does with
// resources what the naive evaluator does, with the tree of either parser.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		`userName eq "ada"`, `emails[type eq "work" and value co "@example.com"]`, `emails[type eq "work"].value eq "x"`,
		`not (active eq true) or meta.created gt "2026-01-02T03:04:05Z" and title pr`, `a.b ne null`, `n ge 1.5e3`, `n lt -12`,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "a\"b\\c\u00e9"`, `(((a pr)))`, `a[b pr] and (c pr or d pr)`, `not eq "x"`,
	} {
		f.Add(s)
	}
	f.Add(`a eq"` + strings.Repeat("\u2028", 1360) + `"`)
	f.Add(`a eq "` + strings.Repeat("\xff", 4000) + `"`)
	for seed := range uint64(40) {
		m := newNaiveMaker(seed)
		f.Add(m.print(m.filter(nil, 2)))
	}
	u := user(f)
	r := ada(f, u)
	thing := naiveType(f)
	var things []map[string]any
	for seed := range uint64(8) {
		things = append(things, newNaiveMaker(seed).resource())
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := schema.ParseFilter(text)
		theirs, oracleErr := parseOracle(text)
		if err != nil {
			requireSyntaxError(t, err)
			if oracleErr == nil && theirs != nil && !stricter(text, err) {
				t.Fatalf("the oracle takes %q: %v", text, err)
			}
			return
		}
		printed := parsed.String()
		again, err := schema.ParseFilter(printed)
		if len(printed) > schema.MaxFilterLength {
			return
		}
		require.NoError(t, err, printed)
		require.Equal(t, printed, again.String())
		if oracleErr == nil {
			_, err := parseOracle(printed)
			require.NoError(t, err, "%q is printed as %q", text, printed)
		}
		if n := naiveOf(parsed); n.known() {
			requireNaive(t, thing, text, parsed, n, things)
			if theirs != nil {
				if o := naiveOracle(theirs); o != nil {
					requireNaive(t, thing, "oracle: "+text, parsed, o, things)
				}
			}
		}
		for _, b := range []schema.Binding{{Type: u}, {Type: u, StringBooleans: true}} {
			m, err := b.Match(parsed)
			if err != nil {
				requireSyntaxError(t, err)
				continue
			}
			same, err := b.Match(again)
			require.NoError(t, err)
			require.Equal(t, m.Match(r), same.Match(r))
			if e, ok := m.Element(); ok {
				require.True(t, m.Match(e), "the element that %s describes", printed)
			}
		}
	})
}

// parseOracle parses with filter-parser, whose work is steep in the length.
func parseOracle(text string) (e oracle.Expression, err error) {
	if len(text) > 200 || strings.Count(text, "(")+strings.Count(text, "[") > 8 {
		return nil, errors.New("not asked")
	}
	defer func() {
		if recover() != nil {
			err = errors.New("the oracle panics")
		}
	}()
	return oracle.ParseFilter([]byte(text))
}

// stricter names what the oracle takes and the parser does not, on purpose.
func stricter(text string, err error) bool {
	var e *schema.SyntaxError
	if !errors.As(err, &e) || e.Kind == schema.KindLimit {
		return true
	}
	urn := ""
	if i := strings.LastIndexByte(e.Text, ':'); i >= 0 {
		urn = e.Text[:i]
	}
	switch {
	case !utf8.ValidString(text), strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r >= 0x7f }):
		return true // white space other than blanks, control characters in strings
	case strings.Contains(text, `\`):
		return true // escapes that JSON does not have
	case strings.Contains(e.Msg, "a sub-attribute cannot have a value filter"):
		return true // none is complex (RFC 7643 section 2.3.8)
	case hasPrefixFold(e.Text, "and"), hasPrefixFold(e.Text, "or"):
		return true // no blank around the word
	default:
		return strings.Contains(e.Text, ":") && (len(urn) <= len("urn:") || !hasPrefixFold(urn, "urn:")) // no URN before the name
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func requireSyntaxError(t *testing.T, err error) {
	t.Helper()
	var e *schema.SyntaxError
	require.True(t, errors.As(err, &e), "%T", err)
	require.NotEmpty(t, e.Error())
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{
		"userName", "name.givenName", `emails[type eq "work"].value`, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", `members[value eq "1" or value eq "2"]`, "members.$ref", "a.b.c", "custom_fields.shift",
	} {
		f.Add(s)
	}
	u := user(f)
	r := ada(f, u)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := schema.ParsePath(text)
		if err != nil {
			requireSyntaxError(t, err)
			return
		}
		printed := p.String()
		again, err := schema.ParsePath(printed)
		if len(printed) > schema.MaxFilterLength {
			return
		}
		require.NoError(t, err, printed)
		require.Equal(t, printed, again.String())
		sel, err := u.Select(p)
		if err != nil {
			requireSyntaxError(t, err)
			return
		}
		for range sel.Values(r) {
		}
		// The selector's own text selects the same.
		q, err := schema.ParsePath(sel.String())
		require.NoError(t, err, sel.String())
		same, err := u.Select(q)
		require.NoError(t, err, sel.String())
		require.Equal(t, sel.String(), same.String())
	})
}

// ParseJSON takes what encoding/json takes, within its limits, and means the
// same by it.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2.5e3,true,false,null,"x\u00e9\n\ud83d\ude00"],"b":{"c":{}}}`, ` [ ] `, `"\ud800"`, `12345678901234567890`, `-0`, `{"a":1,"A":2}`,
		"\"\xff\"", `{"a":`, `[1,]`, `{"a" 1}`, `01`, `1.`, `"\x"`, `nul`, `{}x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := schema.ParseJSON(data)
		if err != nil {
			var e *schema.SyntaxError
			require.True(t, errors.As(err, &e))
			require.False(t, e.Kind == schema.KindSyntax && json.Valid(data) && !strings.Contains(e.Msg, "twice"), "%q: %v", data, err)
			return
		}
		require.True(t, json.Valid(data), "%q", data)
		var want, got any
		require.NoError(t, decode(data, &want))
		out := v.AppendJSON(nil)
		require.NoError(t, decode(out, &got), "%s", out)
		require.Equal(t, want, got)
		again, err := schema.ParseJSON(out)
		require.NoError(t, err)
		require.True(t, v.Equal(again))
		require.True(t, again.Equal(v))
		require.Equal(t, v.Unassigned(), again.Unassigned())
	})
}

func decode(data []byte, into *any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows")
	}
	return nil
}

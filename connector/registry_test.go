package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
)

var declared = []connector.Setting{
	{Name: "domain", Required: true, Help: "The part before the first dot."},
	{Name: "plan", Choices: []string{"small", "large"}, Default: "small"},
	{Name: "pages", Kind: connector.NumberSetting, Default: 3},
	{Name: "strict", Kind: connector.SwitchSetting},
	{Name: "api_key", Kind: connector.SecretSetting, Required: true},
	{Name: "second_key", Kind: connector.SecretSetting},
}

// problems lists the fields and messages of joined setting errors.
func problems(t *testing.T, err error) (out []string) {
	t.Helper()
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined)
	for _, e := range joined.Unwrap() {
		var s *connector.SettingError
		require.ErrorAs(t, e, &s)
		out = append(out, s.Error())
	}
	return out
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, err := connector.NewSettings(map[string]any{"domain": "acme", "pages": json.Number("12"), "strict": true, "plan": nil}, map[string]any{"api_key": "s3cret"})
	require.NoError(t, err)
	s, err = s.Check(declared)
	require.NoError(t, err)
	assert.Equal(t, "acme", s.Text("domain"))
	assert.Equal(t, "small", s.Text("plan"))
	assert.Equal(t, int64(12), s.Number("pages"))
	assert.Equal(t, "12", s.Text("pages"))
	assert.True(t, s.Switch("strict"))
	assert.Equal(t, "true", s.Text("strict"))
	assert.Equal(t, "s3cret", s.Secret("api_key").Reveal())
	assert.True(t, s.Secret("second_key").IsEmpty())
	assert.Empty(t, s.Text("nonsense"))
	assert.Zero(t, s.Number("domain"))

	s, err = connector.NewSettings(map[string]any{"domain": "acme"}, map[string]any{"api_key": connector.NewSecret("k")})
	require.NoError(t, err)
	s, err = s.Check(declared)
	require.NoError(t, err)
	assert.Equal(t, int64(3), s.Number("pages"))
}

func TestSettings_Problems(t *testing.T) {
	t.Parallel()
	_, err := connector.NewSettings(map[string]any{"a": []any{"x"}, "b": 1.5, "c": 2.0, "d": uint64(1 << 63), "e": json.Number("1.5"), "f": uint64(7)},
		map[string]any{"key": 12, "none": nil})
	assert.Equal(t, []string{
		"settings.a: a string, a whole number, true or false is wanted", "settings.b: a string, a whole number, true or false is wanted",
		"settings.d: a string, a whole number, true or false is wanted", "settings.e: a string, a whole number, true or false is wanted",
		"credentials.key: a string is wanted",
	}, problems(t, err))

	s, err := connector.NewSettings(map[string]any{"domian": "acme", "plan": "huge", "pages": "12", "strict": 1, "api_key": "in the wrong place"},
		map[string]any{"domain": "x"})
	require.NoError(t, err)
	_, err = s.Check(declared)
	assert.Equal(t, []string{
		"settings.domain: it is required", "settings.plan: it has to be one of small, large", "settings.pages: a whole number is wanted",
		"settings.strict: true or false is wanted", "credentials.api_key: it is required",
		"settings.api_key: there is no such setting, only domain, plan, pages, strict",
		"settings.domian: there is no such setting, only domain, plan, pages, strict",
		"credentials.domain: there is no such setting, only api_key, second_key",
	}, problems(t, err))

	s, err = connector.NewSettings(map[string]any{"domain": ""}, map[string]any{"api_key": ""})
	require.NoError(t, err)
	_, err = s.Check(declared)
	assert.Equal(t, []string{"settings.domain: it is required", "credentials.api_key: it is required"}, problems(t, err))
	_, err = s.Check(nil)
	assert.Equal(t, []string{"settings.domain: there is no such setting", "credentials.api_key: there is no such setting"}, problems(t, err))
}

func TestSecretsDoNotShow(t *testing.T) {
	t.Parallel()
	const text = "s3cret"
	secret := connector.NewSecret(text)
	settings, err := connector.NewSettings(map[string]any{"domain": "acme"}, map[string]any{"api_key": text})
	require.NoError(t, err)
	type config struct {
		Public connector.Secret
		hidden connector.Secret
	}
	c := config{secret, secret}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "secret", secret, "settings", settings, "config", c, "hidden", fmt.Sprint(c.hidden))
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", secret, "settings", settings, "config", c)
	for _, v := range []any{secret, &secret, settings, &settings, c, &c, []connector.Secret{secret}, map[string]connector.Secret{"a": secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
			fmt.Fprintf(&log, verb, v)
		}
		j, err := json.Marshal(v)
		require.NoError(t, err)
		log.Write(j)
	}
	for _, leak := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)} {
		assert.NotContains(t, log.String(), leak)
	}
	assert.Contains(t, log.String(), "domain")

	var read struct{ Key connector.Secret }
	require.NoError(t, json.Unmarshal([]byte(`{"Key": "s3cret"}`), &read))
	assert.Equal(t, text, read.Key.Reveal())
	assert.Empty(t, connector.Secret{}.Reveal())
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	var got connector.Settings
	target, err := connector.NewTarget(&fake{t: t}, nil)
	require.NoError(t, err)
	errBad := errors.New("no such domain")
	r, err := connector.NewRegistry(
		connector.Application{Name: "good", Settings: declared, Open: func(_ context.Context, s connector.Settings) (*connector.Target, error) {
			got = s
			return target, nil
		}},
		connector.Application{Name: "bad", Open: func(context.Context, connector.Settings) (*connector.Target, error) { return nil, errBad }},
		connector.Application{Name: "lazy", Open: func(context.Context, connector.Settings) (*connector.Target, error) { return nil, nil }},
	)
	require.NoError(t, err)
	assert.Equal(t, []string{"bad", "good", "lazy"}, r.Names())
	s, err := connector.NewSettings(map[string]any{"domain": "acme"}, map[string]any{"api_key": "k"})
	require.NoError(t, err)
	opened, err := r.Open(t.Context(), "good", s)
	require.NoError(t, err)
	assert.Same(t, target, opened)
	assert.Equal(t, "small", got.Text("plan"), "defaults are filled in")

	_, err = r.Open(t.Context(), "freshdesk", s)
	require.ErrorIs(t, err, connector.NotFound)
	require.ErrorContains(t, err, `unknown target "freshdesk", known: bad, good, lazy`)
	_, err = r.Open(t.Context(), "good", connector.Settings{})
	require.ErrorContains(t, err, "target good: settings.domain: it is required")
	_, err = r.Open(t.Context(), "bad", connector.Settings{})
	require.ErrorIs(t, err, errBad)
	_, err = r.Open(t.Context(), "lazy", connector.Settings{})
	require.Error(t, err)
}

func TestNewRegistry_Refuses(t *testing.T) {
	t.Parallel()
	open := func(context.Context, connector.Settings) (*connector.Target, error) { return nil, nil }
	for name, apps := range map[string][]connector.Application{
		"no name":  {{Open: open}},
		"bad name": {{Name: "Fresh Service", Open: open}},
		"twice":    {{Name: "a", Open: open}, {Name: "a", Open: open}},
		"no open":  {{Name: "a"}},
	} {
		_, err := connector.NewRegistry(apps...)
		require.Error(t, err, name)
	}
	empty, err := connector.NewRegistry()
	require.NoError(t, err)
	_, err = empty.Lookup("x")
	require.ErrorContains(t, err, "known: none")
}

package expr

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/usher-scim/usher/schema"
)

// entries reads pairs "scim=native", of JSON literals or plain texts.
func entries(t testing.TB, pairs ...string) []Entry {
	t.Helper()
	read := func(s string) schema.Value {
		if v, err := schema.ParseJSON([]byte(s)); err == nil {
			return v
		}
		return schema.StringValue(s)
	}
	var es []Entry
	for _, p := range pairs {
		from, to, _ := strings.Cut(p, "=")
		es = append(es, Entry{SCIM: read(from), Native: read(to)})
	}
	return es
}

func newMap(t testing.TB, spec MapSpec) *ValueMap {
	t.Helper()
	m, err := NewValueMap(spec)
	require.NoError(t, err)
	return m
}

func TestValueMap(t *testing.T) {
	t.Parallel()
	lang := entries(t, "en=en", "de=de", "pt-BR=pt-BR", "ja=ja-JP")
	cases := []struct {
		name     string
		spec     MapSpec
		class    Class
		forward  map[string]string
		backward map[string]string
	}{
		{"plain", MapSpec{Entries: lang}, Iso,
			map[string]string{`"de"`: `"de"`, `"DE"`: `"de"`, `"PT-br"`: `"pt-BR"`, `"de-AT"`: `unset`, `"fr"`: `unset`, `5`: `unset`, `unset`: `unset`, `["de"]`: `unset`},
			map[string]string{`"JA-jp"`: `"ja"`, `"fr"`: `unset`, `["de"]`: `unset`}},
		{"exact", MapSpec{Entries: lang, CaseExact: true}, Iso,
			map[string]string{`"de"`: `"de"`, `"DE"`: `unset`},
			map[string]string{`"ja-JP"`: `"ja"`, `"ja-jp"`: `unset`}},
		{"parent", MapSpec{Entries: lang, Parent: true}, Lossy,
			map[string]string{`"EN_us"`: `"en"`, `"de-AT-1996"`: `"de"`, `"pt-PT"`: `unset`, `"pt-BR-x"`: `"pt-BR"`}, nil},
		{"default", MapSpec{Entries: lang, Parent: true, Default: schema.StringValue("en")}, Lossy,
			map[string]string{`"de-AT"`: `"de"`, `"fr"`: `"en"`, `7`: `"en"`, `unset`: `unset`}, nil},
		{"passthrough", MapSpec{Entries: lang, Passthrough: true}, Iso,
			map[string]string{`"fr"`: `"fr"`, `"ja"`: `"ja-JP"`, `5`: `5`},
			map[string]string{`"fr"`: `"fr"`, `"ja-JP"`: `"ja"`}},
		{"duplicate native", MapSpec{Entries: entries(t, "Employee=full", "Manager=full", "Temp=part")}, Lossy,
			map[string]string{`"manager"`: `"full"`}, map[string]string{`"FULL"`: `"Employee"`}},
		{"the same pair twice", MapSpec{Entries: entries(t, "a=b", "A=B")}, Iso, map[string]string{`"a"`: `"b"`}, nil},
		{"types are told apart", MapSpec{Entries: entries(t, "true=yes", "1=one", `"1"=text one`, "FullTime=false")}, Iso,
			map[string]string{`true`: `"yes"`, `1`: `"one"`, `"1"`: `"text one"`, `"true"`: `unset`, `"fulltime"`: `false`},
			map[string]string{`false`: `"FullTime"`, `true`: `unset`, `"One"`: `1`}},
		{"folding beyond ASCII", MapSpec{Entries: entries(t, "Ärger=x", "Straße=y", "K=z")}, Iso,
			map[string]string{`"äRGER"`: `"x"`, `"STRAßE"`: `"y"`, "\"\u212a\"": `"z"`}, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			m := newMap(t, tc.spec)
			assert.Equal(t, tc.class, m.Class())
			for in, want := range tc.forward {
				v, ok := m.Forward(value(t, in), schema.Value{})
				assert.Equal(t, want != "unset", ok, in)
				if ok {
					assert.Equal(t, want, show(v), in)
					assert.Equal(t, want, show(m.All(value(t, in))[0]))
				} else {
					assert.Nil(t, m.All(value(t, in)))
				}
			}
			for in, want := range tc.backward {
				v, ok := m.Backward(value(t, in))
				assert.Equal(t, want != "unset", ok, in)
				if ok {
					assert.Equal(t, want, show(v), in)
				}
			}
		})
	}
}

func TestValueMap_SeveralNatives(t *testing.T) {
	t.Parallel()
	m := newMap(t, MapSpec{Entries: entries(t, "America/Mexico_City=Guadalajara", "America/Mexico_City=Mexico City", "Europe/Berlin=Berlin")})
	assert.True(t, m.Several())
	assert.Equal(t, Iso, m.Class())
	mexico := schema.StringValue("america/mexico_city")
	for stored, want := range map[string]string{"": "Guadalajara", "mexico city": "Mexico City", "Berlin": "Guadalajara"} {
		v, ok := m.Forward(mexico, schema.StringValue(stored))
		assert.True(t, ok)
		assert.Equal(t, want, v.Text(), "stored %q", stored)
	}
	assert.Len(t, m.All(mexico), 2)
	assert.False(t, newMap(t, MapSpec{Entries: entries(t, "a=b")}).Several())
}

func TestNewValueMap_Errors(t *testing.T) {
	t.Parallel()
	for _, spec := range []MapSpec{
		{Entries: []Entry{{SCIM: schema.StringValue("a")}}},
		{Entries: []Entry{{SCIM: schema.StringsValue("a"), Native: schema.StringValue("b")}}},
		{Entries: []Entry{{SCIM: schema.Null(), Native: schema.StringValue("b")}}},
		{Default: schema.StringsValue("a")},
	} {
		_, err := NewValueMap(spec)
		require.ErrorIs(t, err, &Error{Code: CodeType})
	}
}

func TestBuiltinMap_TimeZones(t *testing.T) {
	t.Parallel()
	m := BuiltinMap("tz.rails")
	require.NotNil(t, m)
	assert.Equal(t, Iso, m.Class())
	for zone, want := range map[string]string{
		"America/New_York": "Eastern Time (US & Canada)", "US/Eastern": "Eastern Time (US & Canada)",
		"Europe/London": "London", "GB": "London", "america/lima": "Lima", "Asia/Kolkata": "Kolkata", "Asia/Calcutta": "Kolkata",
		"America/Mexico_City": "Mexico City", "Asia/Karachi": "Karachi", "Pacific/Auckland": "Auckland", "NZ": "Auckland",
		"Europe/Zurich": "Zurich", "Europe/Kiev": "Kyiv", "Europe/Kyiv": "Kyiv", "Asia/Yangon": "Rangoon", "America/Nuuk": "Greenland",
		"UTC": "UTC", "Etc/UTC": "UTC", "GMT": "UTC", "Asia/Muscat": "Muscat", "Asia/Dubai": "Muscat", "Europe/Oslo": "Berlin",
		"Europe/Stockholm": "Stockholm", "Asia/Katmandu": "Kathmandu", "Africa/Lusaka": "Harare", "Asia/Chongqing": "Chongqing",
		"America/Indianapolis": "Indiana (East)", "Pacific/Midway": "International Date Line West", "Asia/Saigon": "", "America/Toronto": "",
		"America/Montreal": "", "Berlin": "", "": "",
	} {
		v, ok := m.Forward(schema.StringValue(zone), schema.Value{})
		assert.Equal(t, want != "", ok, zone)
		if ok {
			assert.Equal(t, want, v.Text(), zone)
		}
	}
	v, _ := m.Forward(schema.StringValue("Asia/Calcutta"), schema.StringValue("Mumbai"))
	assert.Equal(t, "Mumbai", v.Text(), "the stored name of the same zone stays")
	v, _ = m.Backward(schema.StringValue("Mumbai"))
	assert.Equal(t, "Asia/Kolkata", v.Text())
	assert.GreaterOrEqual(t, len(strings.Fields(strings.ReplaceAll(zoneLinks, "=", " "))), 200)
}

// Every name of the table reads as its zone, and each zone is written as one of
// its names.
func TestBuiltinMap_TimeZonesRoundTrip(t *testing.T) {
	t.Parallel()
	m := BuiltinMap("tz.rails")
	n := 0
	for line := range strings.Lines(railsZones) {
		name, zone, ok := strings.Cut(strings.TrimSpace(line), "=")
		require.True(t, ok, line)
		n++
		back, ok := m.Backward(schema.StringValue(name))
		require.True(t, ok, name)
		assert.Equal(t, zone, back.Text())
		out, ok := m.Forward(back, schema.StringValue(name))
		require.True(t, ok)
		assert.Equal(t, name, out.Text())
	}
	assert.Equal(t, 151, n)
}

func TestNewTimeZoneMap_OfAnAccount(t *testing.T) {
	t.Parallel()
	m := NewTimeZoneMap("Chennai", "Edinburgh", "America/Toronto", "Nowhere")
	for zone, want := range map[string]string{"Asia/Calcutta": "Chennai", "Europe/London": "Edinburgh", "America/Toronto": "America/Toronto",
		"Canada/Eastern": "America/Toronto", "Europe/Berlin": "", "Nowhere": ""} {
		v, ok := m.Forward(schema.StringValue(zone), schema.Value{})
		assert.Equal(t, want != "", ok, zone)
		if ok {
			assert.Equal(t, want, v.Text(), zone)
		}
	}
}

func TestBuiltinMap_Languages(t *testing.T) {
	t.Parallel()
	m := BuiltinMap("locale.language")
	require.NotNil(t, m)
	assert.Equal(t, Lossy, m.Class())
	for locale, want := range map[string]string{
		"de": "de", "de-AT": "de", "de_AT": "de", "DE-at": "de", "en": "en", "en-US": "en", "EN_us": "en", "en_GB.UTF-8": "en", "gl-ES": "en", "xx": "en",
		"ja": "ja-JP", "ja-JP": "ja-JP", "nb": "nb-NO", "no": "nb-NO", "nb-NO": "nb-NO", "nn-NO": "nb-NO", "ru": "ru-RU", "ru-UA": "ru-RU", "sv": "sv-SE", "sv-FI": "sv-SE",
		"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hans-SG": "zh-CN", "zh-Hant": "zh-TW", "zh-Hant-HK": "zh-TW", "zh-TW": "zh-TW", "zh-HK": "zh-TW", "zh_CN": "zh-CN", "zh-SG": "zh-CN",
		"es": "es", "es-ES": "es", "es-MX": "es-LA", "es-419": "es-LA", "es-AR": "es-LA", "es-LA": "es-LA", "es-GQ": "es",
		"pt": "pt", "pt-BR": "pt-BR", "pt-PT": "pt-PT", "pt-AO": "pt-PT", "lv": "LV", "lv-LV": "LV", "uk": "UK", "uk-UA": "UK", "cy": "cy-GB",
		"iw": "he", "he-IL": "he", "in": "id", "sk": "sk", "fr-CA": "fr", "": "en",
	} {
		v, ok := m.Forward(schema.StringValue(locale), schema.Value{})
		assert.True(t, ok, locale)
		assert.Equal(t, want, v.Text(), locale)
	}
	for code, want := range map[string]string{"de": "de", "ja-JP": "ja-JP", "LV": "lv", "UK": "uk", "es-LA": "es-419", "zh-TW": "zh-TW", "tlh": ""} {
		v, ok := m.Backward(schema.StringValue(code))
		assert.Equal(t, want != "", ok, code)
		if ok {
			assert.Equal(t, want, v.Text(), code)
		}
	}
	// A code that is read is written as itself.
	for _, code := range strings.Fields(freshserviceLanguages) {
		tag, ok := m.Backward(schema.StringValue(code))
		require.True(t, ok, code)
		v, ok := m.Forward(tag, schema.Value{})
		require.True(t, ok, code)
		assert.Equal(t, code, v.Text())
	}
}

func TestNewLanguageMap_OfAnAccount(t *testing.T) {
	t.Parallel()
	m := NewLanguageMap("de-CH", "fr", "pt-PT", "zh-CN")
	for locale, want := range map[string]string{"de": "de-CH", "de-DE": "de-CH", "fr-BE": "fr", "pt": "pt-PT", "zh-TW": "zh-CN", "en": "", "sv": ""} {
		v, ok := m.Forward(schema.StringValue(locale), schema.Value{})
		assert.Equal(t, want != "", ok, locale)
		if ok {
			assert.Equal(t, want, v.Text(), locale)
		}
	}
}

func TestNewLanguageMap_FallsBackToEnglish(t *testing.T) {
	t.Parallel()
	for want, codes := range map[string][]string{
		"en":    {"en-gb", "en-US", "en", "de"},
		"en-US": {"en-gb", "en-US", "de"},
		"en-au": {"de", "en-au", "en-nz"},
		"":      {"de", "eng"},
	} {
		v, ok := NewLanguageMap(codes...).Forward(schema.StringValue("sv"), schema.Value{})
		assert.Equal(t, want != "", ok, codes)
		if ok {
			assert.Equal(t, want, v.Text())
		}
	}
}

func TestBuiltinMap_Booleans(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"bool.trueFalse": {`"true"`, `"false"`}, "bool.yesNo": {`"yes"`, `"no"`}, "bool.yn": {`"Y"`, `"N"`}, "bool.onOff": {`"on"`, `"off"`},
		"bool.oneZero": {`1`, `0`}, "bool.activeInactive": {`"active"`, `"inactive"`}, "bool.enabledDisabled": {`"enabled"`, `"disabled"`},
	} {
		m := BuiltinMap(name)
		require.NotNil(t, m, name)
		assert.Equal(t, Iso, m.Class())
		for i, b := range []bool{true, false} {
			v, ok := m.Forward(schema.BooleanValue(b), schema.Value{})
			assert.True(t, ok)
			assert.Equal(t, want[i], show(v))
			back, ok := m.Backward(v)
			assert.True(t, ok)
			assert.True(t, back.Equal(schema.BooleanValue(b)))
		}
	}
	assert.Nil(t, BuiltinMap("nope"))
	assert.IsIncreasing(t, BuiltinMaps())
	assert.Contains(t, BuiltinMaps(), "tz.rails")
}

func TestBuiltinMap_Countries(t *testing.T) {
	t.Parallel()
	codes, names := BuiltinMap("country.alpha2"), BuiltinMap("country.name")
	assert.Equal(t, []Class{Iso, Iso}, []Class{codes.Class(), names.Class()})
	assert.Len(t, strings.Split(strings.TrimSpace(countries), "\n"), 249)
	for _, c := range []struct{ given, code, name string }{
		{"DE", "DE", "Germany"}, {"de", "DE", "Germany"}, {"CI", "CI", "Côte d’Ivoire"}, {"ZZ", "", ""}, {"XK", "", ""}, {"DEU", "", ""}, {"Germany", "", ""},
	} {
		code, ok := codes.Forward(schema.StringValue(c.given), schema.Value{})
		assert.Equal(t, c.code != "", ok, c.given)
		name, named := names.Forward(schema.StringValue(c.given), schema.Value{})
		assert.Equal(t, ok, named, c.given)
		if ok {
			assert.Equal(t, []string{c.code, c.name}, []string{code.Text(), name.Text()})
		}
	}
	back, ok := names.Backward(schema.StringValue("GERMANY"))
	assert.True(t, ok)
	assert.Equal(t, "DE", back.Text())
}

// The tables are those of the reference pages.
func TestBuiltinMaps_FollowTheReference(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, row := range reference(t, "freshservice-languages.txt") {
		codes = append(codes, row[0])
	}
	assert.Equal(t, codes, strings.Fields(freshserviceLanguages))
	for _, file := range []string{"freshservice-timezones.txt", "zendesk-timezones.txt"} {
		var lines []string
		for _, row := range reference(t, file) {
			lines = append(lines, row[0]+"="+row[1])
		}
		assert.Equal(t, lines, strings.Split(strings.TrimSpace(railsZones), "\n"), file)
	}
}

// reference reads the rows of a table of ../shared/reference beside the checkout.
func reference(t *testing.T, name string) [][]string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "shared", "reference", name))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("shared/reference/%s is needed in CI", name)
		}
		t.Skipf("shared/reference/%s is not beside the checkout", name)
	}
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	return rows
}

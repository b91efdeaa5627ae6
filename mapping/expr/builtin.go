package expr

import (
	"maps"
	"slices"
	"sync"

	"github.com/usher-scim/usher/schema"
)

// BuiltinMap returns the built-in value map of that name, or nil:
// locale.language (see [NewLanguageMap]), tz.rails (see [NewTimeZoneMap]),
// country.alpha2 and country.name (from a code of ISO 3166-1 alpha-2 to the code,
// checked, and to the English name), and for a SCIM boolean bool.trueFalse (as text), bool.yesNo, bool.yn, bool.onOff,
// bool.oneZero (as numbers), bool.activeInactive and bool.enabledDisabled.
func BuiltinMap(name string) *ValueMap { return builtins()[name] }

// BuiltinMaps returns the names of the built-in value maps in alphabetical order.
func BuiltinMaps() []string { return slices.Sorted(maps.Keys(builtins())) }

// builtins are made when first asked for, and never changed.
var builtins = sync.OnceValue(func() map[string]*ValueMap {
	text := schema.StringValue
	return map[string]*ValueMap{
		"locale.language":      NewLanguageMap(),
		"tz.rails":             NewTimeZoneMap(),
		"country.alpha2":       countryMap(func(code, _ string) string { return code }),
		"country.name":         countryMap(func(_, name string) string { return name }),
		"bool.trueFalse":       boolMap(text("true"), text("false")),
		"bool.yesNo":           boolMap(text("yes"), text("no")),
		"bool.yn":              boolMap(text("Y"), text("N")),
		"bool.onOff":           boolMap(text("on"), text("off")),
		"bool.oneZero":         boolMap(schema.IntegerValue(1), schema.IntegerValue(0)),
		"bool.activeInactive":  boolMap(text("active"), text("inactive")),
		"bool.enabledDisabled": boolMap(text("enabled"), text("disabled")),
	}
})

func boolMap(yes, no schema.Value) *ValueMap {
	m, err := NewValueMap(MapSpec{Entries: []Entry{
		{SCIM: schema.BooleanValue(true), Native: yes},
		{SCIM: schema.BooleanValue(false), Native: no},
	}})
	if err != nil {
		return nil // cannot be: all values are scalars
	}
	return m
}

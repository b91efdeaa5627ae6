package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// SettingKind is the kind of value that a [Setting] has.
type SettingKind uint8

// The kinds of settings. The zero value is TextSetting.
const (
	TextSetting   SettingKind = iota // a string
	NumberSetting                    // a whole number
	SwitchSetting                    // true or false
	SecretSetting                    // a string among the credentials
)

// String returns the words for a value of the kind.
func (k SettingKind) String() string {
	return [...]string{"a string", "a whole number", "true or false", "a string"}[k&3]
}

// Setting describes one thing that an application has to be told to open an
// account: as help for people and as the rule that [Settings.Check] goes by.
type Setting struct {
	Name string
	Kind SettingKind
	// Help is a sentence for the administrator.
	Help string
	// Required settings have to be given, and not as "".
	Required bool
	// Default is what a setting is that was not given: a string, an int, a bool, or
	// nil. Credentials have none.
	Default any
	// Choices are the allowed values of a text; nil allows any.
	Choices []string
}

// section is where a setting stands in a configuration.
func (s *Setting) section() string {
	if s.Kind == SecretSetting {
		return "credentials"
	}
	return "settings"
}

// SettingError says what is wrong with one setting. Its text has no value in it.
type SettingError struct {
	// Field is where the setting stands: "settings.domain",
	// "credentials.api_key".
	Field string
	Msg   string
}

// Error returns field and message.
func (e *SettingError) Error() string { return e.Field + ": " + e.Msg }

// Settings are what a configuration says about a target: named strings, whole
// numbers and booleans, and credentials. They are immutable and print without
// their credentials. The zero Settings are empty.
type Settings struct {
	values      map[string]any // string, int64 or bool
	credentials map[string]Secret
}

// NewSettings takes settings and credentials as YAML or JSON decoders give
// them. Errors, joined, are [*SettingError]: for values that are no string,
// whole number or boolean, and for credentials that are no strings. A null counts
// as not given.
func NewSettings(settings, credentials map[string]any) (Settings, error) {
	s := Settings{values: make(map[string]any, len(settings)), credentials: make(map[string]Secret, len(credentials))}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if settings[name] == nil {
			continue
		}
		v, ok := scalar(settings[name])
		if !ok {
			errs = append(errs, &SettingError{"settings." + name, "a string, a whole number, true or false is wanted"})
			continue
		}
		s.values[name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(credentials)) {
		switch v := credentials[name].(type) {
		case nil:
		case string:
			s.credentials[name] = NewSecret(v)
		case Secret:
			s.credentials[name] = v
		default:
			errs = append(errs, &SettingError{"credentials." + name, "a string is wanted"})
		}
	}
	return s, errors.Join(errs...)
}

func scalar(v any) (any, bool) {
	switch v := v.(type) {
	case string, bool, int64:
		return v, true
	case int:
		return int64(v), true
	case uint64:
		return int64(v), v <= math.MaxInt64
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	default:
		return nil, false
	}
}

// Check returns the settings with the defaults of what was not given. Its
// errors, joined and in order, are [*SettingError]: a setting that is not
// declared, one that is required and missing, of another kind, or none of the
// choices.
func (s Settings) Check(declared []Setting) (Settings, error) {
	out := Settings{values: make(map[string]any, len(declared)), credentials: make(map[string]Secret, len(s.credentials))}
	var errs []error
	var names, secrets []string
	for i := range declared {
		d := &declared[i]
		if d.Kind == SecretSetting {
			secrets = append(secrets, d.Name)
		} else {
			names = append(names, d.Name)
		}
		if msg := s.take(d, &out); msg != "" {
			errs = append(errs, &SettingError{d.section() + "." + d.Name, msg})
		}
	}
	errs = append(errs, unknown("settings", slices.Sorted(maps.Keys(s.values)), names)...)
	errs = append(errs, unknown("credentials", slices.Sorted(maps.Keys(s.credentials)), secrets)...)
	if len(errs) > 0 {
		return Settings{}, errors.Join(errs...)
	}
	return out, nil
}

// take moves one declared setting to out, and says what is wrong with it.
func (s Settings) take(d *Setting, out *Settings) string {
	if d.Kind == SecretSetting {
		v, ok := s.credentials[d.Name]
		if d.Required && v.IsEmpty() {
			return "it is required"
		}
		if ok {
			out.credentials[d.Name] = v
		}
		return ""
	}
	v, ok := s.values[d.Name]
	if !ok || v == "" && d.Required {
		if d.Required {
			return "it is required"
		}
		if def, ok := scalar(d.Default); ok {
			out.values[d.Name] = def
		}
		return ""
	}
	switch v := v.(type) {
	case string:
		ok = d.Kind == TextSetting
		if ok && d.Choices != nil && !slices.Contains(d.Choices, v) {
			return "it has to be one of " + strings.Join(d.Choices, ", ")
		}
	case int64:
		ok = d.Kind == NumberSetting
	case bool:
		ok = d.Kind == SwitchSetting
	}
	if !ok {
		return d.Kind.String() + " is wanted"
	}
	out.values[d.Name] = v
	return ""
}

func unknown(section string, given, declared []string) []error {
	var errs []error
	for _, name := range given {
		if slices.Contains(declared, name) {
			continue
		}
		msg := "there is no such setting"
		if len(declared) > 0 {
			msg += ", only " + strings.Join(declared, ", ")
		}
		errs = append(errs, &SettingError{section + "." + name, msg})
	}
	return errs
}

// Text returns a setting as a string: numbers and booleans as they are written,
// "" for one that is not there.
func (s Settings) Text(name string) string {
	switch v := s.values[name].(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// Number returns a setting as a number, 0 for one that is none.
func (s Settings) Number(name string) int64 { n, _ := s.values[name].(int64); return n }

// Switch returns a setting as a boolean, false for one that is none.
func (s Settings) Switch(name string) bool { b, _ := s.values[name].(bool); return b }

// Secret returns a credential, an empty one where there is none.
func (s Settings) Secret(name string) Secret { return s.credentials[name] }

// String returns the settings in the order of their names; credentials are named
// only.
func (s Settings) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		fmt.Fprintf(&b, "%s=%q ", name, s.Text(name))
	}
	for _, name := range slices.Sorted(maps.Keys(s.credentials)) {
		fmt.Fprintf(&b, "%s=%s ", name, redacted)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// GoString returns the same as String.
func (s Settings) GoString() string { return "connector.Settings{" + s.String() + "}" }

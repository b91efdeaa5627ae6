package zendesk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// emailQuery writes the search for an address, not yet percent-encoded. The search
// matches parts and further addresses as well: what it finds has to be compared.
func emailQuery(address string) (string, error) {
	v, ok := quoteValue(address)
	if !ok {
		return "", connector.Errorf(connector.Unsupported, "email", "Zendesk's search cannot say this")
	}
	return "email:" + v, nil
}

// quoteValue writes text as a value of a search. It is the only place where text
// from outside enters one. How a quote is escaped is not documented, so text that
// could end the value is refused: double quotes, backslashes, control characters,
// invalid UTF-8, and white space at either end. So are wildcards.
func quoteValue(s string) (string, bool) {
	if s == "" || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return "", false
	}
	for _, r := range s {
		if r == '"' || r == '\\' || r == '*' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return "", false
		}
	}
	return `"` + s + `"`, true
}

// eqOn returns the text that a filter compares a field with: the filter is that
// eq alone, or an and of which it is a part.
func eqOn(f schema.Filter, field string) (string, bool) {
	switch f := f.(type) {
	case *schema.Compare:
		name, v, ok := connector.EqOn(f)
		if !ok || !strings.EqualFold(name, field) || v.Text() == "" {
			return "", false
		}
		return v.Text(), true
	case schema.And:
		for _, g := range f {
			if s, ok := eqOn(g, field); ok {
				return s, true
			}
		}
	}
	return "", false
}

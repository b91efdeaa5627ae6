package freshservice

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// renderQuery writes a filter in the grammar of the parameter "query", with its
// double quotes and not yet percent-encoded. What it finds can be more than what
// passes the filter, never less: dates are searched by whole days, a prefix of an
// address also matches the parts of one, and what the grammar cannot say is left
// out of an and. It fails with Unsupported where the grammar cannot say the rest,
// or not within its length.
func renderQuery(t *schema.Type, f schema.Filter) (string, error) {
	if g, ok := sayable(t, f); ok {
		f = g
	}
	expr, err := connector.Render(t, f, " AND ", " OR ", renderTerm)
	if err != nil {
		return "", err
	}
	q := `"` + expr + `"`
	if len(q) > queryLength {
		return "", connector.Errorf(connector.Unsupported, "", "the filter is longer than the %d characters that Freshservice takes", queryLength)
	}
	return q, nil
}

// sayable returns a filter that the grammar can say and that lets through all that
// f does. There is none where f is an or with a part that cannot be said.
func sayable(t *schema.Type, f schema.Filter) (schema.Filter, bool) {
	switch f := f.(type) {
	case schema.And:
		var kept schema.And
		for _, g := range f {
			if h, ok := sayable(t, g); ok {
				kept = append(kept, h)
			}
		}
		if len(kept) == 1 {
			return kept[0], true
		}
		return kept, len(kept) > 0
	case schema.Or:
		kept := make(schema.Or, len(f))
		for i, g := range f {
			h, ok := sayable(t, g)
			if !ok {
				return nil, false
			}
			kept[i] = h
		}
		return kept, true
	default:
		_, err := connector.Render(t, f, "", "", renderTerm)
		return f, err == nil
	}
}

// renderTerm writes one comparison.
func renderTerm(l connector.Leaf) (string, error) {
	if l.Name == "id" || l.Name == fieldAddresses || !isQueryField(l.Name) {
		return "", unsearchable(l.Field.Name) // id and addresses are looked up on their own
	}
	switch l.Op {
	case schema.Eq:
		v, err := renderOperand(l)
		return l.Name + ":" + v, err
	case schema.Sw:
		text, _ := l.Value.Str()
		v, ok := quoteValue(text)
		if !ok || !isPrefixField(l.Name) {
			return "", unsearchable(l.Field.Name)
		}
		return "~[" + l.Name + "]:" + v, nil
	case schema.Gt, schema.Ge, schema.Lt, schema.Le:
		return renderDate(l)
	default:
		return "", unsearchable(l.Field.Name)
	}
}

func renderOperand(l connector.Leaf) (string, error) {
	switch l.Field.Type {
	case schema.Integer, schema.Decimal:
		if n, ok := l.Value.Integer(); ok {
			return strconv.FormatInt(n, 10), nil
		}
	case schema.String:
		if s, ok := l.Value.Str(); ok {
			if v, ok := quoteValue(s); ok {
				return v, nil
			}
		}
	}
	return "", unsearchable(l.Field.Name)
}

// renderDate writes a comparison of a point in time. The search knows days in
// UTC, ":>" means from that day on and ":<" up to it; whether the day itself
// counts to its end is not said, so the day after is taken.
func renderDate(l connector.Leaf) (string, error) {
	s, _ := l.Value.Str()
	at, err := time.Parse(time.RFC3339Nano, s)
	if l.Field.Type != schema.DateTime || err != nil {
		return "", unsearchable(l.Field.Name)
	}
	op, at := ":>", at.UTC()
	if l.Op == schema.Lt || l.Op == schema.Le {
		op, at = ":<", at.AddDate(0, 0, 1)
	}
	if at.Year() < 1 || at.Year() > 9999 {
		return "", unsearchable(l.Field.Name)
	}
	return l.Name + op + "'" + at.Format(time.DateOnly) + "'", nil
}

// quoteValue writes text as a value of a query. It is the only place where text
// from outside enters one. How a quote is escaped is not documented, so text
// that could end the value, or the query around it, is refused: quotes of both
// kinds, backslashes, control characters, invalid UTF-8, and white space at
// either end.
func quoteValue(s string) (string, bool) {
	if s == "" || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return "", false
	}
	for _, r := range s {
		if r == '\'' || r == '"' || r == '\\' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return "", false
		}
	}
	return "'" + s + "'", true
}

// isQueryField reports whether a name can stand in a query as it is. Names of
// custom fields come from the account.
func isQueryField(name string) bool {
	if name == "" || len(name) > 100 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isPrefixField reports whether a starts-with search takes the field.
func isPrefixField(name string) bool {
	switch name {
	case "first_name", "last_name", "name", "primary_email", "email", "mobile_phone_number", "work_phone_number":
		return true
	default:
		return false
	}
}

func unsearchable(field string) error {
	return connector.Errorf(connector.Unsupported, field, "Freshservice's search cannot say this")
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

package mapping

import (
	"errors"
	"math/big"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// check is a validation of a rule with its expression compiled.
type check struct {
	*validation
	program *expr.Program
}

// check reports a value of the wrong type.
func (f *field) check(v schema.Value) error {
	if err := f.attr.CheckValue(v); err != nil {
		return err
	}
	if f.object {
		for e := range v.Elements() {
			if e.Kind() != schema.KindObject {
				return errors.New(f.attr.Name + ": object is wanted, got " + e.Kind().String())
			}
		}
	}
	return nil
}

// validate checks a value that is about to be written against the field. The
// code is "" when it is right.
func (f *field) validate(u *rule, v schema.Value) (code Code, reason string) {
	if err := f.check(v); err != nil {
		return CodeType, err.Error()
	}
	a := &f.attr
	if a.MaxLength == 0 && len(a.Choices) == 0 && f.pattern == nil {
		return "", ""
	}
	for e := range v.Elements() {
		text := e.Text()
		switch {
		case a.MaxLength > 0 && len(text) > a.MaxLength && utf8.RuneCountInString(text) > a.MaxLength:
			return CodeValidate, u.show(e) + " is longer than " + itoa(a.MaxLength) + " characters"
		case len(a.Choices) > 0 && !slices.Contains(a.Choices, text):
			return CodeValidate, u.show(e) + " is not one of " + choices(a.Choices)
		case f.pattern != nil && !f.pattern.MatchString(text):
			return CodeValidate, u.show(e) + " fails pattern " + quotePattern(a.Pattern)
		}
	}
	return "", ""
}

// maxChoices is how many choices a reason lists.
const maxChoices = 20

func choices(list []string) string {
	if len(list) > maxChoices {
		return strings.Join(list[:maxChoices], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

// holds checks a value, each element of a list.
func (c *check) holds(u *rule, v schema.Value, s *expr.Scope) (ok bool, reason string, err error) {
	for e := range v.Elements() {
		if reason := c.fails(u, e); reason != "" {
			return false, reason, nil
		}
	}
	if c.program != nil {
		ok, err := c.program.Holds(s)
		if err != nil || !ok {
			return false, u.show(v) + " fails the check " + quote(c.expr), err
		}
	}
	return true, "", nil
}

func (c *check) fails(u *rule, v schema.Value) string {
	text := v.Text()
	switch {
	case c.pattern != nil && !c.pattern.MatchString(text):
		return u.show(v) + " fails pattern " + quotePattern(c.source)
	case c.maxLength >= 0 && int64(utf8.RuneCountInString(text)) > c.maxLength:
		return u.show(v) + " is longer than " + strconv.FormatInt(c.maxLength, 10) + " characters"
	case c.oneOf != nil && !contains(c.oneOf, v):
		var texts []string
		for _, o := range c.oneOf {
			texts = append(texts, o.Text())
		}
		return u.show(v) + " is not one of " + choices(texts)
	case !c.min.IsUnset() && !atLeast(v, c.min):
		return u.show(v) + " is less than " + c.min.Text()
	case !c.max.IsUnset() && !atLeast(c.max, v):
		return u.show(v) + " is more than " + c.max.Text()
	case c.format != "" && !hasFormat(text, c.format):
		return u.show(v) + " is not of the format " + c.format
	}
	return ""
}

// atLeast compares numbers; what is none is never at least anything.
func atLeast(a, b schema.Value) bool {
	x, okX := number(a)
	y, okY := number(b)
	return okX && okY && x.Cmp(y) >= 0
}

// maxNumber is how many characters a number may have: reading one takes the
// square of that.
const maxNumber = 1000

func number(v schema.Value) (*big.Float, bool) {
	text := v.Text()
	if len(text) > maxNumber {
		return nil, false
	}
	return new(big.Float).SetPrec(256).SetString(text)
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

func hasFormat(s, format string) bool {
	switch format {
	case "email":
		a, err := mail.ParseAddress(s)
		return err == nil && a.Address == s
	case "uri":
		u, err := url.Parse(s)
		return err == nil && u.Scheme != ""
	case "e164":
		return e164.MatchString(s)
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		return err == nil
	default:
		_, err := time.Parse(time.RFC3339Nano, s)
		return err == nil
	}
}

// maxShown is how many characters of a value a reason shows.
const maxShown = 200

func clip(s string) string {
	if len(s) <= maxShown {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > maxShown {
			return s[:i] + "…"
		}
	}
	return s
}

// literal is a value as a reason shows it: JSON without the escapes that only
// HTML needs.
func literal(v schema.Value) string {
	if s, ok := v.Str(); ok {
		return quote(s)
	}
	return string(v.AppendJSON(nil))
}

// quote writes text as a JSON string.
func quote(s string) string {
	return (&schema.Compare{Path: schema.Path{Attr: "x"}, Op: schema.Eq, Value: schema.StringValue(s)}).String()[len("x eq "):]
}

// quotePattern shows a regular expression as its author wrote it.
func quotePattern(s string) string { return `"` + s + `"` }

// coerceNative turns text into what a field holds, where it says the same: "42"
// for an integer, "True" for a boolean, and the other way round.
func coerceNative(a *schema.Attribute, v schema.Value) schema.Value {
	if v.Kind() == schema.KindList {
		if !a.MultiValued {
			return v
		}
		out := make([]schema.Value, v.Len())
		for i := range out {
			out[i] = coerceOne(a, v.At(i))
		}
		return schema.ListValue(out...)
	}
	w := coerceOne(a, v)
	if a.MultiValued {
		return schema.ListValue(w)
	}
	return w
}

func coerceOne(a *schema.Attribute, v schema.Value) schema.Value {
	s, isText := v.Str()
	switch {
	case a.Type == schema.Boolean && isText:
		if b, ok := schema.ParseBoolean(s); ok {
			return schema.BooleanValue(b)
		}
	case (a.Type == schema.Integer || a.Type == schema.Decimal) && isText:
		if n, ok := schema.NumberValue(s); ok && (n.Kind() == schema.KindInteger || a.Type == schema.Decimal) {
			return n
		}
	case a.Type == schema.String && !isText && v.Text() != "":
		return schema.StringValue(v.Text())
	}
	return v
}

// coerceSCIM turns what a record holds into what an attribute holds: text where
// it is text, truth where it is a boolean. It is unset where that does not go.
func coerceSCIM(a *schema.Attribute, v schema.Value) schema.Value {
	if a.Type == schema.String && v.Kind() == schema.KindString {
		return v
	}
	switch a.Type {
	case schema.Any:
		return v
	case schema.Boolean, schema.Integer, schema.Decimal:
		v = coerceOne(a, v)
	case schema.Complex:
	default:
		if _, ok := v.Str(); !ok && v.Text() != "" {
			v = schema.StringValue(v.Text())
		}
	}
	if !a.Fits(v) {
		return schema.Value{}
	}
	return v
}

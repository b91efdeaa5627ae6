package connectortest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Sample returns record number i of an object, made up from what its type says
// and from the names of its fields. It fills the fields that can be written but
// for those that only the target's own data can fill: references to other
// records (of type Reference, or named like department_id), fields with a
// pattern, fields of type Any, and lists of complex values. Such a field is
// filled where it is required, as well as can be guessed. The field that says
// whether an account is usable is left to the target, and so are a group's members.
func Sample(o *connector.Object, i int) *schema.Record {
	rec := o.Type.New()
	for s := range schema.Slot(o.Type.Len()) {
		a := o.Type.Attribute(s)
		if o.Type.IsResource() && (s == schema.SlotSchemas || s == schema.SlotID || s == schema.SlotMeta) {
			continue
		}
		if !a.Writable() || strings.EqualFold(a.Name, o.IDField()) || strings.EqualFold(a.Name, o.Active) || isMemberField(o, a.Name) {
			continue
		}
		if !a.Required && !isUnique(o, a.Name) && !canGuess(a) {
			continue
		}
		rec.SetAt(s, sampleValue(a, isUnique(o, a.Name), i))
	}
	return rec
}

// isMemberField reports whether a field shows a group's members, whom no Create and
// no Update has.
func isMemberField(o *connector.Object, name string) bool {
	return o.MemberField != "" && strings.EqualFold(o.MemberField, name)
}

func isUnique(o *connector.Object, name string) bool {
	for _, u := range o.Unique {
		if strings.EqualFold(u, name) {
			return true
		}
	}
	return false
}

// canGuess reports whether a made-up value can be right.
func canGuess(a *schema.Attribute) bool {
	name := strings.ToLower(a.Name)
	switch {
	case a.Pattern != "", a.Type == schema.Any, a.Type == schema.Reference, a.Type == schema.Complex && a.MultiValued:
		return false
	case strings.HasSuffix(name, "_id"), strings.HasSuffix(name, "_ids"), strings.HasSuffix(a.Name, "Id") && a.Name != "externalId":
		return name == "external_id"
	}
	return true
}

func sampleValue(a *schema.Attribute, unique bool, i int) schema.Value {
	if !a.MultiValued {
		return sampleOne(a, unique, i)
	}
	if len(a.Choices) > 0 {
		return schema.ListValue(sampleOne(a, unique, i))
	}
	return schema.ListValue(sampleOne(a, unique, 2*i), sampleOne(a, unique, 2*i+1))
}

func sampleOne(a *schema.Attribute, unique bool, i int) schema.Value {
	if n := len(a.Choices); n > 0 {
		return choice(a, i%n)
	}
	start := time.Date(2020, time.January, 1, 8, 0, 0, 0, time.UTC)
	switch a.Type {
	case schema.Boolean:
		return schema.BooleanValue(i%2 == 0)
	case schema.Integer:
		return schema.IntegerValue(int64(i) + 1)
	case schema.Decimal:
		v, _ := schema.NumberValue(fmt.Sprintf("%d.5", i))
		return v
	case schema.DateTime:
		return schema.StringValue(start.Add(time.Duration(i) * time.Minute).Format(time.RFC3339))
	case schema.Date:
		return schema.StringValue(start.AddDate(0, 0, i).Format(time.DateOnly))
	case schema.Binary:
		return schema.StringValue(base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "sample %d", i)))
	case schema.Reference:
		return schema.StringValue(fmt.Sprintf("https://www.example.com/%d", i))
	case schema.Complex:
		sub := a.Sub.New()
		for s := range schema.Slot(a.Sub.Len()) {
			if b := a.Sub.Attribute(s); b.Writable() && canGuess(b) {
				sub.SetAt(s, sampleValue(b, unique, i))
			}
		}
		return schema.ObjectValue(sub)
	default:
		return schema.StringValue(cut(sampleText(a, unique, i), a.MaxLength))
	}
}

// choice returns one of the values that the field may have, in its type.
func choice(a *schema.Attribute, n int) schema.Value {
	text := a.Choices[n]
	switch a.Type {
	case schema.Integer, schema.Decimal:
		if v, ok := schema.NumberValue(text); ok {
			return v
		}
	case schema.Boolean:
		if b, ok := schema.ParseBoolean(text); ok {
			return schema.BooleanValue(b)
		}
	}
	return schema.StringValue(text)
}

// sampleText writes what a field of that name could hold.
func sampleText(a *schema.Attribute, unique bool, i int) string {
	name := a.Name
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		name = name[at+1:]
	}
	lower := strings.ToLower(name)
	words := strings.ReplaceAll(lower, "_", " ")
	slug := strings.ReplaceAll(lower, "_", "-")
	either := func(even, odd string) string {
		if i%2 == 0 {
			return even
		}
		return odd
	}
	switch {
	case strings.Contains(lower, "mail"):
		return fmt.Sprintf("%s-%d@example.com", slug, i)
	case strings.Contains(lower, "phone"), strings.Contains(lower, "mobile"), lower == "fax":
		return fmt.Sprintf("+1555%07d", i)
	case strings.Contains(lower, "url"), strings.Contains(lower, "uri"):
		return fmt.Sprintf("https://www.example.com/%d", i)
	case lower == "language", lower == "preferredlanguage":
		return either("en", "de")
	case lower == "locale":
		return either("en-US", "de-DE")
	case lower == "timezone", lower == "time_zone":
		return either("Europe/Berlin", "America/New_York")
	case unique:
		return fmt.Sprintf("%s-%d", slug, i)
	default:
		return fmt.Sprintf("Sample %s %d", words, i)
	}
}

// cut shortens s to a number of characters, from the front, where the number is
// what tells two samples apart.
func cut(s string, most int) string {
	for most > 0 && utf8.RuneCountInString(s) > most {
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	return s
}

package connectortest

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// awkward are texts that clients lose or change on the way.
func awkward(most int) []string {
	if most <= 0 {
		most = 255
	}
	out := []string{
		"Zoë Ångström-Łukasz",
		"李小龍 Σίσυφος שלום",
		"👩‍🚀 rocket 🇪🇺",
		`O'Brien "The \ Slash"`,
		"a+b & c=d;e#f?g/h%20i",
		"<b>bold</b> &amp; {{x}} ${y}",
		"null", "true", "007", "1e3", "=1+1", "-",
		strings.Repeat("l", most),
		strings.Repeat("ü", most),
	}
	return slices.DeleteFunc(out, func(s string) bool { return len([]rune(s)) > most })
}

// texts returns the fields of a record that take any text.
func texts(o *connector.Object, rec *schema.Record) []schema.Slot {
	var out []schema.Slot
	for s, v := range rec.Values() {
		a := o.Type.Attribute(s)
		text, isText := v.Str()
		if a.Type == schema.String && a.Writable() && readable(a) && isText && len(a.Choices) == 0 && a.Pattern == "" && isFree(o, a, text) {
			out = append(out, s)
		}
	}
	return out
}

// isFree reports whether a field takes more than words of a certain form, by the
// sample that it has: names do, addresses and numbers do not.
func isFree(o *connector.Object, a *schema.Attribute, sample string) bool {
	return !isUnique(o, a.Name) && strings.Contains(sample, " ") && !strings.ContainsAny(sample, "@:/+")
}

func needsText(s *subject, o *connector.Object) string {
	if len(texts(o, s.h.sample(o, 0))) == 0 && addressField(o, s.h.sample(o, 0)) == "" {
		return "no field of the samples takes any text: one that does has a sample with a space in it"
	}
	return ""
}

// addressField returns the unique field of a record that holds an e-mail address.
func addressField(o *connector.Object, rec *schema.Record) string {
	for _, name := range o.Unique {
		if strings.Contains(rec.String(name), "@") && rec.Get(name).Kind() == schema.KindString {
			return name
		}
	}
	return ""
}

// runStrings sends awkward texts, by Create and by Update, and looks for them
// where the field can be searched.
func runStrings(t *trial) {
	for _, s := range texts(t.object, t.sample()) {
		a := t.object.Type.Attribute(s)
		for i, text := range awkward(a.MaxLength) {
			v := schema.StringValue(text)
			var rec *schema.Record
			if i%2 == 0 || a.Mutability != schema.ReadWrite {
				in := t.sample()
				in.SetAt(s, v)
				out, err := t.create(in)
				if err != nil {
					t.Errorf("Create with %s = %s failed: %v", a.Name, show(v), err)
					continue
				}
				rec = out
			} else {
				rec = t.mustCreate()
				if _, err := t.update(t.ref(rec), t.edit(rec, schema.Edit{Slot: s, Value: v})); err != nil {
					t.Errorf("Update to %s = %s failed: %v", a.Name, show(v), err)
					continue
				}
			}
			if got := t.mustGet(t.ref(rec)); !got.At(s).Equal(v) {
				t.Errorf("%s was %s, and %s was sent", a.Name, show(got.At(s)), show(v))
				continue
			}
			t.finds(a.Name, t.object.Type.Path(s), v, t.ref(rec).ID)
		}
	}
	if name := addressField(t.object, t.sample()); name != "" {
		t.addresses(name)
	}
}

// finds looks for a record by an awkward value. A search that cannot express it
// says so; it does not give a list without the record.
func (t *trial) finds(field, path string, v schema.Value, id string) {
	t.Helper()
	f, ok := t.eq(path, v)
	if !ok || t.object.Search.MaxLength > 0 && len(f.String()) > t.object.Search.MaxLength {
		return
	}
	var ids []string
	var err error
	t.settle(func() bool {
		ids, err = t.found(f)
		return err != nil || slices.Contains(ids, id)
	})
	switch {
	case err != nil && connector.CodeOf(err) != connector.Unsupported:
		t.Errorf("List with the filter %s failed: %v", f, err)
	case err == nil && !slices.Contains(ids, id):
		t.Errorf("List with the filter %s does not find the record that has this %s", f, field)
	case len(ids) > 1:
		t.Errorf("List with the filter %s gives %d records, one has this %s", f, len(ids), field)
	}
}

// addresses sends e-mail addresses whose characters mean something in URLs and
// queries.
func (t *trial) addresses(field string) {
	for i, local := range []string{"ada+test", "o'brien", "a.b_c-d", "x=y", "MiXed.Case", "per%cent", "a&b"} {
		rec := t.sample()
		s := t.object.Type.Slot(field)
		_, domain, _ := strings.Cut(rec.String(field), "@")
		v := schema.StringValue(local + string(rune('a'+i)) + "@" + domain)
		rec.SetAt(s, v)
		out, err := t.create(rec)
		if err != nil {
			t.Errorf("Create with %s = %s failed: %v", field, show(v), err)
			continue
		}
		if got := t.mustGet(t.ref(out)); !strings.EqualFold(got.String(field), v.Text()) {
			t.Errorf("%s was %s, and %s was sent", field, show(got.At(s)), show(v))
			continue
		}
		t.finds(field, t.object.Type.Path(s), v, t.ref(out).ID)
	}
}

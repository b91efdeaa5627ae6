package zendesk

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// decode makes a record of an object that the API gave: [connector.DecodeRecord],
// with instants in UTC and the days of date fields as days.
func decode(t *schema.Type, obj schema.Value) (*schema.Record, error) {
	rec := connector.DecodeRecord(t, obj)
	for s, v := range rec.Values() {
		text, ok := v.Str()
		if !ok {
			continue
		}
		switch t.Attribute(s).Type {
		case schema.DateTime:
			rec.SetAt(s, schema.Value{})
			if at, ok := connector.UTC(text); ok {
				rec.SetAt(s, schema.StringValue(at))
			}
		case schema.Date:
			rec.SetAt(s, schema.Value{})
			if day, ok := dateOf(text); ok {
				rec.SetAt(s, schema.StringValue(day))
			}
		}
	}
	if rec.Integer("id") <= 0 {
		return nil, malformed("", t.Name(), "the answer holds an object without an id")
	}
	return rec, nil
}

// dateOf returns the day of a date field, which the API gives as the midnight in
// UTC that begins it.
func dateOf(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) > len(time.DateOnly) {
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return at.Format(time.DateOnly), at.Year() <= 9999
		}
		return "", false
	}
	at, err := time.Parse(time.DateOnly, s)
	return s, err == nil && at.Year() <= 9999
}

// decodeUser is decode for a user, with what the driver adds to the record:
// whether the account is usable, and whether it is an administrator's. The tags that custom fields
// make are left out of the tags: they come and go with the fields.
//
// A user who was deleted stays readable, as not active; to everybody else there
// is no such user any more.
func (d *driver) decodeUser(t *schema.Type, obj schema.Value) (*schema.Record, error) {
	if isGone(obj) {
		return nil, connector.Errorf(connector.NotFound, "", "the user was deleted")
	}
	rec, err := decode(t, obj)
	if err != nil {
		return nil, err
	}
	rec.Set(fieldEnabled, schema.BooleanValue(!rec.Bool("suspended")))
	kind := rec.Integer("role_type")
	rec.Set(fieldAdmin, schema.BooleanValue(rec.String("role") == roleAdmin || makesAdmins(kind)))
	d.hideFieldTags(rec)
	return rec, nil
}

// hideFieldTags leaves the tags that custom fields make out of a record's tags.
func (d *driver) hideFieldTags(rec *schema.Record) {
	if made := d.fieldTags(rec); len(made) > 0 {
		tags := slices.DeleteFunc(rec.Strings("tags"), func(tag string) bool { return containsFold(made, tag) })
		rec.Set("tags", schema.StringsValue(tags...))
	}
}

func isGone(obj schema.Value) bool {
	active, said := obj.Member("active").Bool()
	erased, _ := obj.Member("permanently_deleted").Bool()
	return said && !active || erased
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, s) })
}

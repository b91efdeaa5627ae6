package freshservice

import (
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

// dateOf returns the day that a date field means. The API gives the instant at
// which the day begins in the account's zone, in UTC: 2016-04-19T18:30:00Z is
// 20 April in India. The zone is not known here, but the hour tells it: up to
// 10:00 the day began west of Greenwich (Hawaii is the last) and has the same
// date in UTC, later it began in the east, where the date is one ahead. That is
// wrong for American Samoa and for the Line Islands only, whose hours Tonga and
// Hawaii have too.
func dateOf(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		return at.Format(time.DateOnly), true
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return "", false
	}
	if _, offset := at.Zone(); offset == 0 && (at.Hour() > 10 || at.Hour() == 10 && at.Minute() > 0) {
		at = at.AddDate(0, 0, 1)
	}
	if at.Year() > 9999 {
		return "", false
	}
	return at.Format(time.DateOnly), true
}

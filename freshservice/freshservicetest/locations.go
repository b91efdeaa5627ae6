package freshservicetest

import (
	"net/http"
	"time"
)

// location is a stored location (§7.2); it is not changed.
type location struct {
	Location
	updated time.Time
}

func (a *Account) locationView(l *location) map[string]any {
	return map[string]any{
		"id":                 l.ID,
		"name":               l.Name,
		"parent_location_id": orNull(l.ParentID),
		"primary_contact_id": orNull(l.ContactID),
		"address": map[string]any{
			"line1": orNull(l.Line1), "line2": orNull(l.Line2), "city": orNull(l.City),
			"state": orNull(l.State), "country": orNull(l.Country), "zipcode": orNull(l.Zipcode),
		},
		"contact_name": orNull(l.ContactName),
		"email":        orNull(l.Email),
		"phone":        orNull(l.Phone),
		"workspace_id": globalWorkspace,
		"created_at":   a.stamp(l.CreatedAt),
		"updated_at":   a.stamp(l.updated),
	}
}

// viewLocation serves GET /locations/{id}. The vendor's sample has the plural
// key around the one object (§7.2).
func (a *Account) viewLocation(c *call) answer {
	l := a.locations.Records[c.id]
	if l == nil {
		return a.notFound()
	}
	key := "location"
	if a.rules.PluralLocationWrapper {
		key = "locations"
	}
	return wrapped(http.StatusOK, key, a.locationView(l))
}

// listLocations serves GET /locations: in the order of their ids, which is
// ours, or with a query the youngest first (§7.2).
func (a *Account) listLocations(c *call) answer {
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	var hits []*location
	if p.query {
		var bad *fieldError
		hits, bad = searchNamed(a, c, a.locations,
			func(l *location) string { return l.Name },
			func(l *location) time.Time { return l.CreatedAt },
			func(l *location) int64 { return l.ID })
		if bad != nil {
			return a.invalid(*bad)
		}
	} else {
		for _, id := range a.locations.IDs() {
			hits = append(hits, a.locations.Records[id])
		}
	}
	from, to, more := p.slice(len(hits))
	out := []map[string]any{}
	for _, l := range hits[from:to] {
		out = append(out, a.locationView(l))
	}
	return a.link(c, wrapped(http.StatusOK, "locations", out), p, more)
}

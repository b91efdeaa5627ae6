package freshservicetest

import (
	"net/http"
	"time"
)

// createLocation serves POST /locations. Its table has the name, the parent, the
// primary contact and the address only (§7.2).
func (a *Account) createLocation(c *call) answer {
	l := &location{Location: Location{CreatedAt: c.now}}
	if bad, ok := a.assignLocation(c, l, true); !ok {
		return bad
	}
	l.ID = a.take()
	a.locations.Put(l.ID, l, c.now)
	return c.created("locations", l.ID, "location", a.locationView(l))
}

// updateLocation serves PUT /locations/{id} (§7.2).
func (a *Account) updateLocation(c *call) answer {
	cur := a.locations.Records[c.id]
	if cur == nil {
		return a.notFound()
	}
	l := *cur
	if bad, ok := a.assignLocation(c, &l, false); !ok {
		return bad
	}
	a.locations.Put(l.ID, &l, c.now)
	return wrapped(http.StatusOK, "location", a.locationView(&l))
}

// deleteLocation serves DELETE /locations/{id}: its people and the locations
// below it stay, without it.
func (a *Account) deleteLocation(c *call) answer {
	if a.locations.Records[c.id] == nil {
		return a.notFound()
	}
	a.removeLocation(c.id, c.now)
	return noContent()
}

func (a *Account) removeLocation(gone int64, now time.Time) {
	a.locations.Put(gone, nil, now)
	for _, id := range a.locations.IDs() {
		if l := *a.locations.Records[id]; l.ParentID == gone {
			l.ParentID = 0
			a.locations.Put(id, &l, now)
		}
	}
	for _, id := range a.users.IDs() {
		if u := a.users.Records[id]; u.attrs["location_id"] == gone {
			u = u.clone()
			u.set("location_id", nil)
			a.putUser(u, now)
		}
	}
}

// assignLocation checks the attributes of a request and sets them on l, which is
// the caller's copy.
func (a *Account) assignLocation(c *call, l *location, create bool) (answer, bool) {
	in, bad, ok := c.object()
	if !ok {
		return bad, false
	}
	var errs []fieldError
	if _, sent := in["name"]; create && !sent {
		errs = append(errs, missing("name"))
	}
	for _, name := range sortedKeys(in) {
		if e := a.setLocation(l, create, name, in[name]); e != nil {
			errs = append(errs, *e)
		}
	}
	if errs != nil {
		return a.invalid(errs...), false
	}
	l.updated = c.now
	return answer{}, true
}

func (a *Account) setLocation(l *location, create bool, name string, in any) (bad *fieldError) {
	fail := func(e fieldError) *fieldError { return &e }
	text := map[string]*string{"contact_name": &l.ContactName, "email": &l.Email, "phone": &l.Phone}
	switch name {
	case "name":
		l.Name, bad = a.convertName(name, in)
	case "parent_location_id":
		l.ParentID, bad = a.convertReference(name, in, func(id int64) bool { return a.locations.Records[id] != nil && id != l.ID })
	case "primary_contact_id":
		l.ContactID, bad = a.convertReference(name, in, a.isUser)
	case "contact_name", "email", "phone":
		if create && !a.rules.LocationContactOnCreate {
			return fail(unexpected(name))
		}
		*text[name], bad = a.convertDescription(name, in)
	case "address":
		bad = a.setAddress(l, in)
	case "id", "workspace_id", "created_at", "updated_at":
		return fail(a.readonly(name))
	default:
		return fail(unexpected(name))
	}
	return bad
}

// setAddress sets the parts that are sent of the nested address (§7.2).
func (a *Account) setAddress(l *location, in any) *fieldError {
	parts, ok := in.(map[string]any)
	if !ok {
		e := a.mismatch("address", "Hash")
		return &e
	}
	known := map[string]*string{
		"line1": &l.Line1, "line2": &l.Line2, "city": &l.City, "state": &l.State, "country": &l.Country, "zipcode": &l.Zipcode,
	}
	for _, name := range sortedKeys(parts) {
		to, ok := known[name]
		if !ok {
			e := unexpected(name)
			return &e
		}
		var bad *fieldError
		if *to, bad = a.convertDescription(name, parts[name]); bad != nil {
			return bad
		}
	}
	return nil
}

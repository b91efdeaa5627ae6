package freshservicetest

import "strings"

// userFilter is what the parameters of a list of users ask for.
type userFilter struct {
	kind func(*user) bool
	// document is how a query sees a user.
	document func(*user) document
	keep     []func(*user) bool
	search   node // nil: no query
	indexed  bool // looks at the index rather than at the records
}

func (f *userFilter) keeps(u *user) bool {
	if !f.kind(u) {
		return false
	}
	for _, k := range f.keep {
		if !k(u) {
			return false
		}
	}
	return true
}

// userFilter reads the parameters that requesters and agents share.
func (a *Account) userFilter(c *call, fields map[string]queryKind) (*userFilter, *fieldError) {
	f := &userFilter{}
	fail := func(e fieldError) (*userFilter, *fieldError) { return nil, &e }
	for _, name := range []string{"email", "mobile_phone_number", "work_phone_number"} {
		if !c.query.Has(name) {
			continue
		}
		value := c.query.Get(name)
		if value == "" {
			return fail(invalidValue(name, messageEmpty))
		}
		if name == "email" {
			f.keep = append(f.keep, a.matchesEmail(value))
			f.indexed = a.rules.EmailFilterUsesIndex
			continue
		}
		f.keep = append(f.keep, func(u *user) bool { return u.text(name) == value })
	}
	if c.query.Has("active") { // refused above where the route does not know it
		want := c.query.Get("active")
		if want != "true" && want != "false" {
			return fail(invalidValue("active", messageChoice))
		}
		f.keep = append(f.keep, func(u *user) bool { return u.active == (want == "true") })
	}
	if c.query.Has("query") {
		q, err := a.parseQuery(c.query.Get("query"), fields)
		if err != nil {
			return fail(invalidValue("query", err.Error()))
		}
		f.search, f.indexed = q, true
		if a.rules.QueryHidesInactive {
			f.keep = append(f.keep, func(u *user) bool { return u.active })
		}
	}
	return f, nil
}

// matchesEmail is the filter "email=" (§4.3).
func (a *Account) matchesEmail(want string) func(*user) bool {
	equal := strings.EqualFold
	if a.rules.EmailFilterCaseSensitive {
		equal = func(x, y string) bool { return x == y }
	}
	return func(u *user) bool {
		if a.rules.EmailFilterHidesInactive && !u.active {
			return false
		}
		if equal(u.text("primary_email"), want) {
			return true
		}
		if a.rules.EmailFilterMatchesSecondary {
			for _, e := range u.strings("secondary_emails") {
				if equal(e, want) {
					return true
				}
			}
		}
		return false
	}
}

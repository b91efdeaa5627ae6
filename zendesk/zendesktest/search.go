package zendesktest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxQuery bounds the length of a search, in bytes. The vendor's limit is not
// documented.
const maxQuery = 4096

// term is one condition of a search: all must hold.
type term struct {
	key, op, value string // without a key: any property
	negated        bool
}

// parseSearch reads the search syntax (§10): words and key:value pairs, quoted
// or not; a leading "-" negates. In quotes a backslash takes the next character
// as it is. Whatever is not understood is a word: the search never fails.
func parseSearch(s string) []term {
	var out []term
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return out
		}
		var t term
		if rest, ok := strings.CutPrefix(s, "-"); ok && rest != "" && rest[0] != ' ' {
			t.negated, s = true, rest
		}
		word := true
		for i := range len(s) {
			if b := s[i]; b == ':' || b == '<' || b == '>' {
				if i > 0 {
					t.key, t.op, s = fold(s[:i]), s[i:i+1], s[i+1:]
					if strings.HasPrefix(s, "=") && b != ':' {
						t.op, s = t.op+"=", s[1:]
					}
				}
				break
			} else if !keyByte(b) {
				break
			}
		}
		t.value, s, word = readValue(s)
		if t.key == "" && !word && t.value == "" {
			continue
		}
		out = append(out, t)
	}
}

// keyByte reports whether a byte may stand in the name of a property.
func keyByte(b byte) bool {
	return b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}

// readValue reads a value, quoted or up to the next space.
func readValue(s string) (value, rest string, word bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, " \t\r\n")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:], false
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), "", false
}

// String writes a term so that it is read again as the same.
func (t term) String() string {
	var b strings.Builder
	if t.negated {
		b.WriteByte('-')
	}
	b.WriteString(t.key + t.op + `"`)
	for i := range len(t.value) {
		if t.value[i] == '"' || t.value[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(t.value[i])
	}
	return b.String() + `"`
}

// matches reports whether the user fulfils a term as of now.
func (a *Account) matches(u *user, t term) bool {
	return a.fulfils(u, t) != t.negated
}

// contains is the partial match of the search (§4.6): without case, and "*"
// matches everything.
func contains(have, want string) bool {
	return strings.Contains(fold(have), fold(strings.TrimSuffix(want, "*")))
}

func (a *Account) fulfils(u *user, t term) bool {
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return contains(s, t.value) })
	}
	flag := func(b bool) bool { return strings.EqualFold(t.value, "true") == b }
	switch t.key {
	case "":
		return has(a.words(u))
	case "type":
		return strings.EqualFold(t.value, "user")
	case "email":
		return has(a.addresses(u))
	case "name":
		return contains(u.name, t.value)
	case "notes", "details":
		return contains(u.texts[t.key], t.value)
	case "phone":
		return contains(u.phone, t.value)
	case "external_id":
		return fold(u.externalID) == fold(t.value)
	case "role":
		return strings.EqualFold(u.role, t.value)
	case "organization", "organization_id":
		return a.belongs(u, t.value)
	case "group":
		return slices.ContainsFunc(u.groups, func(m groupMembership) bool {
			g := a.groups.Records[m.group]
			return text(m.group) == t.value || g != nil && strings.EqualFold(g.name, t.value)
		})
	case "tags":
		return slices.ContainsFunc(u.tags, func(s string) bool { return strings.EqualFold(s, t.value) })
	case "is_suspended":
		return flag(u.suspended)
	case "is_verified":
		return flag(u.verified())
	case "created":
		return compareDay(u.created, t.op, t.value)
	case "updated":
		return compareDay(u.updated, t.op, t.value)
	}
	if f := findField(a.fields, t.key); f != nil && t.op == ":" {
		return contains(plain(u.fields[f.Key]), t.value) && u.fields[f.Key] != nil
	}
	// Not a property: the whole is a word.
	t.value = t.key + t.op + t.value
	return has(a.words(u))
}

// addresses are the e-mail addresses that the search sees.
func (a *Account) addresses(u *user) []string {
	var out []string
	for _, i := range u.identities {
		if i.kind == "email" && (i.primary || !a.rules.SearchPrimaryOnly) {
			out = append(out, i.value)
		}
	}
	return out
}

// words are the texts in which a word is sought.
func (a *Account) words(u *user) []string {
	return append(a.addresses(u), u.name, u.phone, u.texts["notes"], u.texts["details"], u.externalID)
}

func (a *Account) belongs(u *user, value string) bool {
	return slices.ContainsFunc(u.organizations(), func(id int64) bool {
		o := a.organizations.Records[id]
		return text(id) == value || o != nil && strings.EqualFold(o.name, value)
	})
}

// compareDay compares a time with a date or date-time.
func compareDay(have time.Time, op, value string) bool {
	want, err := time.Parse(time.DateOnly, value)
	if err != nil {
		if want, err = time.Parse(time.RFC3339, value); err != nil {
			return false
		}
	} else {
		have = have.Truncate(24 * time.Hour)
	}
	c := have.Compare(want)
	switch op {
	case "<":
		return c < 0
	case ">":
		return c > 0
	case "<=":
		return c <= 0
	case ">=":
		return c >= 0
	}
	return c == 0
}

// searchUsers serves GET /users/search: offset pages only, out of the index,
// which lags (§4.6).
func (a *Account) searchUsers(c *call) answer {
	query, external := c.query.Get("query"), c.query.Get("external_id")
	if !c.query.Has("query") && !c.query.Has("external_id") {
		return invalidParameter("query", "must be given")
	}
	if len(query) > maxQuery {
		return named(http.StatusUnprocessableEntity, "invalid", "Invalid search: the query is too long")
	}
	terms := parseSearch(query)
	now := c.now
	if a.rules.UserSearchConsistent {
		now = now.Add(a.users.Lag)
	}
	var hits []*user
	for id, u := range a.users.Indexed(now) {
		found := u.live()
		if c.query.Has("query") {
			for _, t := range terms {
				found = found && a.matches(u, t)
			}
		}
		if c.query.Has("external_id") {
			found = found && fold(u.externalID) == fold(external)
		}
		// The index finds; what is answered is the record as it is now.
		if cur := a.users.Records[id]; found && cur != nil && (cur.live() || !a.rules.SearchHidesDeleted) {
			hits = append(hits, cur)
		}
	}
	slices.SortFunc(hits, func(x, y *user) int { return byID(x.place(), y.place()) })
	return page(a, c, a.usersList(c, hits, true))
}

package zendesk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// organizationMemberships are the memberships of users in organizations.
var organizationMemberships = resource{"/organization_memberships", "organization_membership", "organization_memberships"}

// maxJoinPages is how far one list of memberships is read: 50,000 of them.
const maxJoinPages = 500

// joins says which memberships are looked for, and from which side.
type joins struct {
	all        resource // every membership of the account
	each       resource // those of one record, whose id stands in the path
	key, value string   // what a record is in a membership, and what is wanted of it
}

// joined returns what records are joined to, by their ids. The memberships are read
// record by record, or all at once where that takes no more calls: whole says that
// the records are all that there are. A list of all that was longer than so many
// pages is not tried again for as few.
func (d *driver) joined(ctx context.Context, j joins, ids []string, whole, background bool) (map[string][]schema.Value, error) {
	out := make(map[string][]schema.Value, len(ids))
	most := len(ids)
	if whole {
		most = maxJoinPages
	}
	if len(ids) > 1 && most > d.pagesBeyond(j.all.path) {
		items, err := d.upTo(ctx, j.all, nil, most, background)
		if err == nil {
			for _, item := range items {
				key := item.Member(j.key).Text()
				out[key] = append(out[key], item.Member(j.value))
			}
			return out, nil
		}
		if !errors.Is(err, errTooMany) {
			return nil, err
		}
		d.noteBeyond(j.all.path, most)
	}
	for _, id := range ids {
		items, err := d.upTo(ctx, j.each, map[string]string{"id": id}, maxJoinPages, background)
		switch {
		case statusOf(err) == http.StatusNotFound && len(ids) > 1:
			continue // it went while the list was read
		case err != nil:
			return nil, err
		}
		for _, item := range items {
			out[id] = append(out[id], item.Member(j.value))
		}
	}
	return out, nil
}

// pagesBeyond returns a number of pages that a list was seen to be longer than.
func (d *driver) pagesBeyond(path string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.beyond[path]
}

func (d *driver) noteBeyond(path string, pages int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.beyond == nil {
		d.beyond = make(map[string]int)
	}
	d.beyond[path] = max(d.beyond[path], pages)
}

// upTo reads a list of that many pages at most; errTooMany where it is longer.
func (d *driver) upTo(ctx context.Context, res resource, values map[string]string, pages int, background bool) ([]schema.Value, error) {
	return d.pagesOf(ctx, res, values, params("page[size]", strconv.Itoa(pageSize)), pages, background)
}

// pagesOf is upTo with parameters.
func (d *driver) pagesOf(ctx context.Context, res resource, values map[string]string, p url.Values, pages int, background bool) ([]schema.Value, error) {
	var out []schema.Value
	for range pages {
		page, err := d.index(ctx, res, values, p, background)
		if err != nil {
			return nil, err
		}
		out = append(out, page.items...)
		if page.next == "" {
			return out, nil
		}
		p = clone(p)
		p.Set("page[after]", page.next)
	}
	return nil, errTooMany
}

// fillMembers puts the ids of members into records, unless they are left out.
func (d *driver) fillMembers(ctx context.Context, c *circle, recs []*schema.Record, omit []string, whole, background bool) error {
	if len(recs) == 0 || !c.hasMembers() || containsFold(omit, fieldMembers) {
		return nil
	}
	ids := make([]string, len(recs))
	for i, rec := range recs {
		ids[i] = rec.String("id")
	}
	found, err := d.joined(ctx, joins{all: c.joins, each: c.joins.at(c.list), key: c.key, value: "user_id"}, ids, whole, background)
	if err != nil {
		return d.fail(err, request{typ: c.typ, byID: true})
	}
	for i, rec := range recs {
		rec.Set(fieldMembers, schema.ListValue(found[ids[i]]...))
	}
	return nil
}

// membership is a user's place in a group or an organization.
type membership struct {
	id        string // its own
	user      string
	circle    string // of the group or organization
	isDefault bool
}

func readMembership(c *circle, v schema.Value) membership {
	isDefault, _ := v.Member("default").Bool()
	return membership{id: decodeID(v.Member("id")), user: decodeID(v.Member("user_id")), circle: decodeID(v.Member(c.key)), isDefault: isDefault}
}

// ListMembers implements connector.Members: one call a page.
func (d *driver) ListMembers(ctx context.Context, group connector.Ref, cursor string) (*connector.Page, error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	c := d.circleOf(k, group.Object)
	if len(cursor) > maxCursor {
		return nil, noPage()
	}
	p := params("page[size]", strconv.Itoa(pageSize))
	if cursor != "" {
		p.Set("page[after]", cursor)
	}
	got, err := d.index(ctx, c.joins.at(c.list), map[string]string{"id": group.ID}, p, false)
	if err != nil {
		if statusOf(err) == http.StatusBadRequest && cursor != "" {
			return nil, noPage()
		}
		return nil, d.fail(err, request{typ: c.typ, byID: true})
	}
	out := &connector.Page{Next: got.next, Total: -1}
	for _, item := range got.items {
		m := readMembership(c, item)
		if m.user == "" {
			return nil, malformed(http.MethodGet, c.list, "the answer holds a membership without a user")
		}
		rec := k.user.New()
		rec.Set("id", item.Member("user_id"))
		out.Records = append(out.Records, rec)
	}
	if got.next == "" && cursor == "" {
		out.Total = len(out.Records)
	}
	return out, nil
}

// joinedTwice reports whether a refusal says that the membership is there already.
func joinedTwice(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok || e.Status != http.StatusUnprocessableEntity {
		return false
	}
	for _, f := range readRefusal(e.Body).fields {
		if f.code == codeDuplicate {
			return true
		}
	}
	return false
}

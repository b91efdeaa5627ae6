package zendesk

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

const (
	// fewMembers is how many memberships are made and ended by single calls; more
	// go by background jobs, which take two calls at least.
	fewMembers = 3
	// jobItems is how many items a call can have that starts a job.
	jobItems = 100
)

// EditMembers implements connector.Members. Up to three members come by one call
// each; more by a background job for each hundred, and calls to see it through.
// Members go by the ids of their memberships, which are looked for first: for up to
// three in those of the user, one more call each, else in those of the group.
//
// Only who was not there comes, only who was there goes: an agent who leaves a
// group loses its open tickets. Errors of single members: Invalid for an end user in
// a group of agents, and for a second organization where users have one; NotFound
// for who is gone; Conflict for the last group of an agent.
func (d *driver) EditMembers(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	e := &memberEdit{d: d, k: k, circle: d.circleOf(k, group.Object), id: group.ID}
	results := make([]error, len(add)+len(remove))
	leaving, err := e.find(ctx, remove)
	if err == nil {
		err = e.join(ctx, add, results[:len(add)])
	}
	if err != nil {
		return nil, err
	}
	if err := e.leave(ctx, leaving, results[len(add):]); err != nil && len(add) == 0 {
		return nil, err
	} else if err != nil {
		fill(results[len(add):], err) // some have come
	}
	return results, nil
}

func fill(results []error, err error) {
	for i := range results {
		results[i] = err
	}
}

// memberEdit is a change of the members of one group or organization.
type memberEdit struct {
	d      *driver
	k      *known
	circle *circle
	id     string
	// seen are the memberships by user, where all were read; nil else.
	seen map[string]membership
}

// read reads all memberships of the group.
func (e *memberEdit) read(ctx context.Context) (map[string]membership, error) {
	c := e.circle
	items, err := e.d.upTo(ctx, c.joins.at(c.list), map[string]string{"id": e.id}, maxJoinPages, false)
	if err != nil {
		return nil, e.fail(err)
	}
	out := make(map[string]membership, len(items))
	for _, item := range items {
		m := readMembership(c, item)
		if m.id == "" || m.user == "" {
			return nil, malformed(http.MethodGet, c.list, "the answer holds a membership without an id")
		}
		out[m.user] = m
	}
	return out, nil
}

func (e *memberEdit) fail(err error) error {
	return e.d.fail(err, request{typ: e.circle.typ, byID: true})
}

// find looks for the memberships of those who are to leave; one without an id is
// none. They are read for this: an id that was remembered could be another's.
func (e *memberEdit) find(ctx context.Context, remove []connector.Ref) ([]membership, error) {
	out := make([]membership, len(remove))
	if len(remove) > fewMembers {
		seen, err := e.read(ctx)
		if err != nil {
			return nil, err
		}
		e.seen = seen
		for i, r := range remove {
			out[i] = seen[r.ID]
		}
		return out, nil
	}
	found := false
	for i, r := range remove {
		items, err := e.d.upTo(ctx, e.circle.joins.at(e.circle.ofUser), map[string]string{"user": r.ID}, maxSmallPages, false)
		if statusOf(err) == http.StatusNotFound {
			continue // whoever is gone is no member
		}
		if err != nil {
			return nil, e.fail(err)
		}
		for _, item := range items {
			if m := readMembership(e.circle, item); m.circle == e.id {
				out[i], found = m, true
			}
		}
	}
	if len(remove) > 0 && !found {
		return out, e.exists(ctx)
	}
	return out, nil
}

// exists fails if there is no such group.
func (e *memberEdit) exists(ctx context.Context) error {
	_, err := e.d.getCircle(ctx, e.circle, e.id)
	return err
}

// join makes members.
func (e *memberEdit) join(ctx context.Context, add []connector.Ref, results []error) error {
	var users []string
	var at []int
	for i, r := range add {
		if _, there := e.seen[r.ID]; !there {
			users, at = append(users, r.ID), append(at, i)
		}
	}
	if len(users) <= fewMembers {
		return e.joinSingly(ctx, users, at, results)
	}
	items := make([]schema.Value, len(users))
	for i, u := range users {
		items[i] = e.membershipOf(u)
	}
	outcome := e.d.runJobs(ctx, chunks(items, func(part []schema.Value) *httpx.Request {
		return &httpx.Request{
			Method: http.MethodPost, Path: e.circle.joins.path + "/create_many", Body: body(e.circle.joins.many, schema.ListValue(part...)).AppendJSON(nil),
			// What is there already is refused, item by item: the same again does no harm.
			Idempotency: httpx.Idempotent,
		}
	}))
	if outcome.bulkIsOff() {
		return e.joinSingly(ctx, users, at, results)
	}
	seen, err := e.after(ctx, outcome)
	if seen == nil {
		for _, i := range at {
			results[i] = outcome.first(err)
		}
		return e.whole(outcome, err)
	}
	var missing []string
	for i, u := range users {
		if _, there := seen[u]; !there {
			missing = append(missing, u)
			results[at[i]] = outcome.forMissing()
		}
	}
	if outcome.err == nil {
		reasons, err := e.reasons(ctx, missing)
		if err != nil {
			return nil //nolint:nilerr // why somebody is missing could not be found out, that they are is said
		}
		for i, u := range users {
			if reason := reasons[u]; reason != nil {
				results[at[i]] = reason
			}
		}
	}
	return nil
}

func (e *memberEdit) membershipOf(user string) schema.Value {
	return schema.MembersValue(
		schema.Member{Name: "user_id", Value: schema.IntegerValue(number(user))},
		schema.Member{Name: e.circle.key, Value: schema.IntegerValue(number(e.id))},
	)
}

// joinSingly makes members by one call each.
func (e *memberEdit) joinSingly(ctx context.Context, users []string, at []int, results []error) error {
	for i, u := range users {
		err := e.d.join(ctx, e.circle, e.membershipOf(u))
		if err == nil {
			continue
		}
		switch statusOf(err) {
		case http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusBadRequest:
			// What is wrong, the answer does not say in a documented form.
			if gone := e.exists(ctx); gone != nil {
				return gone
			}
			reasons, failed := e.reasons(ctx, users[i:i+1])
			if failed != nil {
				return failed
			}
			if results[at[i]] = reasons[u]; reasons[u] == nil {
				results[at[i]] = e.refused()
			}
		default:
			if err = e.fail(err); i == 0 && connector.CodeOf(err) != connector.NotFound {
				return err // nothing was done
			}
			results[at[i]] = err
		}
	}
	return nil
}

// join makes one membership; one that is there already is a success.
func (d *driver) join(ctx context.Context, c *circle, membership schema.Value) error {
	_, err := d.do(ctx, &httpx.Request{
		Method: http.MethodPost, Path: c.joins.path, Body: body(c.joins.one, membership).AppendJSON(nil), Idempotency: httpx.Idempotent,
	})
	if joinedTwice(err) {
		return nil
	}
	return err
}

// reasons says why users could not become members, as far as that can be seen of
// them: one call for each hundred.
func (e *memberEdit) reasons(ctx context.Context, missing []string) (map[string]error, error) {
	out := make(map[string]error, len(missing))
	for part := range slices.Chunk(missing, pageSize) {
		page, err := e.d.index(ctx, users.at("/users/show_many"), nil, params("ids", strings.Join(part, ",")), false)
		if err != nil {
			return nil, e.fail(err)
		}
		for _, u := range part {
			out[u] = connector.Errorf(connector.NotFound, "", "there is no such user")
		}
		for _, v := range page.items {
			if u := decodeID(v.Member("id")); slices.Contains(part, u) && !isGone(v) {
				out[u] = e.reason(v)
			}
		}
	}
	return out, nil
}

func (e *memberEdit) reason(user schema.Value) error {
	switch {
	case e.circle.object == ObjectGroup && user.Member("role").Text() == roleEndUser:
		return connector.Errorf(connector.Invalid, "", "an end user cannot be a member of a group: only agents and administrators can")
	case e.circle.object == ObjectOrganization && !e.k.settings.several && !user.Member("organization_id").Unassigned():
		return connector.Errorf(connector.Invalid, "", "the user is in another organization, and users of this account have one only")
	}
	return e.refused()
}

func (e *memberEdit) refused() error {
	return connector.Errorf(connector.Conflict, "", "Zendesk does not make the user a member of the %s", e.circle.object)
}

// leave ends memberships; those without an id are none.
func (e *memberEdit) leave(ctx context.Context, leaving []membership, results []error) error {
	var ids []schema.Value
	var at []int
	for i, m := range leaving {
		if m.id != "" {
			ids, at = append(ids, schema.StringValue(m.id)), append(at, i)
		}
	}
	singly := func() {
		var denied error
		for i, id := range ids {
			if results[at[i]] = denied; denied != nil {
				continue // so it would be of all others
			}
			if err := e.leaveSingly(ctx, id.Text()); err != nil {
				if results[at[i]] = err; connector.CodeOf(err) == connector.Denied {
					denied = err
				}
			}
		}
	}
	if len(ids) <= fewMembers {
		singly()
		return nil
	}
	outcome := e.d.runJobs(ctx, chunks(ids, func(part []schema.Value) *httpx.Request {
		return &httpx.Request{
			Method: http.MethodDelete, Path: e.circle.joins.path + "/destroy_many",
			Query: params("ids", strings.Join(schema.ListValue(part...).Strings(), ",")),
		}
	}))
	if outcome.bulkIsOff() {
		singly()
		return nil
	}
	seen, err := e.after(ctx, outcome)
	if seen == nil {
		for _, i := range at {
			results[i] = outcome.first(err)
		}
		return e.whole(outcome, err)
	}
	for _, i := range at {
		if m, there := seen[leaving[i].user]; there && m.id == leaving[i].id {
			if results[i] = outcome.forMissing(); outcome.err == nil {
				results[i] = e.stays()
			}
		}
	}
	return nil
}

func (e *memberEdit) leaveSingly(ctx context.Context, id string) error {
	_, err := e.d.do(ctx, &httpx.Request{Method: http.MethodDelete, Path: e.circle.joins.path + byID, PathValues: map[string]string{"id": id}})
	switch statusOf(err) {
	case http.StatusNotFound:
		return nil
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return e.stays()
	}
	return e.fail(err)
}

func (e *memberEdit) stays() error {
	if e.circle.object == ObjectGroup {
		return connector.Errorf(connector.Conflict, "", "Zendesk keeps the agent in the group, most likely because it is the only one: every agent is in one group at least")
	}
	return connector.Errorf(connector.Conflict, "", "Zendesk keeps the user in the organization")
}

// chunks makes a request for each hundred items.
func chunks(items []schema.Value, make func(part []schema.Value) *httpx.Request) []*httpx.Request {
	var out []*httpx.Request
	for part := range slices.Chunk(items, jobItems) {
		out = append(out, make(part))
	}
	return out
}

// after reads the memberships after jobs that did not tell that all is done: what
// came of each item has to be looked at, because results need not say, and the
// answer that would may be lost. It returns nil where there is nothing to look at.
func (e *memberEdit) after(ctx context.Context, o *jobOutcome) (map[string]membership, error) {
	if o == nil || !o.started {
		return nil, nil //nolint:nilnil // nothing happened, or everything did
	}
	return e.read(ctx)
}

// whole returns the error of the operation as a whole: that of jobs of which none
// was started, and that of a group that is not there.
func (e *memberEdit) whole(o *jobOutcome, err error) error {
	switch {
	case o == nil:
		return nil
	case !o.started:
		return o.err
	case connector.CodeOf(err) == connector.NotFound:
		return err
	}
	return nil
}

package freshservice

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Get implements connector.Driver: one call; of a user two where it is an agent.
func (d *driver) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	switch r.Object {
	case ObjectRequester:
		t, err := d.requesterType(ctx)
		if err != nil {
			return nil, err
		}
		return d.getRequester(ctx, t, r.ID)
	case ObjectAgent:
		return d.getAgent(ctx, r.ID)
	case ObjectUser:
		return d.getUser(ctx, r.ID)
	case ObjectDepartment:
		return d.getFixed(ctx, departments, d.types.department, r.ID)
	case ObjectLocation:
		return d.getFixed(ctx, locations, d.types.location, r.ID)
	default:
		return nil, noObject()
	}
}

func noObject() error { return connector.Errorf(connector.Unsupported, "", "there is no such object") }

// viewRequester reads from /requesters, where an agent is NotFound: whether that
// path serves agents too is not documented.
func (d *driver) viewRequester(ctx context.Context, t *schema.Type, id string) (schema.Value, error) {
	v, key, err := d.view(ctx, requesters, id)
	if err != nil {
		return v, fail(err, request{typ: t, byID: true})
	}
	if isAgent, _ := v.Member("is_agent").Bool(); isAgent || key == agents.one() {
		return schema.Value{}, connector.Errorf(connector.NotFound, "", "the id belongs to an agent")
	}
	return v, nil
}

func (d *driver) getRequester(ctx context.Context, t *schema.Type, id string) (*schema.Record, error) {
	v, err := d.viewRequester(ctx, t, id)
	if err != nil {
		return nil, err
	}
	return decode(t, v)
}

// Create implements connector.Driver: one call.
func (d *driver) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	res := requesters
	req := request{typ: rec.Type(), create: true}
	switch object {
	case ObjectRequester:
		if !rec.Has("primary_email") && !rec.Has("work_phone_number") && !rec.Has("mobile_phone_number") {
			return nil, connector.Errorf(connector.Invalid, "primary_email", "a requester needs an e-mail address, a work phone or a mobile phone")
		}
		req.address = sentAddress(rec.Has("primary_email"), rec.Has("secondary_emails"))
	case ObjectDepartment:
		res = departments
	default:
		return nil, noObject()
	}
	v, err := d.write(ctx, http.MethodPost, res, "", "", createBody(rec))
	if err != nil {
		return nil, d.taken(ctx, fail(err, req), rec, 0)
	}
	out, err := decode(rec.Type(), v)
	return out, fail(err, req)
}

// taken looks once whether a refused address is in use, where the answer only
// says that it is refused: for duplicates the vendor documents neither status
// nor code. self is the id of the record that is being updated.
func (d *driver) taken(ctx context.Context, err error, rec *schema.Record, self int64) error {
	own, ok := errors.AsType[*connector.Error](err)
	if !ok || own.Code != connector.Invalid || !isAddress(own.Field) || rec == nil {
		return err
	}
	for _, address := range rec.Strings(own.Field) {
		l := d.users(ctx, connector.Query{})
		page, failed := d.byEmail(ctx, l, address)
		if failed != nil {
			return err
		}
		for _, holder := range page.Records {
			if holder.Integer("id") != self {
				out := &connector.Error{Err: own.Err}
				duplicate(out, own.Field, request{})
				return out
			}
		}
	}
	return err
}

func sentAddress(primary, secondary bool) string {
	switch {
	case primary:
		return "primary_email"
	case secondary:
		return "secondary_emails"
	default:
		return ""
	}
}

// Update implements connector.Driver: one call. The department tickets flag goes
// with every update where Base has it, because an update that does not send it
// takes it away.
//
// The vendor leaves open how a text is cleared and whether custom fields are
// merged. A refusal of one way, or an answer that shows the other, costs one
// more call, once: the driver remembers. Until it has seen that custom fields are
// merged, it reads the record before a blind write to one, and always before a
// blind write that adds elements to a list or removes some.
func (d *driver) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	if r.Object != ObjectRequester {
		return nil, connector.Errorf(connector.Unsupported, "", "it cannot be changed through this connection yet")
	}
	if c.Base == nil && (editsElements(c) || editsCustom(c) && customRule(d.learned.custom.Load()) != customMerged) {
		// Lists are sent whole, and custom fields that are not sent might be lost: a
		// blind write would not do what is asked.
		base, err := d.getRequester(ctx, c.Type, r.ID)
		if err != nil {
			return nil, err
		}
		c.Base, c.Want = base, base.Clone()
		c.Want.Apply(c.Edits...)
	}
	u := newUpdate(c, clearing(d.learned.clearWith.Load()), customRule(d.learned.custom.Load()) == customWhole)
	if u.empty() {
		if c.Base == nil {
			return nil, nil
		}
		return c.Base.Clone(), nil
	}
	rec, err := d.put(ctx, r.ID, u)
	if err != nil {
		if !u.otherClearing(err) {
			return nil, err
		}
		if rec, err = d.put(ctx, r.ID, u); err != nil {
			return nil, err
		}
		d.learned.clearWith.Store(int32(u.clearing))
	}
	if rec == nil {
		return nil, nil
	}
	switch rule := u.customKept(rec); rule {
	case customMerged:
		d.learned.custom.Store(int32(rule))
	case customWhole:
		d.learned.custom.Store(int32(rule))
		u.sendAllCustom()
		if rec, err = d.put(ctx, r.ID, u); err != nil || rec == nil {
			return nil, err
		}
	}
	if again := u.ignoredClearing(rec); again != nil {
		after, err := d.put(ctx, r.ID, again)
		if err != nil || after == nil {
			return rec, nil // what was asked for was done as far as the account does it
		}
		if again.isCleared(after) {
			d.learned.clearWith.Store(int32(again.clearing))
		}
		rec = after
	}
	return rec, nil
}

// editsElements reports whether a change adds elements to a list or removes some.
func editsElements(c connector.Change) bool {
	return slices.ContainsFunc(c.Edits, func(e schema.Edit) bool { return e.Op == schema.Add || e.Op == schema.Remove })
}

// editsCustom reports whether a change is about a custom field.
func editsCustom(c connector.Change) bool {
	return slices.ContainsFunc(c.Edits, func(e schema.Edit) bool { return c.Type.Attribute(e.Slot).Custom })
}

// put sends an update. The record is nil where the answer is empty.
func (d *driver) put(ctx context.Context, id string, u *update) (*schema.Record, error) {
	req := request{typ: u.typ, byID: true, address: u.address()}
	v, err := d.write(ctx, http.MethodPut, requesters, id, "", u.body())
	if err != nil {
		self, _ := strconv.ParseInt(id, 10, 64)
		return nil, d.taken(ctx, fail(err, req), u.want, self)
	}
	if v.IsUnset() {
		return nil, nil
	}
	return decode(u.typ, v)
}

// Act implements connector.Driver: one call; two where the answer does not say
// whether the action had been done before.
func (d *driver) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	if r.Object != ObjectRequester {
		return nil, connector.Errorf(connector.Unsupported, "", "the driver has no such action for it")
	}
	t, err := d.requesterType(ctx)
	if err != nil {
		return nil, err
	}
	switch a.Kind {
	case connector.Deactivate:
		_, err = d.write(ctx, http.MethodDelete, requesters, r.ID, "", nil)
		return d.settle(ctx, t, r.ID, false, schema.Value{}, err)
	case connector.Activate:
		v, err := d.write(ctx, http.MethodPut, requesters, r.ID, "/reactivate", nil)
		return d.settle(ctx, t, r.ID, true, v, err)
	case connector.Erase:
		return nil, d.erase(ctx, t, r.ID)
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "the driver has no such action")
	}
}

// settle makes the outcome of an action out of its answer. What the API answers
// when there was nothing left to do is not documented, so a refusal is checked
// against the record.
func (d *driver) settle(ctx context.Context, t *schema.Type, id string, active bool, v schema.Value, err error) (*schema.Record, error) {
	if err == nil {
		if v.IsUnset() {
			return nil, nil
		}
		return decode(t, v)
	}
	err = fail(err, request{typ: t, byID: true})
	switch connector.CodeOf(err) {
	case connector.NotFound, connector.Conflict, connector.Invalid:
		rec, readErr := d.getRequester(ctx, t, id)
		if readErr != nil {
			return nil, readErr
		}
		if now, known := rec.Get("active").Bool(); known && now == active {
			return rec, nil
		}
	}
	return nil, err
}

// erase forgets a requester, with the tickets that they asked for. Whether an
// active one can be forgotten is not documented: after a conflict it is
// deactivated first.
func (d *driver) erase(ctx context.Context, t *schema.Type, id string) error {
	forget := func() error {
		_, err := d.write(ctx, http.MethodDelete, requesters, id, "/forget", nil)
		return fail(err, request{typ: t, byID: true})
	}
	err := forget()
	if errors.Is(err, connector.Conflict) {
		if _, off := d.write(ctx, http.MethodDelete, requesters, id, "", nil); off == nil {
			err = forget()
		}
	}
	if !errors.Is(err, connector.NotFound) {
		return err
	}
	// Gone already, unless the id belongs to somebody whom this path does not reach.
	if _, look := d.getUser(ctx, id); errors.Is(look, connector.NotFound) {
		return nil
	}
	return err
}

// listRequesters answers a List of requesters.
func (d *driver) listRequesters(ctx context.Context, q connector.Query) (*connector.Page, error) {
	t, err := d.requesterType(ctx)
	if err != nil {
		return nil, err
	}
	return d.list(ctx, listing{
		res: requesters, typ: t, email: "primary_email", query: q,
		get: func(id string) (*schema.Record, error) { return d.getRequester(ctx, t, id) },
		rec: func(v schema.Value) (*schema.Record, error) {
			if isAgent, _ := v.Member("is_agent").Bool(); isAgent {
				return nil, nil
			}
			return decode(t, v)
		},
	})
}

func params(pairs ...string) url.Values {
	v := make(url.Values, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

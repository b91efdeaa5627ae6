package freshservice

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// kind is what differs between the two kinds of people.
type kind struct {
	object  string
	res     resource
	address string // field of the login address
}

// kindOf returns the kind of people that an object is.
func kindOf(object string) (kind, bool) {
	switch object {
	case ObjectRequester:
		return kind{object, requesters, "primary_email"}, true
	case ObjectAgent:
		return kind{object, agents, "email"}, true
	default:
		return kind{}, false
	}
}

func (k kind) isAgent() bool { return k.object == ObjectAgent }

// viewPerson reads somebody of a kind. Whoever is of the other kind is NotFound:
// whether the paths of the one serve the other too is not documented.
func (d *driver) viewPerson(ctx context.Context, k kind, t *schema.Type, id string) (schema.Value, error) {
	if k.isAgent() {
		return d.viewAgent(ctx, id)
	}
	return d.viewRequester(ctx, t, id)
}

func (d *driver) getPerson(ctx context.Context, k kind, t *schema.Type, id string) (*schema.Record, error) {
	v, err := d.viewPerson(ctx, k, t, id)
	if err != nil {
		return nil, err
	}
	return d.person(ctx, k, t, v)
}

// person makes a record of somebody as the API gave it.
func (d *driver) person(ctx context.Context, k kind, t *schema.Type, v schema.Value) (*schema.Record, error) {
	rec, err := decode(t, v)
	if err != nil || !k.isAgent() || !d.managed {
		return rec, err
	}
	rec.Set("is_agent", schema.BooleanValue(true)) // what /agents serves does not say so
	return rec, d.readRoles(ctx, rec)
}

// refusesExternalID is what was learned about external ids of a kind.
func (d *driver) refusesExternalID(k kind) *atomic.Bool {
	if k.isAgent() {
		return &d.learned.noExternalID[1]
	}
	return &d.learned.noExternalID[0]
}

// learnExternalID reports whether a request was refused for its external id, which
// the vendor documents for answers only (reference, 4.1), and remembers it.
func (d *driver) learnExternalID(k kind, b body, err error) bool {
	if !b.has(b.typ.Slot(fieldExternalID)) || !refusesField(err, fieldExternalID) {
		return false
	}
	d.refusesExternalID(k).Store(true)
	return true
}

func (d *driver) createPerson(ctx context.Context, k kind, rec *schema.Record) (*schema.Record, error) {
	if !k.isAgent() && !rec.Has("primary_email") && !rec.Has("work_phone_number") && !rec.Has("mobile_phone_number") {
		return nil, connector.Errorf(connector.Invalid, "primary_email", "a requester needs an e-mail address, a work phone or a mobile phone")
	}
	b := createBody(rec)
	if k.isAgent() {
		if err := d.writeRoles(ctx, b, nil, rec, true, true); err != nil {
			return nil, err
		}
	}
	id := b.typ.Slot(fieldExternalID)
	if d.refusesExternalID(k).Load() {
		delete(b.fields, id)
	}
	req := request{typ: rec.Type(), create: true, address: b.address()}
	v, err := d.write(ctx, http.MethodPost, k.res, "", "", b.encode())
	if err != nil && d.learnExternalID(k, b, fail(err, req)) {
		delete(b.fields, id)
		v, err = d.write(ctx, http.MethodPost, k.res, "", "", b.encode())
	}
	if err != nil {
		return nil, d.taken(ctx, d.seat(ctx, k, fail(err, req)), rec, 0)
	}
	d.wrote(k)
	out, err := d.person(ctx, k, rec.Type(), v)
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

// updatePerson is one call. The department tickets flag goes with every update
// where Base has it, because an update that does not send it takes it away.
//
// The vendor leaves open how a text is cleared and whether custom fields are
// merged. A refusal of one way, or an answer that shows the other, costs one
// more call, once: the driver remembers. Until it has seen that custom fields are
// merged, it reads the record before a blind write to one, and always before a
// blind write that adds elements to a list or removes some, or that is about an
// agent's roles or groups.
//
// Names, title and phones of agents go in a call of their own, whose refusal is
// logged and does not fail the rest.
func (d *driver) updatePerson(ctx context.Context, k kind, r connector.Ref, c connector.Change) (*schema.Record, error) {
	if edits(c, fieldDepartments) {
		d.moves.forget(r.ID)
	}
	if d.wantsReading(k, c) {
		base, err := d.getPerson(ctx, k, c.Type, r.ID)
		if err != nil {
			return nil, err
		}
		c = rebased(c, base)
	}
	rest, profile := c, connector.Change{Type: c.Type}
	if k.isAgent() {
		rest.Edits, profile.Edits = splitProfile(c)
	}
	var rec *schema.Record
	var err error
	if len(rest.Edits) > 0 {
		if rec, err = d.changePerson(ctx, k, r.ID, rest); err != nil {
			return nil, err
		}
	}
	if len(profile.Edits) == 0 {
		return rec, nil
	}
	if profile.Base = rec; rec == nil {
		profile.Base = c.Base
	}
	return d.changeProfile(ctx, k, r.ID, profile)
}

// changeProfile sends names, title and phones of an agent. Fields that the account
// does not let be changed are left out, and a refusal is no error: the record
// returned shows what is.
func (d *driver) changeProfile(ctx context.Context, k kind, id string, c connector.Change) (*schema.Record, error) {
	for len(c.Edits) > 0 {
		if c.Base != nil {
			c = rebased(c, c.Base)
		}
		rec, err := d.changePerson(ctx, k, id, c)
		if err == nil {
			return rec, nil
		}
		switch connector.CodeOf(err) {
		case connector.Invalid, connector.Denied, connector.Conflict:
		default:
			return nil, err
		}
		d.log.WarnContext(ctx, "the account does not let an agent's name, title or phones be changed", "id", id, "error", err)
		left := slices.DeleteFunc(slices.Clone(c.Edits), func(e schema.Edit) bool {
			return refusesField(err, c.Type.Attribute(e.Slot).Name)
		})
		if len(left) == len(c.Edits) {
			break
		}
		c.Edits = left
	}
	if c.Base == nil {
		return d.getPerson(ctx, k, c.Type, id)
	}
	return c.Base.Clone(), nil
}

// wantsReading reports whether a record has to be read for a change, or read
// again: lists are sent whole, custom fields that are not sent might be lost, and
// requests that wait for approval are withdrawn unless they are sent again.
func (d *driver) wantsReading(k kind, c connector.Change) bool {
	if c.Base != nil {
		return k.isAgent() && len(c.Base.Strings("member_of_pending_approval"))+len(c.Base.Strings("observer_of_pending_approval")) > 0
	}
	if editsElements(c) || editsCustom(c) && customRule(d.learned.custom.Load()) != customMerged {
		return true
	}
	return k.isAgent() && (edits(c, fieldRoleIDs) || edits(c, fieldAssignments) || edits(c, "observer_of"))
}

// rebased returns the change that makes the same edits on another base.
func rebased(c connector.Change, base *schema.Record) connector.Change {
	c.Base, c.Want = base, base.Clone()
	c.Want.Apply(c.Edits...)
	return c
}

// splitProfile parts the edits of what no documented update of an agent takes from
// the others.
func splitProfile(c connector.Change) (rest, profile []schema.Edit) {
	for _, e := range c.Edits {
		if slices.Contains(profileFields(), c.Type.Attribute(e.Slot).Name) {
			profile = append(profile, e)
		} else {
			rest = append(rest, e)
		}
	}
	return rest, profile
}

// changePerson sends a change in as many calls as the account's ways need. The
// record is nil where nothing was to be sent and there is no Base, and where the
// account tells none.
func (d *driver) changePerson(ctx context.Context, k kind, id string, c connector.Change) (*schema.Record, error) {
	u := newUpdate(c, clearing(d.learned.clearWith.Load()), customRule(d.learned.custom.Load()) == customWhole)
	if k.isAgent() {
		if err := d.completeAgent(ctx, u, c); err != nil {
			return nil, err
		}
	}
	external := u.typ.Slot(fieldExternalID)
	if d.refusesExternalID(k).Load() {
		u.drop(external)
	}
	unchanged := func() (*schema.Record, error) {
		if c.Base == nil {
			return nil, nil
		}
		return c.Base.Clone(), nil
	}
	if u.empty() {
		return unchanged()
	}
	rec, err := d.put(ctx, k, id, u)
	if err != nil && d.learnExternalID(k, u.sent, err) {
		if u.drop(external); u.empty() {
			return unchanged()
		}
		rec, err = d.put(ctx, k, id, u)
	}
	if err != nil {
		if !u.otherClearing(err) {
			return nil, err
		}
		if rec, err = d.put(ctx, k, id, u); err != nil {
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
		if rec, err = d.put(ctx, k, id, u); err != nil || rec == nil {
			return nil, err
		}
	}
	if again := u.ignoredClearing(rec); again != nil {
		after, err := d.put(ctx, k, id, again)
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

// edits reports whether a change is about a field.
func edits(c connector.Change, field string) bool {
	s := c.Type.Slot(field)
	return slices.ContainsFunc(c.Edits, func(e schema.Edit) bool { return e.Slot == s })
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
func (d *driver) put(ctx context.Context, k kind, id string, u *update) (*schema.Record, error) {
	req := request{typ: u.typ, byID: true, address: u.sent.address()}
	v, err := d.write(ctx, http.MethodPut, k.res, id, "", u.body())
	if err != nil {
		self, _ := strconv.ParseInt(id, 10, 64)
		err = fail(err, req)
		if u.takesSeat() {
			err = d.seat(ctx, k, err)
		}
		return nil, d.taken(ctx, err, u.want, self)
	}
	d.wrote(k)
	if v.IsUnset() {
		return nil, nil
	}
	return d.person(ctx, k, u.typ, v)
}

func (d *driver) actPerson(ctx context.Context, k kind, r connector.Ref, a connector.Action) (*schema.Record, error) {
	t, err := d.typeOf(ctx, k.object)
	if err != nil {
		return nil, err
	}
	d.moves.forget(r.ID)
	switch a.Kind {
	case connector.Deactivate:
		v, err := d.write(ctx, http.MethodDelete, k.res, r.ID, "", nil)
		return d.settle(ctx, k, t, r.ID, false, v, err)
	case connector.Activate:
		v, err := d.write(ctx, http.MethodPut, k.res, r.ID, "/reactivate", nil)
		return d.settle(ctx, k, t, r.ID, true, v, err)
	case connector.Erase:
		return nil, d.erase(ctx, k, t, r.ID)
	case connector.Convert:
		to, ok := kindOf(a.To)
		if !ok || to == k || !d.managed {
			break
		}
		return d.convert(ctx, k, to, r.ID)
	}
	return nil, connector.Errorf(connector.Unsupported, "", "the driver has no such action for it")
}

// settle makes the outcome of an action out of its answer. What the API answers
// when there was nothing left to do is not documented, so a refusal is checked
// against the record.
func (d *driver) settle(ctx context.Context, k kind, t *schema.Type, id string, active bool, v schema.Value, err error) (*schema.Record, error) {
	if err == nil {
		d.wrote(k)
		if v.IsUnset() {
			return nil, nil
		}
		return d.person(ctx, k, t, v)
	}
	err = fail(err, request{typ: t, byID: true})
	switch connector.CodeOf(err) {
	case connector.NotFound, connector.Conflict, connector.Invalid:
		rec, readErr := d.getPerson(ctx, k, t, id)
		if readErr != nil {
			return nil, readErr
		}
		if now, known := rec.Get("active").Bool(); known && now == active {
			return rec, nil
		}
	case connector.Denied:
		if active {
			err = d.seat(ctx, k, err)
		}
	}
	return nil, err
}

// erase forgets somebody, with the tickets that they asked for. Whether an
// active person can be forgotten is not documented: after a conflict they are
// deactivated first.
func (d *driver) erase(ctx context.Context, k kind, t *schema.Type, id string) error {
	forget := func() error {
		_, err := d.write(ctx, http.MethodDelete, k.res, id, "/forget", nil)
		return fail(err, request{typ: t, byID: true})
	}
	err := forget()
	if errors.Is(err, connector.Conflict) {
		if _, off := d.write(ctx, http.MethodDelete, k.res, id, "", nil); off == nil {
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

// convert makes somebody one of the other kind, under the same id. It is one call:
// the answer has the record as it is then. A requester becomes an occasional agent
// with one role and without groups; an agent loses roles and groups (reference,
// 4.8 and 5.4).
func (d *driver) convert(ctx context.Context, from, to kind, id string) (*schema.Record, error) {
	t, err := d.typeOf(ctx, to.object)
	if err != nil {
		return nil, err
	}
	v, err := d.write(ctx, http.MethodPut, from.res, id, "/convert_to_"+to.object, nil)
	if err == nil {
		d.learned.agentWritten.Store(true)
		if v.IsUnset() {
			return d.getPerson(ctx, to, t, id)
		}
		return d.person(ctx, to, t, v)
	}
	err = fail(err, request{typ: t, byID: true})
	switch connector.CodeOf(err) {
	case connector.NotFound, connector.Conflict, connector.Invalid:
		// It may have been done before.
		if rec, look := d.getPerson(ctx, to, t, id); look == nil {
			return rec, nil
		}
	case connector.Denied:
		if to.isAgent() {
			err = d.seat(ctx, to, err)
		}
	}
	return nil, err
}

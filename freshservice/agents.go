package freshservice

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

func (d *driver) viewAgent(ctx context.Context, id string) (schema.Value, error) {
	v, key, err := d.view(ctx, agents, id)
	if err != nil {
		return v, fail(err, request{typ: d.types.agent, byID: true})
	}
	if key == requesters.one() || isRequester(v) {
		return schema.Value{}, errRequester()
	}
	if list := v.Member(fieldRoles); d.managed && list.Kind() == schema.KindList && list.Len() == 0 {
		// Every agent has a role (reference, 5.2), so this may be a requester seen as one.
		if other, key, err := d.view(ctx, requesters, id); err == nil && key == requesters.one() && isRequester(other) {
			return schema.Value{}, errRequester()
		}
	}
	return v, nil
}

func errRequester() error {
	return connector.Errorf(connector.NotFound, "", "the id belongs to a requester")
}

// isRequester tells a requester from an agent where both could be: whether
// /agents/{id} serves requesters is not documented.
func isRequester(v schema.Value) bool {
	isAgent, said := v.Member("is_agent").Bool()
	return said && !isAgent || v.Member("email").IsUnset() && !v.Member("primary_email").IsUnset()
}

func (d *driver) listAgents(ctx context.Context, q connector.Query) (*connector.Page, error) {
	k, _ := kindOf(ObjectAgent)
	t, err := d.typeOf(ctx, ObjectAgent)
	if err != nil {
		return nil, err
	}
	return d.list(ctx, listing{
		res: agents, typ: t, email: "email", query: q, states: true,
		get: func(id string) (*schema.Record, error) { return d.getPerson(ctx, k, t, id) },
		rec: func(v schema.Value) (*schema.Record, error) { return d.person(ctx, k, t, v) },
	})
}

// completeAgent makes the body of an update of an agent what the API wants: roles
// are assignments, of which those that stay keep their scope, and requests to join
// groups that wait for approval are withdrawn unless they are sent again
// (reference, 5.1).
func (d *driver) completeAgent(ctx context.Context, u *update, c connector.Change) error {
	if byID, byText := edits(c, fieldRoleIDs), edits(c, fieldAssignments); byID || byText {
		if err := d.writeRoles(ctx, u.sent, u.base, u.want, byID, byText); err != nil {
			return err
		}
	}
	if u.empty() || u.base == nil {
		return nil
	}
	for _, list := range [...]string{"member_of", "observer_of"} {
		pending := u.base.Get(list + "_pending_approval")
		s := u.typ.Slot(list)
		if pending.Len() == 0 {
			continue
		}
		u.sent.set(s, union(u.after(s), pending))
	}
	return nil
}

// union returns a list with the elements of both.
func union(lists ...schema.Value) schema.Value {
	var out []schema.Value
	for _, list := range lists {
		for e := range list.Elements() {
			if !slices.ContainsFunc(out, e.Equal) {
				out = append(out, e)
			}
		}
	}
	return schema.ListValue(out...)
}

// wrote notes that the credential may change agents.
func (d *driver) wrote(k kind) {
	if k.isAgent() {
		d.learned.agentWritten.Store(true)
	}
}

// seat tells a lack of seats from a lack of rights where a request was refused that
// can need a seat. Freshservice answers 403 for both and documents no code
// (reference, 5.5): a credential that has changed agents before, or that reads
// them, which takes the same right, has the right.
func (d *driver) seat(ctx context.Context, k kind, err error) error {
	own, ok := errors.AsType[*connector.Error](err)
	if !ok || own.Code != connector.Denied || !k.isAgent() {
		return err
	}
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok || e.Status != http.StatusForbidden {
		return err
	}
	r := readRefusal(e.Body)
	if r.has(codeLockout) || r.has(codeSuspended) {
		return err
	}
	if !d.learned.agentWritten.Load() {
		if _, err := d.index(ctx, agents, params("per_page", "1"), 0, false); err != nil {
			return own
		}
	}
	return &connector.Error{Code: connector.Exhausted, Err: own.Err,
		Reason: "the account has no seat left for an agent, or its plan has no such agents; trying again does not help until a seat is free"}
}

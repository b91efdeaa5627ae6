package provision

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// convert makes the record one of the kind that the request routes it to, under
// the same id; what is to be written to it then is planned anew, since targets give
// a converted record values of their own. What cannot be written is found out
// before the conversion, as far as that can be known.
func (c *modification) convert(ctx context.Context, wanted *schema.Record) error {
	b, ev, from, to := c.b, c.ev, c.bind, c.to
	if !from.obj.Can(connector.Convert) || from.obj.IDSpace == "" || from.obj.IDSpace != to.obj.IDSpace {
		return scim.Errorf(http.StatusBadRequest, scim.Mutability, "%s cannot become %s", article(inWords(from.obj.Name)), article(inWords(to.obj.Name)))
	}
	if from.lower() != nil && to.obj.Admin == "" {
		if err := b.mayRemove(c.stored); err != nil {
			return err
		}
	}
	var try mapping.Result
	if err := withoutRequired(b.plan(ctx, &Event{}, to, c.replacing(wanted, to.obj.Type.New()), &try)); err != nil {
		return err
	}
	wants, ok := from.activeOf(wanted)
	enabled := ok && wants && !from.isActive(c.rec) && from.policy.Enable != EnableIgnore
	if enabled {
		if err := c.remember(ctx); err != nil {
			return err
		}
		a := connector.Action{Kind: connector.Activate}
		rec, err := b.act(ctx, ev, c.stored, a)
		if err != nil {
			return err
		}
		rest, cancel := afterWrite(ctx)
		defer cancel()
		ctx = rest
		c.became(a, rec)
	}
	a := connector.Action{Kind: connector.Convert, To: to.obj.Name}
	if c.isActive() && !c.entry.Restoring {
		c.entry.Dropped = nil
	}
	b.keepDropped(ctx, ev, c.stored, a)
	rec, err := b.act(ctx, ev, c.stored, a)
	if err != nil {
		if enabled {
			c.takeBack(ctx)
		}
		return err
	}
	c.became(a, rec)
	c.recall()
	b.save(ctx, ev, c.entry)
	return nil
}

// carryOver gives the resource that a PATCH asks for what the converted record has
// and the kind that it was had no place for, such as further addresses: what the
// request does not speak of is not taken away.
func (c *modification) carryOver(ctx context.Context, was, wanted *schema.Record) error {
	now, err := c.b.resource(ctx, c.stored, forWriting)
	if err != nil {
		return err
	}
	for slot, v := range now.Record.Values() {
		switch before := was.At(slot); {
		case before.Unassigned() && wanted.At(slot).Unassigned():
			wanted.SetAt(slot, v)
		case v.Kind() == schema.KindList && wanted.At(slot).Equal(before):
			for e := range v.Elements() {
				if t := e.Member("type"); !t.Unassigned() && !hasType(before, t) {
					wanted.SetAt(slot, wanted.At(slot).Append(e))
				}
			}
		}
	}
	return nil
}

// hasType reports whether one of a list's elements is of that type.
func hasType(list, t schema.Value) bool {
	for e := range list.Elements() {
		if e.Member("type").Equal(t) {
			return true
		}
	}
	return false
}

// replacing is what the mapping makes a record of another kind from.
func (c *modification) replacing(wanted, stored *schema.Record) *mapping.Input {
	return &mapping.Input{Op: mapping.Replace, Resource: wanted, Stored: stored, Now: c.b.opts.Clock()}
}

// downgraded reports whether the record is already what the policy makes of one of
// the kind that the request asks for, and wants to be disabled. A request that
// repeats what somebody was would else give the rights back.
func (c *modification) downgraded(wanted *schema.Record) bool {
	active, ok := c.bind.activeOf(wanted)
	if !ok || active {
		return false
	}
	leaving, err := c.to.policy.disabling(c.to, false)
	return err == nil && slices.ContainsFunc(leaving.acts, func(a connector.Action) bool { return a.Kind == connector.Convert && a.To == c.bind.obj.Name })
}

// withoutRequired leaves out of a mapping's errors those that say that a value is
// missing: a conversion may bring it.
func withoutRequired(err error) error {
	errs, ok := errors.AsType[*mapping.Errors](err)
	if !ok {
		return err
	}
	left := &mapping.Errors{}
	for _, e := range errs.All {
		if e.Code != mapping.CodeRequired {
			left.All = append(left.All, e)
		}
	}
	if len(left.All) == 0 {
		return nil
	}
	return left
}

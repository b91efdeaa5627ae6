package provision

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// convert makes the record one of the kind that the request routes it to, under
// the same id, and plans what is to be written to it then: targets give a
// converted record values of their own. What cannot be written is found out before
// the conversion, as far as that can be known.
func (c *modification) convert(ctx context.Context, wanted *schema.Record) error {
	b, ev, from, to := c.b, c.ev, c.bind, c.to
	if !from.obj.Can(connector.Convert) || from.obj.IDSpace == "" || from.obj.IDSpace != to.obj.IDSpace {
		return scim.Errorf(http.StatusBadRequest, scim.Mutability, "%s cannot become %s", article(inWords(from.obj.Name)), article(inWords(to.obj.Name)))
	}
	if to == from.lower() {
		if err := b.mayRemove(ctx, c.stored); err != nil {
			return err
		}
	}
	in := &mapping.Input{Op: mapping.Replace, Resource: wanted, Stored: to.obj.Type.New(), Now: b.opts.Clock()}
	var try mapping.Result
	if err := withoutRequired(b.plan(ctx, &Event{}, to, in, &try)); err != nil {
		return err
	}
	if wants, ok := from.activeOf(wanted); ok && wants && !from.isActive(c.rec) && from.policy.Enable != EnableIgnore {
		a := connector.Action{Kind: connector.Activate}
		rec, err := b.act(ctx, ev, c.stored, a)
		if err != nil {
			return err
		}
		c.became(a, rec)
	}
	a := connector.Action{Kind: connector.Convert, To: to.obj.Name}
	old := c.ref
	rec, err := b.act(ctx, ev, c.stored, a)
	if err != nil {
		return err
	}
	c.became(a, rec)
	b.overlay.wrote(&stored{ref: old}) // there is none of the old kind any more
	b.cursors.forget(c.bind.fam)
	c.entry.Object = to.obj.Name
	c.entry.Late, c.entry.Dropped, c.entry.Restoring = nil, nil, false
	b.save(ctx, ev, c.entry)
	in.Stored = c.rec
	return b.plan(ctx, ev, to, in, &c.result)
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

package provision

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// takeOver deals with an address that is held already: a record that a DELETE
// put away is revived, others are taken over where the policy says so.
func (c *creation) takeOver(ctx context.Context, refused error) (*scim.Resource, error) {
	asked := c.b.opts.Clock()
	held, err := c.holder(ctx)
	if err != nil {
		return nil, err
	}
	lost := c.b.unsettled.has(c.key())
	if held == nil {
		if lost {
			return nil, &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: retryLater, Err: refused,
				Detail: "the target's answer to an earlier attempt was lost, and its search does not show yet what became of it"}
		}
		return nil, refused
	}
	if lost {
		ours, err := c.isOurs(ctx, held)
		if err != nil {
			return nil, err
		}
		if ours {
			c.op.ev.warn("An earlier attempt has made it, whose answer was lost")
			c.made(held.rec, nil)
			return c.finishNew(ctx)
		}
	}
	id := held.rec.String(held.obj.IDField())
	unlock, err := c.b.lock(ctx, keyOf(held.obj, id))
	if err != nil {
		return nil, err
	}
	defer unlock()
	entry, err := c.b.entry(ctx, held.obj, id)
	if err != nil {
		return nil, err
	}
	if held.obj != c.bind.obj || c.outdated(held, entry, asked) {
		if err := c.reread(ctx, held, entry, id); err != nil {
			return nil, err
		}
	}
	how, err := c.mayTakeOver(held, entry)
	if err != nil {
		return nil, err
	}
	c.op.ev.Matched = held.field
	return c.revive(ctx, held, entry, how)
}

// outdated reports whether a record that is about to be written has to be read
// again: others could write it until it was locked. A record that was put away
// before it was searched for is one that nobody writes.
func (c *creation) outdated(held *holding, entry *Entry, asked time.Time) bool {
	if entry.Tombstone.IsZero() {
		return c.bind.policy.Conflict != ConflictRefuse
	}
	return entry.Tombstone.After(asked) || c.bind.isActive(held.rec)
}

// reread reads the holder of an address as one of the kinds that there are here.
// It may have been found as another one, by another of its addresses, or before it
// was locked.
func (c *creation) reread(ctx context.Context, held *holding, entry *Entry, id string) error {
	sameKind := held.obj == c.bind.obj
	for _, bind := range likely(c.kinds(), entry) {
		rec, err := c.b.target.Get(ctx, bind.refOf(id))
		if errors.Is(err, connector.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		held.bind, held.obj, held.rec, held.field = bind, bind.obj, adapt(rec, bind.obj.Type), ""
		for _, u := range c.unique() {
			// Kinds can have different names for the login address.
			if field := bind.uniqueLike(c.bind, u.field); strings.EqualFold(held.rec.Get(field).Text(), u.value.Text()) {
				held.field = u.field
				break
			}
		}
		return nil
	}
	if sameKind {
		return conflict("the account that has this address is being changed or removed, try again")
	}
	return conflict("an account of another kind has this address; such accounts are not taken over")
}

// kinds are those that can hold the address, that of the create first.
func (c *creation) kinds() []*binding {
	out := []*binding{c.bind}
	for _, bind := range c.bind.related() {
		if bind != c.bind {
			out = append(out, bind)
		}
	}
	return out
}

// uniqueLike is the unique field of the kind that stands where another kind has
// one.
func (bind *binding) uniqueLike(other *binding, field string) string {
	for i, f := range other.obj.Unique {
		if f == field && i < len(bind.obj.Unique) {
			return bind.obj.Unique[i]
		}
	}
	return field
}

// mayTakeOver decides whether the holder of an address becomes what the create
// asked for, and says in a word how.
func (c *creation) mayTakeOver(held *holding, entry *Entry) (how string, err error) {
	if own := held.bind.owner; own != "" && own == held.rec.String(held.obj.IDField()) {
		return "", conflict("the account that the connection itself uses is not taken over")
	}
	object, policy := held.obj.Name, c.bind.policy.Conflict
	active := held.bind.isActive(held.rec)
	switch {
	case !entry.Tombstone.IsZero():
		return "revive", nil
	case held.field != "" && held.field != c.bind.obj.Unique[0]:
		return "", conflict("%s with this %s exists", article(object), held.field)
	case held.field == "":
		return "", conflict("%s has this address as a further one", article(object))
	case held.bind != c.bind && !c.bind.policy.ConflictSpecial:
		return "", conflict("%s has this address; accounts of another kind are not taken over", article(inWords(object)))
	case held.bind.isSpecial(held.rec) && !c.bind.policy.ConflictSpecial:
		return "", conflict("%s with special rights has this %s; such accounts are not taken over", article(object), held.field)
	case policy == ConflictAdopt, policy == ConflictReactivate && !active:
		entry.Owner = Adopted
		return "adopt", nil
	case active:
		return "", conflict("%s with this %s exists", article(object), held.field)
	default:
		return "", conflict("a disabled %s with this %s exists; it can be enabled by its id, or taken over by the policy \"reactivate\"", object, held.field)
	}
}

// isSpecial reports whether a record has rights that nobody is to take over by a
// mere address: an agent's or an administrator's.
func (bind *binding) isSpecial(rec *schema.Record) bool {
	return bind.special(rec) || bind.lower() != nil || bind.obj.Admin != "" && rec.Bool(bind.obj.Admin)
}

func conflict(format string, args ...any) error {
	return scim.Errorf(http.StatusConflict, scim.Uniqueness, format, args...)
}

// revive makes an existing record what the create asked for. What cannot be
// written is found out before the account is enabled.
func (c *creation) revive(ctx context.Context, held *holding, entry *Entry, how string) (*scim.Resource, error) {
	if held.bind != c.bind {
		return c.reviveOther(ctx, held, entry, how)
	}
	b, ev := c.b, c.op.ev
	c.made(held.rec, entry)
	wantActive, ok := c.bind.activeOf(c.in)
	if !ok {
		wantActive = true
	}
	if err := c.plan(ctx, mapping.Replace, c.rec); err != nil {
		return nil, err
	}
	enabled := wantActive && !c.bind.isActive(c.rec)
	if enabled {
		a := connector.Action{Kind: connector.Activate}
		rec, err := b.act(ctx, ev, c.stored, a)
		if err != nil {
			return nil, err
		}
		rest, cancel := afterWrite(ctx)
		defer cancel()
		ctx = rest
		c.became(a, rec)
		if err := c.plan(ctx, mapping.Replace, c.rec); err != nil {
			b.disableAgain(ctx, ev, c.stored)
			return nil, err
		}
	}
	change := connector.Change{Edits: c.result.Edits, Base: c.rec, Want: c.result.Record}
	if err := b.update(ctx, ev, c.stored, change); err != nil {
		if enabled {
			b.disableAgain(ctx, ev, c.stored)
		}
		return nil, err
	}
	ev.Done = append(ev.Done, how)
	return c.finish(ctx)
}

// reviveOther makes a record of another kind what the create asked for: it is a
// PUT that converts it.
func (c *creation) reviveOther(ctx context.Context, held *holding, entry *Entry, how string) (*scim.Resource, error) {
	b, ev := c.b, c.op.ev
	f := &stored{bind: held.bind, ref: held.obj.RefOf(held.rec), rec: held.rec, entry: entry}
	in := c.in.Clone()
	if c.bind.active != schema.NoSlot && in.At(c.bind.active).Unassigned() {
		in.SetAt(c.bind.active, schema.BooleanValue(true))
	}
	wasActive := f.bind.isActive(f.rec)
	m := &modification{b: b, ev: ev, stored: f, to: c.bind, revives: true}
	res, err := m.run(ctx, scim.Update{Replace: in})
	if err != nil {
		if !wasActive && f.bind.isActive(f.rec) {
			rest, cancel := afterWrite(ctx)
			defer cancel()
			b.disableAgain(rest, ev, f)
		}
		return nil, err
	}
	b.cursors.forget(c.bind.fam)
	c.stored = f
	ev.Ref.ID = c.bind.scimID(f.ref.ID)
	ev.Done = append(ev.Done, how)
	return res, nil
}

// article puts "a" or "an" before a kind of record.
func article(object string) string {
	if object != "" && strings.IndexByte("aeioAEIO", object[0]) >= 0 {
		return "an " + object
	}
	return "a " + object
}

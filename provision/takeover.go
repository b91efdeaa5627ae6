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
			c.rec = held.rec
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
		if err := c.reread(ctx, held, id); err != nil {
			return nil, err
		}
	}
	how, err := c.mayTakeOver(held, entry)
	if err != nil {
		return nil, err
	}
	c.op.ev.Matched = held.field
	return c.revive(ctx, held.rec, entry, how)
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

// reread reads the holder of an address as what the create would make. It may
// have been found as another kind, by another of its addresses, or before it was
// locked.
func (c *creation) reread(ctx context.Context, held *holding, id string) error {
	rec, err := c.b.target.Get(ctx, connector.Ref{Object: c.bind.obj.Name, ID: id})
	if errors.Is(err, connector.NotFound) {
		if held.obj == c.bind.obj {
			return conflict("the account that has this address is being changed or removed, try again")
		}
		return conflict("an account of another kind has this address; such accounts are not taken over")
	}
	if err != nil {
		return err
	}
	held.obj, held.rec, held.field = c.bind.obj, adapt(rec, c.bind.obj.Type), ""
	for _, u := range c.unique() {
		if strings.EqualFold(held.rec.Get(u.field).Text(), u.value.Text()) {
			held.field = u.field
			break
		}
	}
	return nil
}

// mayTakeOver decides whether the holder of an address becomes what the create
// asked for, and says in a word how.
func (c *creation) mayTakeOver(held *holding, entry *Entry) (how string, err error) {
	if own := c.bind.owner; own.Object == c.bind.obj.Name && own.ID == held.rec.String(c.bind.obj.IDField()) {
		return "", conflict("the account that the connection itself uses is not taken over")
	}
	object, policy := c.bind.obj.Name, c.bind.policy.Conflict
	active := c.bind.isActive(held.rec)
	switch {
	case !entry.Tombstone.IsZero():
		return "revive", nil
	case held.field != "" && held.field != c.bind.obj.Unique[0]:
		return "", conflict("%s with this %s exists", article(object), held.field)
	case held.field == "":
		return "", conflict("%s has this address as a further one", article(object))
	case c.bind.special(held.rec):
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

func conflict(format string, args ...any) error {
	return scim.Errorf(http.StatusConflict, scim.Uniqueness, format, args...)
}

// revive makes an existing record what the create asked for. What cannot be
// written is found out before the account is enabled.
func (c *creation) revive(ctx context.Context, rec *schema.Record, entry *Entry, how string) (*scim.Resource, error) {
	ref := c.bind.obj.RefOf(rec)
	wantActive, ok := c.bind.activeOf(c.in)
	if !ok {
		wantActive = true
	}
	if err := c.plan(ctx, mapping.Replace, rec); err != nil {
		return nil, err
	}
	if wantActive && !c.bind.isActive(rec) {
		after, err := c.b.act(ctx, c.op.ev, ref, connector.Activate, c.bind.hint(rec))
		if err != nil {
			return nil, err
		}
		rest, cancel := afterWrite(ctx)
		defer cancel()
		ctx = rest
		rec = adapt(after, c.bind.obj.Type)
		if err := c.update(ctx, ref, rec, true); err != nil {
			c.b.disableAgain(ctx, c.op.ev, ref)
			return nil, err
		}
	} else if err := c.update(ctx, ref, rec, false); err != nil {
		return nil, err
	}
	c.op.ev.Done = append(c.op.ev.Done, how)
	return c.finish(ctx, entry)
}

// update writes what the create asked for over a record that exists. again says
// that the record has changed since that was planned.
func (c *creation) update(ctx context.Context, ref connector.Ref, rec *schema.Record, again bool) (err error) {
	if again {
		if err := c.plan(ctx, mapping.Replace, rec); err != nil {
			return err
		}
	}
	c.rec, c.partial, err = c.b.update(ctx, c.op.ev, ref, c.bind, connector.Change{Edits: c.result.Edits, Base: rec, Want: c.result.Record})
	return err
}

// article puts "a" or "an" before a kind of record.
func article(object string) string {
	if object != "" && strings.IndexByte("aeioAEIO", object[0]) >= 0 {
		return "an " + object
	}
	return "a " + object
}

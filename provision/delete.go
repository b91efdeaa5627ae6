package provision

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// Delete implements scim.Backend.
func (b *Backend) Delete(ctx context.Context, r scim.Ref, o scim.WriteOptions) (err error) {
	ctx, op, err := b.begin(ctx, ActionDelete, r)
	if err != nil {
		return err
	}
	var bind *binding
	defer func() { err = op.end(ctx, bind, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.Matched = "id"
	if _, bind, err = b.binding(ctx, r.Type); err != nil {
		return err
	}
	if !bind.served() {
		return notFound(r)
	}
	ref, ok := bind.ref(r.ID)
	if !ok {
		return notFound(r)
	}
	unlock, err := b.lock(ctx, keyOf(bind.obj, ref.ID))
	if err != nil {
		return err
	}
	defer unlock()
	return b.remove(ctx, op.ev, bind, r, o.IfMatch)
}

// remove does what the policy says a DELETE does; the record is locked, and has
// to be in one of the versions, if there are any.
func (b *Backend) remove(ctx context.Context, ev *Event, bind *binding, r scim.Ref, versions []string) error {
	ref, entry, err := b.locate(ctx, ev, bind, r)
	if err != nil {
		return err
	}
	if err := bind.mayRemove(ref); err != nil {
		return err
	}
	action, tombstone, err := bind.policy.removal(bind.obj)
	if err != nil {
		return err
	}
	// An id that several kinds of records share may belong to another kind. What
	// has not been seen as this one is read before it is touched.
	var rec *schema.Record
	switch {
	case len(versions) > 0:
		found, err := b.inVersion(ctx, ev, bind, r, versions)
		if err != nil {
			return err
		}
		entry, rec = found.entry, found.rec
		bind.note(entry, rec)
	case entry.Object != bind.obj.Name && (bind.obj.IDSpace != "" || action == 0):
		found, err := b.load(ctx, ev, bind, r, nil)
		if err != nil {
			return err
		}
		entry, rec = found.entry, found.rec
	}
	if action != 0 {
		rec, err = b.act(ctx, ev, ref, action, entry.Hint)
		if bind.policy.Delete == DeleteDefault && action == connector.Delete && bind.obj.Can(connector.Deactivate) &&
			(errors.Is(err, connector.Denied) || errors.Is(err, connector.Conflict)) {
			// Some accounts cannot be deleted: put away is the next best (design D8).
			tombstone = true
			if rec, err = b.act(ctx, ev, ref, connector.Deactivate, entry.Hint); err == nil {
				ev.warn("The target refused to delete the account, it was disabled instead")
			}
		}
		if errors.Is(err, connector.NotFound) {
			return notFound(r)
		}
		if err != nil {
			return err
		}
	}
	b.overlay.wrote(&stored{ref: ref})
	b.cursors.forget(bind.obj.Name)
	if !tombstone {
		b.save(ctx, ev, &Entry{Key: entry.Key})
		return nil
	}
	entry.Object = bind.obj.Name
	entry.Tombstone = b.opts.Clock()
	entry.Late = nil
	if rec != nil && len(bind.obj.Unique) > 0 {
		// A create with this address has to find the account at once (design D1).
		entry.setShadow(hiddenLogin, rec.Get(bind.obj.Unique[0]).Text())
	}
	// Without the tombstone SCIM would go on showing the account, so this is not
	// a failure to be passed over; the client's next attempt mends it.
	if err := b.opts.State.Save(context.WithoutCancel(ctx), entry); err != nil {
		detail := "the account could not be marked as deleted"
		if action != 0 {
			detail = "the account was disabled, and could not be marked as deleted"
		}
		return &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: retryLater, Detail: detail, Err: err}
	}
	ev.Done = append(ev.Done, "tombstone")
	return nil
}

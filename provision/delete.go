package provision

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/scim"
)

// Delete implements scim.Backend.
func (b *Backend) Delete(ctx context.Context, r scim.Ref, o scim.WriteOptions) (err error) {
	ctx, op, err := b.begin(ctx, ActionDelete, r)
	if err != nil {
		return err
	}
	defer func() { err = op.end(ctx, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.Matched = "id"
	_, fam, err := b.family(ctx, r.Type)
	if err != nil {
		return err
	}
	unlock, err := b.lockID(ctx, fam, r)
	if err != nil {
		return err
	}
	defer unlock()
	return b.remove(ctx, op.ev, fam, r, o.IfMatch)
}

// lockID locks the record behind a SCIM id.
func (b *Backend) lockID(ctx context.Context, fam *family, r scim.Ref) (unlock func(), err error) {
	kinds := fam.candidates(r.ID)
	if len(kinds) == 0 {
		return nil, notFound(r)
	}
	ref, _ := kinds[0].ref(r.ID)
	return b.lock(ctx, keyOf(kinds[0].obj, ref.ID))
}

// remove does what the policy says a DELETE does; the record is locked, and has
// to be in one of the versions, if there are any.
func (b *Backend) remove(ctx context.Context, ev *Event, fam *family, r scim.Ref, versions []string) error {
	kinds, entry, err := b.locate(ctx, ev, fam, r)
	if err != nil {
		return err
	}
	bind := kinds[0]
	// Whoever has no special rights is disabled where others lose them.
	looks := bind.policy.Delete == DeleteIgnore || bind.policy.Delete == DeleteDowngrade && bind.obj.Can(connector.Downgrade) || b.guardsAdmins(bind)
	if len(versions) == 0 && bind.known(entry) && !looks {
		ref, _ := bind.ref(r.ID)
		err := b.depart(ctx, ev, &stored{bind: bind, ref: ref, entry: entry})
		if len(kinds) == 1 || !errors.Is(err, connector.NotFound) {
			return asNotFound(r, err)
		}
		// Somebody has made another kind of it since it was seen.
	}
	var found *stored
	if len(versions) > 0 {
		found, err = b.inVersion(ctx, ev, fam, r, versions)
	} else {
		found, err = b.load(ctx, ev, fam, r, withoutMembers)
	}
	if err != nil {
		return err
	}
	found.bind.note(found.entry, found.rec)
	return asNotFound(r, b.depart(ctx, ev, found))
}

// depart makes a record leave as the policy for its kind says.
func (b *Backend) depart(ctx context.Context, ev *Event, f *stored) error {
	leaving, err := f.bind.policy.removal(f.bind, f.ordinary())
	if err != nil {
		return err
	}
	if err := b.mayRemove(f); err != nil {
		return err
	}
	done, err := b.leave(ctx, ev, f, leaving)
	ev.Target, ev.kind = f.ref, f.bind
	if err != nil {
		return err
	}
	if f.rec == nil {
		f.rec = b.overlay.last(f.ref) // for its address: a search may not show yet that it is put away
	}
	b.overlay.wrote(&stored{ref: f.ref})
	b.cursors.forget(f.bind.fam)
	if !leaving.tombstone {
		b.save(ctx, ev, &Entry{Key: f.entry.Key})
		return nil
	}
	return b.bury(ctx, ev, f, done)
}

// leave carries out the actions of a departure, and makes found what is left.
func (b *Backend) leave(ctx context.Context, ev *Event, found *stored, leaving *departure) (done bool, err error) {
	for _, a := range leaving.acts {
		rec, err := b.act(ctx, ev, found, a)
		if leaving.orElse && (errors.Is(err, connector.Denied) || errors.Is(err, connector.Conflict)) {
			// Some accounts cannot be deleted: put away is the next best (design D8).
			leaving.tombstone = true
			a = connector.Action{Kind: connector.Deactivate}
			if rec, err = b.act(ctx, ev, found, a); err == nil {
				ev.warn("The target refused to delete the account, it was disabled instead")
			}
		}
		if err != nil {
			return done, err
		}
		done = true
		found.became(a, rec)
	}
	return done, nil
}

// bury leaves a tombstone, which hides the account from SCIM.
func (b *Backend) bury(ctx context.Context, ev *Event, found *stored, done bool) error {
	bind, entry := found.bind, found.entry
	entry.Object = bind.obj.Name
	entry.Tombstone = b.opts.Clock()
	entry.Late, entry.Groups, entry.Off = nil, nil, false
	if found.rec != nil && len(bind.obj.Unique) > 0 {
		// A create with this address has to find the account at once (design D1).
		entry.setShadow(hiddenLogin, found.rec.Get(bind.obj.Unique[0]).Text())
	}
	// Without the tombstone SCIM would go on showing the account, so this is not
	// a failure to be passed over; the client's next attempt mends it.
	if err := b.opts.State.Save(context.WithoutCancel(ctx), entry); err != nil {
		detail := "the account could not be marked as deleted"
		if done {
			detail = "the account was disabled, and could not be marked as deleted"
		}
		return &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: retryLater, Detail: detail, Err: err}
	}
	ev.Done = append(ev.Done, "tombstone")
	return nil
}

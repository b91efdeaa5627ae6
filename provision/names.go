package provision

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// A user name that State keeps is one that the target does not know, so that it
// cannot see that two users have the same: that is done here (RFC 7643 section
// 4.1.1).

// nameOf returns the user name in a resource, "" where the target itself holds
// the names.
func (bind *binding) nameOf(rec *schema.Record) string {
	if bind.userName == schema.NoSlot || !bind.shadowed(bind.userName) {
		return ""
	}
	return rec.At(bind.userName).Text()
}

// newName returns the user name that an update gives, "" if it gives none.
func (bind *binding) newName(u scim.Update) string {
	if u.Replace != nil {
		return bind.nameOf(u.Replace)
	}
	name := ""
	for _, op := range u.Patch {
		if op.Target.Slot == bind.userName && bind.shadowed(bind.userName) {
			name = op.Value.Text()
		}
	}
	return name
}

// nameSpace is within what names are unique.
func (bind *binding) nameSpace() string { return keyOf(bind.obj, "").Space }

func nameKey(name string) string { return "userName=" + strings.ToLower(name) }

// freeName fails with 409 when State has a user name for somebody else whom SCIM
// shows. That one is read, since the target may have removed it; it costs nothing
// where nobody has the name.
func (b *Backend) freeName(ctx context.Context, ev *Event, fam *family, name, self string) error {
	bind := fam.kinds[0]
	path := bind.typ.Path(bind.userName)
	entries, err := b.opts.State.Find(ctx, path, name)
	if err != nil {
		return forgotten(err)
	}
	for _, e := range entries {
		if !e.Tombstone.IsZero() || e.Key.ID == self || !fam.has(e.Key) {
			continue
		}
		target, kind := ev.Target, ev.kind
		_, err := b.load(ctx, ev, fam, scim.Ref{Type: fam.name, ID: fam.scimID(e.Key)}, nil)
		ev.Target, ev.kind = target, kind
		if refused, ok := errors.AsType[*scim.Error](err); ok && refused.Status == http.StatusNotFound {
			continue
		}
		if err != nil {
			return err
		}
		return conflict("%s with this userName exists", article(fam.name))
	}
	return nil
}

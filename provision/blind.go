package provision

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// guardsAdmins reports whether a record has to be read before it is disabled, to
// see whether it is an administrator's.
func (b *Backend) guardsAdmins(bind *binding) bool {
	return b.opts.ProtectAdmins && bind.obj.Admin != ""
}

// asNotFound gives an error that says that the target has no such record the form
// for the resource.
func asNotFound(r scim.Ref, err error) error {
	if errors.Is(err, connector.NotFound) {
		return notFound(r)
	}
	return err
}

// onlyActive reports whether operations do nothing but enable or disable an
// account, of a kind that need not be read for that.
func (bind *binding) onlyActive(ops []scim.Op) (active, ok bool) {
	if !bind.obj.BlindActions || bind.active == schema.NoSlot || len(ops) == 0 {
		return false, false
	}
	for _, op := range ops {
		v, isBool := op.Value.Bool()
		if op.Target.Slot != bind.active || op.Kind == scim.OpRemove || !isBool {
			return false, false
		}
		active = v
	}
	return active, bind.policy.plain(active) && bind.fam.blindRoute([]schema.Selector{ops[0].Target})
}

// changeState enables or disables an account without reading it first.
func (b *Backend) changeState(ctx context.Context, ev *Event, f *stored, active bool) (*scim.Resource, error) {
	a := connector.Action{Kind: connector.Activate}
	if !active {
		a = connector.Action{Kind: connector.Deactivate, Keep: f.bind.policy.Disable == DisableDeactivate}
		if err := b.mayRemove(f); err != nil {
			return nil, err
		}
	}
	rec, err := b.act(ctx, ev, f, a)
	if err == nil && rec == nil {
		rec, err = b.target.Get(ctx, f.ref)
	}
	if err != nil {
		return nil, err
	}
	f.became(a, rec)
	b.overlay.wrote(f)
	f.bind.note(f.entry, f.rec)
	f.bind.keepLogin(f.entry, f.rec)
	b.save(ctx, ev, f.entry)
	return b.written(ctx, ev, f), nil
}

// blind reports whether operations can be carried out without a read.
func (bind *binding) blind(ops []scim.Op) bool {
	if !bind.obj.BlindUpdate {
		return false
	}
	touched := make([]schema.Selector, len(ops))
	for i, op := range ops {
		// What has a life of its own needs to know how things stand.
		if s := op.Target.Slot; s == bind.active || bind.shadowed(s) {
			return false
		}
		touched[i] = op.Target
	}
	return bind.plan.Blind(touched) && bind.fam.blindRoute(touched)
}

// changeBlind writes what operations say without reading the record first.
func (b *Backend) changeBlind(ctx context.Context, ev *Event, f *stored, ops []scim.Op) (*scim.Resource, error) {
	bind := f.bind
	touched := make([]schema.Selector, len(ops))
	for i := range ops {
		touched[i] = ops[i].Target
		ops[i].CreateMissing = true
	}
	patched, err := scim.ApplyPatch(bind.typ.New(), ops)
	if err != nil {
		return nil, err
	}
	var out mapping.Result
	in := &mapping.Input{Op: mapping.Patch, Resource: patched, Touched: touched, Now: b.opts.Clock()}
	if err := b.plan(ctx, ev, bind, in, &out); err != nil {
		return nil, err
	}
	if len(out.Edits) == 0 {
		ev.Outcome = Unchanged
		return nil, nil
	}
	if b.guardsAdmins(bind) && bind.takesRights(out.Edits) {
		if f.rec, err = b.target.Get(ctx, f.ref); err == nil {
			err = b.mayRemove(f)
		}
		if err != nil {
			return nil, err
		}
	}
	rec, err := b.target.Update(ctx, f.ref, connector.Change{Edits: out.Edits})
	if err != nil {
		return nil, err
	}
	ev.Changed = editedFields(bind.obj.Type, out.Edits)
	if rec == nil {
		return nil, nil
	}
	f.rec = adapt(rec, bind.obj.Type)
	b.overlay.wrote(f)
	return b.written(ctx, ev, f), nil
}

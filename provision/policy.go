package provision

import (
	"fmt"
	"slices"

	"github.com/usher-scim/usher/connector"
)

// Policy says what becomes of accounts. Every zero value is the default of the
// target's kind: a departing user is disabled and never erased, and nobody
// else's account is taken over.
type Policy struct {
	// Disable is what active: false does.
	Disable DisablePolicy
	// Enable is what active: true does.
	Enable EnablePolicy
	// Delete is what a DELETE does.
	Delete DeletePolicy
	// Conflict is what a create does when its login address is held by an
	// account that SCIM shows.
	Conflict ConflictPolicy
	// ConflictSpecial extends Conflict to accounts with special rights and to those
	// of another kind, such as agents; they are made what the create asks for. The
	// credential's owner is never taken over.
	ConflictSpecial bool
}

// DisablePolicy says what active: false does.
type DisablePolicy string

// The disable policies.
const (
	// DisableDefault deactivates; special rights are taken away first where the
	// target frees a licence by that alone.
	DisableDefault DisablePolicy = ""
	// DisableDeactivate deactivates and leaves special rights as they are.
	DisableDeactivate DisablePolicy = "deactivate"
	// DisableDowngrade takes special rights away and leaves the account usable, as
	// one without them (an agent becomes a requester or an end user). SCIM shows it
	// as disabled. An account without special rights is deactivated.
	DisableDowngrade DisablePolicy = "downgrade"
	// DisableDowngradeDeactivate takes special rights away, then deactivates.
	DisableDowngradeDeactivate DisablePolicy = "downgrade-then-deactivate"
	// DisableErase deletes for good, with what belongs to the account.
	DisableErase DisablePolicy = "erase"
	// DisableIgnore does nothing; the account stays usable.
	DisableIgnore DisablePolicy = "ignore"
)

// EnablePolicy says what active: true does.
type EnablePolicy string

// The enable policies.
const (
	EnableDefault EnablePolicy = ""       // activate, and give back what the deactivation took
	EnableIgnore  EnablePolicy = "ignore" // nothing; the account stays disabled
)

// DeletePolicy says what a DELETE does.
type DeletePolicy string

// The delete policies. Where the account stays, a tombstone hides it from SCIM.
const (
	DeleteDefault             DeletePolicy = ""           // the target's own delete where it has one, else deactivate
	DeleteDeactivate          DeletePolicy = "deactivate" // deactivate and leave a tombstone
	DeleteDowngrade           DeletePolicy = "downgrade"  // take special rights away and leave a tombstone
	DeleteDowngradeDeactivate DeletePolicy = "downgrade-then-deactivate"
	DeleteDelete              DeletePolicy = "delete" // the target's own delete
	DeleteErase               DeletePolicy = "erase"  // for good, with what belongs to the account
	DeleteIgnore              DeletePolicy = "ignore" // leave a tombstone and nothing else
)

// ConflictPolicy says when a create takes over an account that has its login
// address. Accounts of another kind and those with special rights are taken over
// only with [Policy.ConflictSpecial].
type ConflictPolicy string

// The conflict policies.
const (
	ConflictRefuse     ConflictPolicy = ""           // 409 uniqueness
	ConflictReactivate ConflictPolicy = "reactivate" // disabled accounts of the same kind, by their primary address
	ConflictAdopt      ConflictPolicy = "adopt"      // usable ones as well
)

// check refuses words that are no policy.
func (p Policy) check() error {
	switch p.Disable {
	case DisableDefault, DisableDeactivate, DisableDowngrade, DisableDowngradeDeactivate, DisableErase, DisableIgnore:
	default:
		return fmt.Errorf("provision: no disable policy %q", p.Disable)
	}
	switch p.Enable {
	case EnableDefault, EnableIgnore:
	default:
		return fmt.Errorf("provision: no enable policy %q", p.Enable)
	}
	switch p.Delete {
	case DeleteDefault, DeleteDeactivate, DeleteDowngrade, DeleteDowngradeDeactivate, DeleteDelete, DeleteErase, DeleteIgnore:
	default:
		return fmt.Errorf("provision: no delete policy %q", p.Delete)
	}
	switch p.Conflict {
	case ConflictRefuse, ConflictReactivate, ConflictAdopt:
	default:
		return fmt.Errorf("provision: no conflict policy %q", p.Conflict)
	}
	return nil
}

// plain reports whether enabling or disabling an account comes to one action that
// needs no look at it.
func (p Policy) plain(active bool) bool {
	if active {
		return p.Enable == EnableDefault
	}
	return p.Disable == DisableDefault || p.Disable == DisableDeactivate
}

// departure is what a policy comes to for one kind of account: the actions in
// their order, and what State has to remember.
type departure struct {
	acts      []connector.Action
	tombstone bool // hides the record from SCIM
	off       bool // SCIM shows a usable account as disabled
	orElse    bool // an account that cannot be deleted is deactivated
}

// erases reports whether the record is gone afterwards.
func (d *departure) erases() bool {
	return slices.ContainsFunc(d.acts, func(a connector.Action) bool { return a.Kind == connector.Erase || a.Kind == connector.Delete })
}

// disabling is what active: false does to an account of the kind. An ordinary one
// is known to have no special rights that could be taken away.
func (p Policy) disabling(bind *binding, ordinary bool) (*departure, error) {
	switch p.Disable {
	case DisableIgnore:
		return &departure{}, nil
	case DisableErase:
		return bind.departure(connector.Action{Kind: connector.Erase})
	case DisableDeactivate:
		return bind.departure(connector.Action{Kind: connector.Deactivate, Keep: true})
	case DisableDowngrade:
		if down, ok := bind.downgrade(); ok && !ordinary {
			d, err := bind.departure(down)
			d.off = true
			return d, err
		}
	case DisableDowngradeDeactivate:
		if down, ok := bind.downgrade(); ok && !ordinary {
			return bind.departure(down, connector.Action{Kind: connector.Deactivate})
		}
	}
	return bind.departure(connector.Action{Kind: connector.Deactivate})
}

// removal is what a DELETE does to an account of the kind, ordinary as in disabling.
func (p Policy) removal(bind *binding, ordinary bool) (*departure, error) {
	policy := p.Delete
	obj := bind.obj
	down, canDowngrade := bind.downgrade()
	canDowngrade = canDowngrade && !ordinary
	if (policy == DeleteDowngrade || policy == DeleteDowngradeDeactivate) && !canDowngrade {
		policy = DeleteDeactivate
	}
	if obj.Active == "" && policy != DeleteIgnore && policy != DeleteErase {
		policy = DeleteDefault // what is no account can only be deleted
	}
	usual := policy == DeleteDefault
	if usual {
		policy = DeleteDelete
		if !obj.Can(connector.Delete) && obj.Can(connector.Deactivate) {
			policy = DeleteDeactivate
		}
	}
	var d *departure
	var err error
	switch policy {
	case DeleteIgnore:
		return &departure{tombstone: true}, nil
	case DeleteErase:
		return bind.departure(connector.Action{Kind: connector.Erase})
	case DeleteDowngrade:
		d, err = bind.departure(down)
	case DeleteDowngradeDeactivate:
		d, err = bind.departure(down, connector.Action{Kind: connector.Deactivate})
	case DeleteDeactivate:
		d, err = bind.departure(connector.Action{Kind: connector.Deactivate})
	default:
		d, err = bind.departure(connector.Action{Kind: connector.Delete})
		d.orElse = usual && obj.Can(connector.Deactivate)
		return d, err
	}
	d.tombstone = true
	return d, err
}

// buries reports whether a DELETE may leave an account of an object behind, with a
// tombstone.
func (p Policy) buries(o *connector.Object) bool {
	switch p.Delete {
	case DeleteDefault:
		return !o.Can(connector.Delete) && o.Can(connector.Deactivate)
	case DeleteDelete, DeleteErase:
		return false
	default:
		return true
	}
}

// departure makes a departure of actions that the target has. It is never nil.
func (bind *binding) departure(acts ...connector.Action) (*departure, error) {
	d := &departure{acts: acts}
	obj := bind.obj
	for _, a := range acts {
		if !obj.Can(a.Kind) {
			return d, connector.Errorf(connector.Unsupported, "", "the target cannot %s a %s", a.Kind, obj.Name)
		}
		if a.Kind == connector.Convert {
			obj = bind.fam.kindOf(a.To).obj
		}
	}
	return d, nil
}

// downgrade is the action that takes special rights away, if there is one.
func (bind *binding) downgrade() (connector.Action, bool) {
	if bind.obj.Can(connector.Downgrade) {
		return connector.Action{Kind: connector.Downgrade}, true
	}
	if lower := bind.lower(); lower != nil {
		return connector.Action{Kind: connector.Convert, To: lower.obj.Name}, true
	}
	return connector.Action{}, false
}

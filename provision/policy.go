package provision

import (
	"fmt"

	"github.com/usher-scim/usher/connector"
)

// Policy says what becomes of accounts. Every zero value is the default of the
// target's kind: a departing user is disabled and never erased, and nobody
// else's account is taken over.
type Policy struct {
	// Disable is what active: false does.
	Disable DisablePolicy
	// Delete is what a DELETE does.
	Delete DeletePolicy
	// Conflict is what a create does when its login address is held by an
	// account that SCIM shows.
	Conflict ConflictPolicy
}

// DisablePolicy says what active: false does.
type DisablePolicy string

// The disable policies.
const (
	DisableDefault DisablePolicy = ""       // deactivate
	DisableIgnore  DisablePolicy = "ignore" // nothing; the account stays usable
)

// DeletePolicy says what a DELETE does.
type DeletePolicy string

// The delete policies. Where the account stays, a tombstone hides it from SCIM.
const (
	DeleteDefault    DeletePolicy = ""           // the target's own delete where it has one, else deactivate
	DeleteDeactivate DeletePolicy = "deactivate" // deactivate and leave a tombstone
	DeleteDelete     DeletePolicy = "delete"     // the target's own delete
	DeleteErase      DeletePolicy = "erase"      // for good, with what belongs to the account
	DeleteIgnore     DeletePolicy = "ignore"     // leave a tombstone and nothing else
)

// ConflictPolicy says when a create takes over an account that has its login
// address. Accounts of another kind are never taken over, nor are those with
// special rights.
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
	case DisableDefault, DisableIgnore:
	default:
		return fmt.Errorf("provision: no disable policy %q", p.Disable)
	}
	switch p.Delete {
	case DeleteDefault, DeleteDeactivate, DeleteDelete, DeleteErase, DeleteIgnore:
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

// removal returns the action that a DELETE stands for, 0 for none, and whether a
// tombstone has to hide the record.
func (p Policy) removal(o *connector.Object) (action connector.ActionKind, tombstone bool, err error) {
	policy := p.Delete
	if policy == DeleteDefault {
		policy = DeleteDelete
		if !o.Can(connector.Delete) && o.Can(connector.Deactivate) {
			policy = DeleteDeactivate
		}
	}
	switch policy {
	case DeleteDeactivate:
		action, tombstone = connector.Deactivate, true
	case DeleteErase:
		action = connector.Erase
	case DeleteIgnore:
		return 0, true, nil
	default:
		action = connector.Delete
	}
	if !o.Can(action) {
		return 0, false, connector.Errorf(connector.Unsupported, "", "the target cannot %s a %s", action, o.Name)
	}
	return action, tombstone, nil
}

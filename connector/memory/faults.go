package memory

import (
	"context"
	"slices"
	"time"

	"github.com/usher-scim/usher/connector"
)

// Fault makes calls fail, for tests of what is built on a target.
type Fault struct {
	// Op is which calls fail: "describe", "get", "list", "create", "update",
	// "act", "list members", "edit members", "check"; "" means all of them.
	Op string
	// Object is the object they are about; "" means all of them.
	Object string
	// Skip is how many such calls go through before the first one fails.
	Skip int
	// Times is how many then fail; 0 means 1.
	Times int
	// Code is what they fail with. connector.Ambiguous with After is a lost answer.
	Code connector.Code
	// RetryAfter goes into the error.
	RetryAfter time.Duration
	// After has the call take effect before it fails.
	After bool
}

// Fail has some of the next calls fail. Faults are tried in the order in which
// they were given; a call fails by the first that is due.
func (d *Driver) Fail(f Fault) {
	d.faultMu.Lock()
	defer d.faultMu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	d.faults = append(d.faults, f)
}

// begin starts a call. It returns the error to fail with at once, or after the
// effect.
func (d *Driver) begin(ctx context.Context, op, object string) (after, before error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if d.observe != nil {
		d.observe(op, object)
	}
	d.faultMu.Lock()
	defer d.faultMu.Unlock()
	for i := range d.faults {
		f := &d.faults[i]
		if f.Op != "" && f.Op != op || f.Object != "" && f.Object != object {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		err := &connector.Error{Code: f.Code, RetryAfter: f.RetryAfter, Reason: "a fault was asked for"}
		isAfter := f.After
		if f.Times--; f.Times <= 0 {
			d.faults = slices.Delete(d.faults, i, i+1)
		}
		if isAfter {
			return err, nil
		}
		return nil, err
	}
	return nil, nil
}

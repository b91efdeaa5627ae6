package connector

import (
	"context"
	"time"

	"github.com/usher-scim/usher/schema"
)

// Changes is the optional ability to tell what has changed in the target since a
// point in time, without reading everything. [Ability] finds it; no [Target] method
// is needed, since a caller asks for it knowing the driver can.
//
// A change may be told more than once, and one of the last minutes only by a later
// call: whoever keeps a copy asks again from the cursor of the page before.
type Changes interface {
	// ListChanges reads a page of the records of an object that were made, changed
	// or deleted, the oldest change first. An empty cursor asks for those since a
	// point in time, which the target may move back a little; with the Next of a page
	// before, since is of no account. Errors: Unsupported for an object of which the
	// target does not tell; Invalid for a cursor that it does not take.
	ListChanges(ctx context.Context, object string, since time.Time, cursor string) (*ChangesPage, error)
}

// ChangesPage is a part of what has changed.
type ChangesPage struct {
	// Records are those that are there, as they are now. Fields that cost calls of
	// their own are left out of them.
	Records []*schema.Record
	// Gone are those that were deleted.
	Gone []Ref
	// Next is the cursor to go on from, now or days later; "" where the target gave
	// none, which ends the feed.
	Next string
	// More reports that there is more to be read now.
	More bool
}

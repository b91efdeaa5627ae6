package connectortest

import (
	"context"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Harness is a driver in front of a target that belongs to one check alone. Only
// Driver is needed; every other field lets the kit look closer.
type Harness struct {
	// Driver is the driver under test. A harness that has a [connector.Target]
	// gives its Driver: the kit does what a Target does.
	Driver connector.Driver

	// Sample returns record number i, from 0, that the object's Create takes, or
	// nil for an object of which none can be made here. Two numbers give two
	// records that differ in every field that has other values to offer; fields
	// that are unset are not tried. The record is the kit's to change. nil means
	// [Sample], which is also a good start for a function of one's own.
	Sample func(o *connector.Object, i int) *schema.Record

	// UnknownID returns an id that no record of the object has, in the form that
	// the object's ids have. nil means that the kit makes one up from the pattern
	// of the ids.
	UnknownID func(o *connector.Object) string

	// Inject makes the next call to the target fail, and forgets what was injected
	// before. It returns false for a fault that it cannot bring about, whose
	// check is then skipped. nil means that it can bring about none.
	Inject func(Fault) bool

	// Wait lets time pass, by a clock that the driver and a simulator share: up to
	// the end of a rate limit, or until a search has caught up. nil means real
	// time.
	Wait func(ctx context.Context, d time.Duration) error

	// Calls returns how many calls the target has had so far. With it the kit
	// checks that what was refused for its context was not sent. nil means that
	// nobody counts.
	Calls func() int

	// Secrets are texts that no error and no log may show: the credential.
	Secrets []string

	// Logs returns what the driver has logged so far. nil means that nobody keeps
	// it.
	Logs func() string

	// Close is called when the check has ended. With [Run], t.Cleanup does as
	// well.
	Close func()
}

// FaultKind is what goes wrong with a call to the target.
type FaultKind uint8

// The kinds of faults.
const (
	NoFault          FaultKind = iota // nothing: what was injected before is forgotten
	RateLimited                       // refused as one call too many; Fault.RetryAfter says when to come back
	Unavailable                       // refused by a target in trouble (503), without effect
	UnavailableAfter                  // carried out, and answered with an error (500)
	LostAnswer                        // carried out, and the connection is closed without an answer
	Malformed                         // carried out, and answered with something that cannot be read
	Slow                              // not carried out, and not answered until the caller gives up
)

var faultNames = [...]string{"none", "rate limited", "unavailable", "unavailable after the effect", "lost answer", "malformed answer", "slow"}

// String returns the kind in words.
func (k FaultKind) String() string {
	if int(k) < len(faultNames) {
		return faultNames[k]
	}
	return "invalid"
}

// Op is a method of a driver.
type Op string

// The methods that faults are injected into.
const (
	OpGet    Op = "get"
	OpList   Op = "list"
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpAct    Op = "act"
)

// Fault is one failure of the target: of the next call that the driver makes for
// an operation.
type Fault struct {
	Kind FaultKind
	// Op and Object say which operation the driver is then asked for.
	Op     Op
	Object string
	// Action is what Act is asked for.
	Action connector.ActionKind
	// RetryAfter is how long the target says that the caller has to wait.
	RetryAfter time.Duration
}

// Options of a run. The zero value, like a nil *Options, has the defaults.
type Options struct {
	// Skip names checks that are not run, with the reason: "clear", or
	// "clear/department" for one object. A name that no check has, and one of a
	// check that would not run anyway, fail the run, so that no entry outlives its
	// reason.
	Skip map[string]string

	// Objects are the objects that are checked; empty means all. A name that the
	// driver does not describe fails the run.
	Objects []string

	// Retry are the waits before searches that lag behind are asked again, see
	// [connector.Search]. Empty means that every search is expected to be up to
	// date.
	Retry []time.Duration

	// Records is how many records the check of paging makes; 0 means 25. More
	// than two pages of the target's own show more.
	Records int

	// Patience is how long a call may go on, in real time, when its context has
	// ended; 0 means 10 seconds.
	Patience time.Duration
}

// Defaults of [Options].
const (
	defaultRecords  = 25
	defaultPatience = 10 * time.Second
)

func (o *Options) withDefaults() *Options {
	out := Options{}
	if o != nil {
		out = *o
	}
	if out.Records <= 0 {
		out.Records = defaultRecords
	}
	if out.Patience <= 0 {
		out.Patience = defaultPatience
	}
	return &out
}

// wait lets time pass for the driver.
func (h *Harness) wait(ctx context.Context, d time.Duration) error {
	if h.Wait != nil {
		return h.Wait(ctx, d)
	}
	passed, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-passed.Done()
	return ctx.Err()
}

func (h *Harness) sample(o *connector.Object, i int) *schema.Record {
	if h.Sample == nil {
		return Sample(o, i)
	}
	return h.Sample(o, i)
}

func (h *Harness) close() {
	if h.Close != nil {
		h.Close()
	}
}

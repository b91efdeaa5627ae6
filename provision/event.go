package provision

import (
	"context"
	"slices"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// Event is one line of the provisioning log: one request to a connection, what
// became of it, and why. It has the names of attributes and fields, never their
// values, except for the identifiers of the resource itself and, in Words, a
// value that is not in a list of choices or that names nothing.
type Event struct {
	ID         string
	Time       time.Time
	Duration   time.Duration
	Connection string
	Request    Request
	Action     Action
	// Ref is the SCIM resource; without an id while it has none.
	Ref scim.Ref
	// User is the resource's userName or displayName, where it is known.
	User string
	// Target is the record behind it.
	Target connector.Ref
	// Matched says how the record was found: by id, by an attribute, not at all.
	Matched string
	// Changed are the fields that were written or cleared.
	Changed []string
	// Done are the actions that were carried out ("deactivate").
	Done []string
	// Repairs are the departures of the client that were mended.
	Repairs []string
	// Warnings are sentences on what was left undone.
	Warnings []string
	// Calls are the requests to the target.
	Calls []Call
	// Outcome says how it ended.
	Outcome Outcome
	// Status is the HTTP status of the answer's error, 0 for success.
	Status int
	// Code is the connector's or the mapping's code of an error.
	Code string
	// Words is what happened, in a sentence for an administrator.
	Words string

	// kind is what the record is or was to become, whose rules tell which attribute
	// is behind a field that was refused.
	kind *binding
}

// warn adds a sentence on what was left undone, once.
func (e *Event) warn(sentence string) {
	if !slices.Contains(e.Warnings, sentence) {
		e.Warnings = append(e.Warnings, sentence)
	}
}

// display is how an event names a resource.
func display(rec *schema.Record) string {
	if rec == nil {
		return ""
	}
	if s := rec.String("userName"); s != "" {
		return s
	}
	return rec.String("displayName")
}

// Request says where a request came from. The gateway puts it into the context.
type Request struct {
	ID      string // request id
	Actor   string // name of the token
	Profile string // repairs in force
}

// Action says what a request asked for.
type Action string

// The actions.
const (
	ActionGet     Action = "get"
	ActionList    Action = "list"
	ActionCreate  Action = "create"
	ActionReplace Action = "replace"
	ActionPatch   Action = "patch"
	ActionDelete  Action = "delete"
)

// Outcome says how a request ended.
type Outcome string

// The outcomes.
const (
	Succeeded Outcome = "success"
	Unchanged Outcome = "unchanged" // there was nothing to do
	Failed    Outcome = "failure"
)

// Call is one request to a target.
type Call struct {
	Method   string        `json:"method"`
	Path     string        `json:"path"`   // a pattern, without ids and values
	Status   int           `json:"status"` // 0 when no answer came
	Duration time.Duration `json:"duration"`
}

// Sink takes events. Begin is called before anything is written and may refuse
// by an error, which the client gets to see if it is a *scim.Error; End is
// called once for each Begin that did not refuse. Both have to be quick and
// safe for concurrent use; the event is theirs to read until End returns.
type Sink interface {
	Begin(ctx context.Context, e *Event) error
	End(ctx context.Context, e *Event)
}

type requestKey struct{}

// WithRequest puts facts about the inbound request into a context.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns what [WithRequest] put there.
func RequestFrom(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// discard is the Sink of those who want none.
type discard struct{}

func (discard) Begin(context.Context, *Event) error { return nil }
func (discard) End(context.Context, *Event)         {}

// operation is one request on its way through the backend.
type operation struct {
	b       *Backend
	ev      *Event
	calls   *httpx.Recorder
	remarks connector.Remarks // of the driver
}

// begin opens an event and returns the context under which target calls are
// recorded.
func (b *Backend) begin(ctx context.Context, action Action, ref scim.Ref) (context.Context, *operation, error) {
	op := &operation{b: b, calls: new(httpx.Recorder), ev: &Event{
		ID: b.opts.NewID(), Time: b.opts.Clock(), Connection: b.opts.Connection,
		Request: RequestFrom(ctx), Action: action, Ref: ref,
	}}
	if err := b.opts.Sink.Begin(ctx, op.ev); err != nil {
		return nil, nil, b.toSCIM(nil, err)
	}
	return connector.WithRemarks(httpx.WithRecorder(ctx, op.calls), &op.remarks), op, nil
}

// end closes the event and gives err the form that a client may see.
func (op *operation) end(ctx context.Context, err error) error {
	ev := op.ev
	ev.Duration = op.b.opts.Clock().Sub(ev.Time)
	for _, c := range op.calls.Calls() {
		ev.Calls = append(ev.Calls, Call{Method: c.Method, Path: c.Pattern, Status: c.Status, Duration: c.Duration})
	}
	for _, sentence := range op.remarks.List() {
		ev.warn(sentence)
	}
	var out error
	if err != nil {
		e := op.b.toSCIM(ev.kind, err)
		ev.Outcome, ev.Status, ev.Code = Failed, e.Status, codeText(err)
		ev.Words = words(ev, e)
		out = e
	} else {
		if ev.Outcome == "" {
			ev.Outcome = Succeeded
		}
		ev.Words = words(ev, nil)
	}
	op.b.opts.Sink.End(context.WithoutCancel(ctx), ev)
	return out
}

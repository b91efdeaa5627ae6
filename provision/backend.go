package provision

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/scim"
)

// Options are the settings of a [Backend]. The zero Options are good for one
// connection in one process.
type Options struct {
	// Connection is the connection's id in events and logs; "" means "default".
	Connection string
	// State is where the connection remembers what the target cannot hold; nil
	// means a [MemoryState], lost with the process.
	State State
	// Locker serialises writers; nil means a [MemoryLocker], good for one process.
	Locker Locker
	// Sink takes the events; nil means none.
	Sink Sink
	// Policies are the policies by target object ("user"); that of "" holds
	// for objects that are not named.
	Policies map[string]Policy
	// NewObjects says what a new resource becomes that does not say so itself, where
	// several objects are served as one resource type, by the name of the type
	// ("Group": "agent_group"). Types that are not named follow their mappings.
	NewObjects map[string]string
	// ProtectAdmins keeps administrators of the target from being disabled,
	// downgraded or deleted; the credential's owner always is.
	ProtectAdmins bool
	// CreateReferences lets lookups of mappings with onMissing: create or
	// createOrIgnore make the records that are referred to and do not exist, such as
	// departments. Without it such a reference is refused, as with onMissing: error, or
	// left out with a warning, as with onMissing: ignore.
	CreateReferences bool
	// ScanLimit is how many records may be read to answer a filter that the
	// target cannot, or to sort; 0 means 1,000. More are refused with status 400 and
	// scimType tooMany, except in lists by cursor that are not sorted: there it is
	// how many are read for one page, which then has fewer resources than it could.
	ScanLimit int
	// ExactTotals counts every list by index to its end, at the price of the
	// calls.
	ExactTotals bool
	// Lag is for how long the target's search may not show a finished write; 0
	// means 10 minutes.
	Lag time.Duration
	// LookupTTL is how long the id of a record that others refer to, such as a
	// manager, may be remembered, and LookupNegativeTTL that there is none; 0 means
	// 5 minutes and 30 seconds.
	LookupTTL, LookupNegativeTTL time.Duration
	// Clock is the time; nil means time.Now.
	Clock func() time.Time
	// NewID makes ids of events; nil means random ones.
	NewID func() string
	// Logger takes what events do not; nil means none.
	Logger *slog.Logger
}

func (o *Options) withDefaults() Options {
	var out Options
	if o != nil {
		out = *o
	}
	if out.Connection == "" {
		out.Connection = "default"
	}
	if out.State == nil {
		out.State = NewMemoryState()
	}
	if out.Locker == nil {
		out.Locker = new(MemoryLocker)
	}
	if out.Sink == nil {
		out.Sink = discard{}
	}
	if out.Clock == nil {
		out.Clock = time.Now
	}
	if out.NewID == nil {
		out.NewID = rand.Text
	}
	if out.Logger == nil {
		out.Logger = slog.New(slog.DiscardHandler)
	}
	out.ScanLimit = positive(out.ScanLimit, 1000)
	out.Lag = positive(out.Lag, 10*time.Minute)
	out.LookupTTL = positive(out.LookupTTL, 5*time.Minute)
	out.LookupNegativeTTL = positive(out.LookupNegativeTTL, 30*time.Second)
	return out
}

func positive[T int | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

// Backend serves a target as SCIM resources.
type Backend struct {
	target  *connector.Target
	opts    Options
	docs    []document
	lookups *lookups
	overlay *overlay
	cursors *cursors
	// creates whose answers were lost
	unsettled *unsettled

	mu    sync.Mutex
	model *model // of the newest description seen
}

var _ scim.Backend = (*Backend)(nil)

// New returns the backend of a target. mappings holds the mapping documents, of
// which each joins a resource type to an object; an object whose type is a SCIM
// resource type needs none. Several objects can stand behind one resource type:
// a MappingSet then has the routes between them. Documents for objects that the
// target does not serve are passed over. A document that extends another takes its
// place. Every problem in a document is in the error, with file, line and column.
// The target is not called: it is described when the first request comes.
func New(target *connector.Target, mappings fs.FS, o *Options) (*Backend, error) {
	if target == nil {
		return nil, errors.New("provision: no target")
	}
	b := &Backend{target: target, opts: o.withDefaults()}
	for object, p := range b.opts.Policies {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%w for object %q", err, object)
		}
	}
	if mappings != nil {
		docs, diags := mapping.ParseFS(mappings)
		err := diags.Err()
		if err != nil {
			return nil, err
		}
		if b.docs, err = prepareDocuments(docs, b.valueMaps(&connector.Description{})); err != nil {
			return nil, err
		}
	}
	b.lookups = newLookups(target, b.opts.Clock, b.opts.LookupTTL, b.opts.LookupNegativeTTL)
	b.overlay = newOverlay(b.opts.Clock, b.opts.Lag+cursorLife, 1000)
	b.unsettled = newUnsettled(b.opts.Clock, 2*b.opts.Lag, 1000)
	b.cursors = newCursors(b.opts.Clock, 10*time.Minute, 200)
	return b, nil
}

// Target returns the target that the backend serves.
func (b *Backend) Target() *connector.Target { return b.target }

// Check tries the connection: the target's own test ([connector.Checker]), and
// the mapping documents against the fields that the account really has. Errors
// are those of the target, or a *mapping.DiagnosticsError.
func (b *Backend) Check(ctx context.Context) error {
	if err := b.target.Check(ctx); err != nil {
		return err
	}
	_, err := b.current(ctx)
	return err
}

// Types implements scim.Backend.
func (b *Backend) Types(ctx context.Context) (*scim.Types, error) {
	m, err := b.current(ctx)
	if err != nil {
		return nil, b.toSCIM(nil, err)
	}
	return m.types, nil
}

// current returns the model of the target's present description.
func (b *Backend) current(ctx context.Context) (*model, error) {
	desc, err := b.target.Description(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.model == nil || b.model.desc != desc {
		m, err := newModel(desc, b.docs, &b.opts, b.valueMaps(desc))
		if err != nil {
			return nil, err
		}
		b.model = m
	}
	return b.model, nil
}

// valueMapper is the ability of a driver to bring value maps for mapping
// documents, made of what the account was described to have.
type valueMapper interface {
	ValueMaps(d *connector.Description) map[string]*expr.ValueMap
}

func (b *Backend) valueMaps(d *connector.Description) map[string]*expr.ValueMap {
	if m, ok := connector.Ability[valueMapper](b.target); ok {
		return m.ValueMaps(d)
	}
	return nil
}

// family returns what stands behind a resource type. An error has the form that a
// client may see.
func (b *Backend) family(ctx context.Context, typ string) (*model, *family, error) {
	m, err := b.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	fam := m.families[typ]
	if fam == nil {
		return nil, nil, scim.Errorf(404, "", "no resource type %s", typ)
	}
	return m, fam, nil
}

// lock makes writers of one record wait for each other.
func (b *Backend) lock(ctx context.Context, k Key) (func(), error) {
	return b.opts.Locker.Lock(ctx, b.lockPrefix()+k.Space+"/"+k.ID)
}

// lockPrefix is what the keys of locks begin with: the account, so that several
// connections to it do not write one record at once.
func (b *Backend) lockPrefix() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.model == nil || b.model.desc.Account == "" {
		return b.opts.Connection + "/"
	}
	return b.model.desc.Account + "/"
}

// entry returns what is remembered of a record, a new entry where that is
// nothing.
func (b *Backend) entry(ctx context.Context, o *connector.Object, id string) (*Entry, error) {
	k := keyOf(o, id)
	found, err := b.opts.State.Load(ctx, k)
	if err != nil {
		return nil, forgotten(err)
	}
	if found[0] != nil {
		return found[0], nil
	}
	return &Entry{Key: k}, nil
}

// save stores an entry. The target's write is done by then, so a failure is
// logged and not the client's.
func (b *Backend) save(ctx context.Context, ev *Event, e *Entry) {
	if err := b.opts.State.Save(context.WithoutCancel(ctx), e); err != nil {
		b.opts.Logger.ErrorContext(ctx, "state was not saved", "connection", b.opts.Connection, "event", ev.ID, "error", err)
		ev.warn("What the target cannot hold was not remembered")
	}
}

package zendesk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// fixture is a target in front of a simulated account. Both stand at the same
// time, which does not pass by itself.
type fixture struct {
	*connector.Target
	sim   *zendesktest.Server
	clock *testx.Clock
}

// start makes an account without rate limits, unless it says otherwise.
func start(t *testing.T, account *zendesktest.Options, o *zendesk.Options) *fixture {
	t.Helper()
	clock := testx.NewClock(time.Time{})
	return startAt(t, clock, clock, account, o)
}

// hurry is start with a clock that jumps over the driver's waits.
func hurry(t *testing.T, account *zendesktest.Options, o *zendesk.Options) *fixture {
	t.Helper()
	clock := testx.NewClock(time.Time{})
	return startAt(t, clock, hurried{clock}, account, o)
}

func startAt(t *testing.T, clock *testx.Clock, drivers zendesk.Clock, account *zendesktest.Options, o *zendesk.Options) *fixture {
	t.Helper()
	a := zendesktest.Options{}
	if account != nil {
		a = *account
	}
	a.Clock = clock.Now
	if a.Plan == "" && a.Limits == nil {
		a.Plan = zendesktest.Unlimited
	}
	sim := zendesktest.NewServer(&a)
	t.Cleanup(sim.Close)
	opts := zendesk.Options{}
	if o != nil {
		opts = *o
	}
	opts.BaseURL = sim.URL
	if opts.Clock == nil {
		opts.Clock = drivers
	}
	opts.Jitter = func() float64 { return 0 }
	target, err := zendesk.New("acme", zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret()), &opts)
	require.NoError(t, err)
	return &fixture{Target: target, sim: sim, clock: clock}
}

// calls runs f and returns the calls that it made, as method and pattern. The
// description is read beforehand, it is asserted on its own.
func (f *fixture) calls(t *testing.T, do func(ctx context.Context)) []string {
	t.Helper()
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	var rec httpx.Recorder
	before := len(f.sim.Requests())
	do(httpx.WithRecorder(t.Context(), &rec))
	var out []string
	for _, c := range rec.Calls() {
		out = append(out, c.Method+" "+c.Pattern)
	}
	require.Len(t, f.sim.Requests()[before:], len(out), "the account saw other calls than were recorded")
	return out
}

// record makes a record of an object out of names and values.
func (f *fixture) record(t *testing.T, object string, values map[string]any) *schema.Record {
	t.Helper()
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	rec := desc.Object(object).Type.New()
	for name, v := range values {
		require.True(t, rec.Set(name, value(t, v)), "no field %s", name)
	}
	return rec
}

// create makes a user.
func (f *fixture) create(t *testing.T, ctx context.Context, values map[string]any) (*schema.Record, error) {
	t.Helper()
	return f.Create(ctx, zendesk.ObjectUser, f.record(t, zendesk.ObjectUser, values))
}

func value(t *testing.T, v any) schema.Value {
	t.Helper()
	switch v := v.(type) {
	case schema.Value:
		return v
	case string:
		return schema.StringValue(v)
	case int:
		return schema.IntegerValue(int64(v))
	case int64:
		return schema.IntegerValue(v)
	case bool:
		return schema.BooleanValue(v)
	case []string:
		return schema.StringsValue(v...)
	default:
		t.Fatalf("no value for %T", v)
		return schema.Value{}
	}
}

// change reads a record and changes fields of it; a nil value clears.
func (f *fixture) change(t *testing.T, ctx context.Context, r connector.Ref, values map[string]any) (*schema.Record, error) {
	t.Helper()
	base, err := f.Get(t.Context(), r)
	require.NoError(t, err)
	return f.Update(ctx, r, connector.Change{Base: base, Edits: edits(t, base.Type(), values)})
}

// blind changes fields without reading the record.
func (f *fixture) blind(t *testing.T, ctx context.Context, r connector.Ref, values map[string]any) (*schema.Record, error) {
	t.Helper()
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	return f.Update(ctx, r, connector.Change{Edits: edits(t, desc.Object(r.Object).Type, values)})
}

func edits(t *testing.T, typ *schema.Type, values map[string]any) []schema.Edit {
	t.Helper()
	var out []schema.Edit
	for name, v := range values {
		e := schema.Edit{Slot: typ.Slot(name)}
		require.NotEqual(t, schema.NoSlot, e.Slot, "no field %s", name)
		if v == nil {
			e.Op = schema.Clear
		} else {
			e.Value = value(t, v)
		}
		out = append(out, e)
	}
	return out
}

// find lists the records that pass a filter, all pages.
func (f *fixture) find(ctx context.Context, object, filter string) ([]*schema.Record, error) {
	q := connector.Query{}
	if filter != "" {
		q.Filter = schema.MustParseFilter(filter)
	}
	var out []*schema.Record
	for rec, err := range f.All(ctx, object, q) {
		if err != nil {
			return out, err
		}
		out = append(out, rec)
	}
	return out, nil
}

func ids(recs []*schema.Record) []int64 {
	out := make([]int64, 0, len(recs))
	for _, r := range recs {
		out = append(out, r.Integer("id"))
	}
	return out
}

func refOf(rec *schema.Record) connector.Ref {
	return connector.Ref{Object: rec.Type().Name(), ID: rec.String("id")}
}

func errorOf(t *testing.T, err error) *connector.Error {
	t.Helper()
	var e *connector.Error
	require.ErrorAs(t, err, &e)
	return e
}

func changeOf(base *schema.Record, edits []schema.Edit) connector.Change {
	return connector.Change{Base: base, Edits: edits}
}

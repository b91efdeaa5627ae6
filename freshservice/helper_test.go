package freshservice_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/schema"
)

// fixture is a target in front of a simulated account. Both stand at the same
// time, which does not pass by itself.
type fixture struct {
	*connector.Target
	sim   *freshservicetest.Server
	clock *testx.Clock
}

func start(t *testing.T, account *freshservicetest.Options, o *freshservice.Options) *fixture {
	t.Helper()
	clock := testx.NewClock(time.Time{})
	a := freshservicetest.Options{}
	if account != nil {
		a = *account
	}
	a.Clock = clock.Now
	sim := freshservicetest.NewServer(&a)
	t.Cleanup(sim.Close)
	opts := freshservice.Options{}
	if o != nil {
		opts = *o
	}
	opts.BaseURL = sim.URL + "/api/v2"
	opts.Clock = clock
	opts.Jitter = func() float64 { return 0 }
	target, err := freshservice.New("acme", freshservice.APIKey(sim.APIKey()), &opts)
	require.NoError(t, err)
	return &fixture{Target: target, sim: sim, clock: clock}
}

// calls runs f and returns the calls that it made, as method, pattern and status.
// The description is read beforehand, it is asserted on its own.
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
	case []int64:
		var vs []schema.Value
		for _, n := range v {
			vs = append(vs, schema.IntegerValue(n))
		}
		return schema.ListValue(vs...)
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

// changed is change with the calls that it made, but for the reading beforehand.
func (f *fixture) changed(t *testing.T, r connector.Ref, values map[string]any) (rec *schema.Record, calls []string, err error) {
	t.Helper()
	base, err := f.Get(t.Context(), r)
	require.NoError(t, err)
	calls = f.calls(t, func(ctx context.Context) {
		rec, err = f.Update(ctx, r, connector.Change{Base: base, Edits: edits(t, base.Type(), values)})
	})
	return rec, calls, err
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

func mustFilter(s string) schema.Filter { return schema.MustParseFilter(s) }

// hasID reports whether a filter looks a record up, which is whole then.
func hasID(filter string) bool { return strings.HasPrefix(filter, "id ") }

var unset schema.Value

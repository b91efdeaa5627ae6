package memory_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

// TestConformance runs the conformance kit on users and groups in the shape of RFC
// 7643, with small pages and a small cache.
func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, func(t *testing.T) *connectortest.Harness {
		var calls atomic.Int64
		d, err := memory.New(objects(t), &memory.Options{PageSize: 4, Cache: 3, Observe: func(string, string) { calls.Add(1) }})
		require.NoError(t, err)
		return &connectortest.Harness{
			Driver: d,
			Sample: func(o *connector.Object, i int) *schema.Record { return sample(t, o, i) },
			Inject: func(f connectortest.Fault) bool { return inject(d, f) },
			Wait:   func(context.Context, time.Duration) error { return nil },
			Calls:  func() int { return int(calls.Load()) },
		}
	}, nil)
}

// sample is the kit's own, with lists of complex values and references.
func sample(t testing.TB, o *connector.Object, i int) *schema.Record {
	rec := connectortest.Sample(o, i)
	if o.Name != "user" {
		return rec
	}
	extra := parse(t, o.Type, `{"active": true,
		"emails": [{"value": "Ada@example.com", "type": "work", "primary": true}, {"value": "ada@example.org", "type": "home"}],
		"phoneNumbers": [{"value": "+1 555 0100", "type": "work"}],
		"addresses": [{"streetAddress": "1 Main Street\nSuite 2", "country": "GB", "type": "work"}],
		"`+enterprise+`": {"manager": {"value": "26118915-6090"}, "extra": {"a": [1, null, "x"]}}}`)
	if i%2 == 1 {
		extra = parse(t, o.Type, `{"active": false, "emails": [{"value": "grace@example.com", "type": "work"}],
			"roles": [{"value": "admin", "primary": true}]}`)
	}
	for s, v := range extra.Values() {
		rec.SetAt(s, v)
	}
	return rec
}

// inject has the driver fail as one does whose target fails in that way.
func inject(d *memory.Driver, f connectortest.Fault) bool {
	fault := memory.Fault{Op: string(f.Op), Object: f.Object, RetryAfter: f.RetryAfter}
	switch f.Kind {
	case connectortest.NoFault:
		return true
	case connectortest.RateLimited:
		fault.Code = connector.RateLimited
	case connectortest.Unavailable:
		fault.Code = connector.Unavailable
	case connectortest.UnavailableAfter, connectortest.LostAnswer:
		fault.Code, fault.After = connector.Ambiguous, true
	default:
		return false
	}
	d.Fail(fault)
	return true
}

package freshservice_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// TestExternalID: §4.1, §5.1, §13.5: where external ids can only be read, that is
// found out once for requesters and once for agents, and costs nothing afterwards.
func TestExternalID(t *testing.T) {
	t.Parallel()
	for name, invalid := range map[string]bool{"readonly_field": false, "invalid_field": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startManaged(t, &freshservicetest.Options{
				Rules:      freshservicetest.Rules{ExternalIDReadonly: true, ReadonlyAsInvalidField: invalid},
				Requesters: []freshservicetest.Requester{{ID: 100, FirstName: "Ada", PrimaryEmail: "ada@example.com"}},
				Agents:     []freshservicetest.Agent{agent(101)},
			}, nil)
			const requester, other = "PUT /requesters/{id}", "PUT /agents/{id}"
			for _, c := range []struct {
				ref    string
				values map[string]any
				calls  []string
			}{
				{"requester", map[string]any{"external_id": "E-1", "address": "x"}, []string{requester, requester}},
				{"requester", map[string]any{"external_id": "E-1", "address": "y"}, []string{requester}},
				{"requester", map[string]any{"external_id": "E-1"}, nil},
				{"agent", map[string]any{"external_id": "E-2"}, []string{other}},
				{"agent", map[string]any{"external_id": "E-2", "address": "z"}, []string{other}},
			} {
				ref := requesterRef(100)
				if c.ref == "agent" {
					ref = agentRef(101)
				}
				rec, calls, err := f.changed(t, ref, c.values)
				require.NoError(t, err)
				assert.Equal(t, c.calls, calls)
				assert.False(t, rec.Has("external_id"))
				if want, also := c.values["address"]; also {
					assert.Equal(t, want, rec.String("address"))
				}
			}
			var made *schema.Record
			calls := f.calls(t, func(ctx context.Context) {
				var err error
				made, err = f.Create(ctx, "requester", f.record(t, "requester", map[string]any{"first_name": "B", "primary_email": "b@example.com", "external_id": "E-3"}))
				require.NoError(t, err)
			})
			assert.Equal(t, []string{"POST /requesters"}, calls)
			assert.False(t, made.Has("external_id"))
		})
	}
}

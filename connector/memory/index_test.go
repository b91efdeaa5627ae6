package memory_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

// A record may have as many indexed values as a request can carry: compared
// pairwise they would take a minute.
func TestIndex_ManyValues(t *testing.T) {
	t.Parallel()
	const n = 50_000
	s := newStore(t, memory.Options{})
	sub := s.user.Lookup("emails").Sub
	var list []schema.Value
	for i := range n {
		rec := sub.New()
		rec.SetString("value", fmt.Sprintf("A%d@example.com", i))
		same := sub.New()
		same.SetString("value", fmt.Sprintf("a%d@example.com", i))
		list = append(list, schema.ObjectValue(rec), schema.ObjectValue(same))
	}
	id := s.add(t, "user", `{"userName": "ada"}`)
	_, err := s.edit(t, "user", id, "emails", schema.Set, schema.ListValue(list...))
	require.NoError(t, err)
	for _, address := range []string{"a0@EXAMPLE.com", "A49999@example.com"} {
		ids, _ := s.list(t, "user", fmt.Sprintf("emails.value eq %q", address))
		assert.Equal(t, []string{id}, ids)
	}
	_, err = s.edit(t, "user", id, "emails", schema.Set, schema.ListValue(list[:2]...))
	require.NoError(t, err)
	ids, _ := s.list(t, "user", `emails.value eq "a49999@example.com"`)
	assert.Empty(t, ids)
	_, err = s.Act(t.Context(), connector.Ref{Object: "user", ID: id}, connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
}

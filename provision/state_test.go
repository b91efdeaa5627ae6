package provision_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
)

func TestMemoryState_FindsWhatWasSaved(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := provision.NewMemoryState()
	k := provision.Key{Space: "user", ID: "7"}
	e := &provision.Entry{Key: k, Shadow: map[string]string{"userName": "Ada"}, Late: []provision.LateReference{{Lookup: "manager", Key: "Boss", Target: "m"}}}
	require.NoError(t, s.Save(ctx, e))
	e.Shadow["userName"] = "changed by the caller"

	got, err := s.Load(ctx, provision.Key{Space: "user", ID: "8"}, k)
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Nil(t, got[0])
	assert.Equal(t, "Ada", got[1].Shadow["userName"])
	got[1].Shadow["userName"] = "changed by the caller"

	found, err := s.Find(ctx, "userName", "ADA")
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "Ada", found[0].Shadow["userName"])
	found, err = s.FindLate(ctx, "nobody", "BOSS")
	require.NoError(t, err)
	require.Len(t, found, 1)

	require.NoError(t, s.Save(ctx, &provision.Entry{Key: k, Shadow: map[string]string{"userName": "Countess"}}))
	for value, want := range map[string]int{"ada": 0, "countess": 1} {
		found, err = s.Find(ctx, "userName", value)
		require.NoError(t, err)
		assert.Len(t, found, want, value)
	}
	found, err = s.FindLate(ctx, "boss")
	require.NoError(t, err)
	assert.Empty(t, found)

	require.NoError(t, s.Save(ctx, &provision.Entry{Key: k}))
	got, err = s.Load(ctx, k)
	require.NoError(t, err)
	assert.Nil(t, got[0], "an empty entry is forgotten")
}

func TestMemoryLocker_OneAtATime(t *testing.T) {
	t.Parallel()
	var l provision.MemoryLocker
	var wg sync.WaitGroup
	inside, most, total := 0, 0, 0
	for range 50 {
		wg.Go(func() {
			unlock, err := l.Lock(context.Background(), "k")
			if err != nil {
				return
			}
			inside++
			most = max(most, inside)
			total++
			inside--
			unlock()
		})
	}
	wg.Wait()
	assert.Equal(t, 1, most)
	assert.Equal(t, 50, total)
}

func TestMemoryLocker_ContextEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l provision.MemoryLocker
		unlock, err := l.Lock(t.Context(), "k")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = l.Lock(ctx, "k")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		other, err := l.Lock(t.Context(), "another key")
		require.NoError(t, err)
		other()
		unlock()
		unlock, err = l.Lock(t.Context(), "k")
		require.NoError(t, err)
		unlock()
	})
}

package simulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/internal/simulator"
)

func TestStore(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	v1, v2, v3, other := "v1", "v2", "v3", "other"

	s := simulator.NewStore[string](10 * time.Second)
	s.Put(7, &v1, time.Time{}) // a seed, indexed at once
	s.Put(3, &other, at(0))
	s.Put(7, &v2, at(5))
	s.Put(7, &v3, at(6))
	s.Put(3, nil, at(20))
	assert.Equal(t, []int64{7}, s.IDs())
	assert.Equal(t, &v3, s.Records[7])
	for _, tt := range []struct {
		at   int
		want map[int64]*string
	}{
		{0, map[int64]*string{7: &v1}},
		{9, map[int64]*string{7: &v1}},
		{10, map[int64]*string{7: &v1, 3: &other}},
		{15, map[int64]*string{7: &v2, 3: &other}},
		{16, map[int64]*string{7: &v3, 3: &other}},
		{29, map[int64]*string{7: &v3, 3: &other}},
		{30, map[int64]*string{7: &v3}},
	} {
		assert.Equal(t, tt.want, s.Indexed(at(tt.at)), "second %d", tt.at)
	}
}

func TestStore_noLag(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	a, b := "a", "b"
	s := simulator.NewStore[string](-1)
	assert.Zero(t, s.Lag)
	s.Put(2, &a, now)
	s.Put(1, &b, now)
	assert.Equal(t, []int64{1, 2}, s.IDs())
	assert.Equal(t, map[int64]*string{1: &b, 2: &a}, s.Indexed(now))
	s.Put(2, nil, now)
	assert.Equal(t, map[int64]*string{1: &b}, s.Indexed(now))
}

package testx_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
)

func ExampleClock() {
	clock := testx.NewClock(time.Time{})
	clock.AfterFunc(2*time.Second, func() { fmt.Println("rings at", clock.Now().Format(time.TimeOnly)) })
	clock.Advance(time.Second)
	fmt.Println("still quiet")
	clock.Advance(time.Minute)
	fmt.Println("now", clock.Now().Format(time.TimeOnly))
	// Output:
	// still quiet
	// rings at 03:04:07
	// now 03:05:06
}

func TestClock_CallsInOrderOfTime(t *testing.T) {
	t.Parallel()
	clock := testx.NewClock(time.Unix(0, 0))
	var got []string
	note := func(s string) func() {
		return func() { got = append(got, fmt.Sprint(s, clock.Now().Unix())) }
	}
	clock.AfterFunc(3*time.Second, note("c"))
	clock.AfterFunc(time.Second, note("a"))
	clock.AfterFunc(2*time.Second, func() {
		note("b")()
		clock.AfterFunc(500*time.Millisecond, note("nested"))
		clock.AfterFunc(time.Hour, note("later"))
	})
	stop := clock.AfterFunc(2*time.Second, note("never"))
	assert.True(t, stop())
	assert.False(t, stop())
	clock.Advance(5 * time.Second)
	assert.Equal(t, []string{"a1", "b2", "nested2", "c3"}, got)
	assert.Equal(t, 1, clock.Pending())
	assert.Equal(t, time.Unix(5, 0), clock.Now())
}

func TestClock_NothingToWaitFor(t *testing.T) {
	t.Parallel()
	clock := testx.NewClock(time.Time{})
	called := make(chan struct{})
	clock.AfterFunc(0, func() { close(called) })
	<-called
	assert.Zero(t, clock.Pending())
}

func TestShared_FindsTheDirectoryBesideTheCheckout(t *testing.T) {
	shared, err := os.MkdirTemp(t.TempDir(), "w")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(shared, "shared"), 0o700))
	inner := filepath.Join(shared, "main", "a", "b")
	require.NoError(t, os.MkdirAll(inner, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(shared, "main", "go.work"), nil, 0o600))
	t.Chdir(inner)
	info, err := os.Stat(testx.Shared(t))
	require.NoError(t, err)
	want, err := os.Stat(filepath.Join(shared, "shared"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(want, info))
}

// verdict notes how a helper ended the test it was given.
type verdict struct {
	testing.TB
	skipped, failed bool
}

type ended struct{}

func (*verdict) Helper()                 {}
func (v *verdict) Skip(...any)           { v.skipped = true; panic(ended{}) }
func (v *verdict) Fatal(...any)          { v.failed = true; panic(ended{}) }
func (v *verdict) Fatalf(string, ...any) { v.Fatal() }

func TestShared_Absent(t *testing.T) {
	dir := t.TempDir()
	checkout := filepath.Join(dir, "main")
	require.NoError(t, os.MkdirAll(checkout, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "go.work"), nil, 0o600))
	t.Chdir(checkout)
	for ci, want := range map[string]verdict{"": {skipped: true}, "true": {failed: true}} {
		t.Setenv("CI", ci)
		v := verdict{TB: t}
		assert.PanicsWithValue(t, ended{}, func() { testx.Shared(&v) })
		assert.Equal(t, want.skipped, v.skipped)
		assert.Equal(t, want.failed, v.failed)
	}
}

package schema

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestArena(t *testing.T) {
	t.Parallel()
	typ, err := NewType("pair", Fields{"a": {Type: String}, "b": {Type: String}})
	require.NoError(t, err)
	for name, arena := range map[string]*Arena{"zero": {}, "of the right size": NewArena(3, 6), "too small": NewArena(1, 3)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, y := arena.New(typ), arena.New(typ)
			assert.Same(t, typ, x.Type())
			x.SetString("a", "x")
			y.SetString("b", "y")
			list := arena.List(append(arena.Values(2), StringValue("1"), StringValue("2")))
			more := append(arena.Values(0), StringValue("3"))
			assert.Equal(t, []string{"1", "2"}, list.Strings())
			assert.Equal(t, "x", x.String("a"))
			assert.False(t, x.Has("b"), "what one holds is not another's")
			assert.False(t, y.Has("a"))
			assert.Equal(t, "y", y.String("b"))
			assert.Equal(t, "3", more[0].Text())
			assert.True(t, x.Clone().Equal(x))
		})
	}
}

func TestArena_Allocations(t *testing.T) {
	typ, err := NewType("pair", Fields{"a": {Type: String}, "b": {Type: String}})
	require.NoError(t, err)
	allocs := testing.AllocsPerRun(100, func() {
		a := NewArena(4, 10)
		a.New(typ)
		a.New(typ)
		a.New(typ)
		a.List(append(a.Values(4), StringValue("x")))
	})
	assert.LessOrEqual(t, allocs, 3.0, "the arena and what it holds")
}

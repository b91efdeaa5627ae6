package scimtest

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPairing_AgainstTryingEverything compares the pairing with the result of
// trying all of them on small random graphs.
func TestPairing_AgainstTryingEverything(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		rows, columns := random.IntN(6), random.IntN(7)
		density := random.Float64()
		edges := make([][]bool, rows)
		for i := range edges {
			edges[i] = make([]bool, columns)
			for j := range edges[i] {
				edges[i][j] = random.Float64() < density
			}
		}
		p := newPairing(rows, columns, func(i, j int) bool { return edges[i][j] })

		used := map[int]bool{}
		for i, j := range p.element {
			if j >= 0 {
				require.True(t, edges[i][j], "%v: %v", edges, p.element)
				require.False(t, used[j], "%v: %v", edges, p.element)
				require.Equal(t, i, p.matcher[j])
				used[j] = true
			}
		}
		size, first := exhaust(edges, columns)
		require.Len(t, used, size, "%v: %v is not a largest pairing", edges, p.element)
		require.Len(t, p.unpairedRows(), rows-size)
		require.Len(t, p.unpairedColumns(), columns-size)
		if size == rows {
			require.Equal(t, first, p.element, "%v: not the first complete pairing", edges)
		}
	}
}

// exhaust returns the size of the largest pairing and the first complete one.
func exhaust(edges [][]bool, columns int) (size int, first []int) {
	chosen := make([]int, 0, len(edges))
	used := make([]bool, columns)
	var try func(row, paired int)
	try = func(row, paired int) {
		if row == len(edges) {
			size = max(size, paired)
			if paired == len(edges) && first == nil {
				first = append([]int{}, chosen...)
			}
			return
		}
		for j := range columns {
			if edges[row][j] && !used[j] {
				used[j] = true
				chosen = append(chosen, j)
				try(row+1, paired+1)
				chosen = chosen[:len(chosen)-1]
				used[j] = false
			}
		}
		chosen = append(chosen, -1)
		try(row+1, paired)
		chosen = chosen[:len(chosen)-1]
	}
	try(0, 0)
	return size, first
}

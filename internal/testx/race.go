//go:build race

package testx

// Race says that the race detector is on, which makes everything some ten times slower.
const Race = true

package provision_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets garbage stand longer than usual: the tests make thousands of accounts
// and connections that live for a moment, and would spend a third of their time on
// clearing up.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

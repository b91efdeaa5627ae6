package testx

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the directory of shared references and vectors, which lies beside the checkout: ../shared seen
// from the directory that holds go.work. Where it is absent the test is skipped, or fails if CI=true.
func Shared(t testing.TB) string {
	t.Helper()
	root := Root(t)
	dir := filepath.Join(root, "..", "shared")
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("the shared directory is missing beside the checkout, and CI=true")
	}
	t.Skip("skipped: the shared directory is not beside the checkout")
	return ""
}

// Root returns the directory that holds go.work, found from the working directory upwards. The test fails if
// there is none.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("working directory: %v", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.work above the working directory")
		}
		dir = parent
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-scim/usher/connector/connectortest"
)

func TestDirectory(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, func(t *testing.T) *connectortest.Harness {
		path := filepath.Join(t.TempDir(), "users.csv")
		if err := os.WriteFile(path, []byte(strings.Join(columns(), ",")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := New(path)
		if err != nil {
			t.Fatal(err)
		}
		return &connectortest.Harness{Driver: d}
	}, &connectortest.Options{Records: 2*pageSize + 1})
}

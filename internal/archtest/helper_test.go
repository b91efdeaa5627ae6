package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
)

// module is the path of the root module; nested modules live below it.
const module = "github.com/usher-scim/usher"

// checkout returns the root of the checkout. The nested modules are not part of
// the published module: without them the test is skipped.
func checkout(t *testing.T) string {
	t.Helper()
	root := testx.Root(t)
	if _, err := os.Stat(filepath.Join(root, "examples", "go.mod")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("skipped: this is not a whole checkout, the nested modules are missing")
	}
	return root
}

// run runs the go command in dir and returns what it printed on stdout.
func run(t *testing.T, dir string, env []string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoErrorf(t, cmd.Run(), "go %s: %s", strings.Join(args, " "), &stderr)
	return stdout.Bytes()
}

// listed is what go list tells about a package.
type listed struct {
	ImportPath   string
	Dir          string
	Name         string
	Standard     bool
	Module       *struct{ Path string }
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// name is the import path below the root module, "." for its own, and whether it
// is there at all.
func (l *listed) name() (string, bool) { return inModule(l.ImportPath) }

func inModule(path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

// packages lists all packages of all modules of the workspace and what they
// depend on, tests of the workspace's packages not included.
func packages(t *testing.T) []*listed {
	t.Helper()
	out := run(t, checkout(t), []string{"GOWORK="}, "list", "-deps",
		"-json=ImportPath,Dir,Name,Standard,Module,Imports,TestImports,XTestImports,Deps", "work")
	var all []*listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		l := &listed{}
		err := d.Decode(l)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, l)
	}
	require.NotEmpty(t, all)
	return all
}

// files calls f with the path, relative to the root and with slashes, and the
// content of each file of the checkout.
func files(t *testing.T, f func(path string, content []byte)) {
	t.Helper()
	root := checkout(t)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a temporary file of an editor or of a test
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		f(filepath.ToSlash(rel), content)
		return err
	}))
}

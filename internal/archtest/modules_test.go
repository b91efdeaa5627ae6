package archtest

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// maxModules is how many modules the root may list, itself and what its tests
	// need included.
	maxModules = 25
	// goLine stands in every go.mod and go.work: two that differ break every
	// command of the workspace.
	goLine = "go 1.26.0"
)

func TestModuleCount(t *testing.T) {
	t.Parallel()
	out := run(t, checkout(t), []string{"GOWORK=off"}, "list", "-m", "all")
	assert.NoError(t, countModules(out))
}

func countModules(list []byte) error {
	n := bytes.Count(list, []byte("\n"))
	if n == 0 || n > maxModules {
		return fmt.Errorf("the root lists %d modules, of at most %d:\n%s", n, maxModules, list)
	}
	return nil
}

func TestCountModules(t *testing.T) {
	t.Parallel()
	const line = "example.com/m v1.0.0\n"
	assert.NoError(t, countModules([]byte(strings.Repeat(line, maxModules))))
	assert.ErrorContains(t, countModules([]byte(strings.Repeat(line, maxModules+1))), "lists 26 modules, of at most 25")
	assert.Error(t, countModules(nil))
}

func TestModuleFiles(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	files(t, func(name string, content []byte) {
		if base := path.Base(name); base == "go.mod" || base == "go.work" {
			found[name] = string(content)
		}
	})
	for _, breach := range moduleBreaches(found) {
		t.Error(breach)
	}
}

var requiresRoot = regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(module) + ` (v\S+)`)

// moduleBreaches returns what is wrong with the go.mod and go.work files, by path.
func moduleBreaches(found map[string]string) []string {
	var out []string
	work, ok := found["go.work"]
	if !ok {
		return []string{"there is no go.work"}
	}
	for name, content := range found {
		lines := strings.Split(content, "\n")
		if !slices.Contains(lines, goLine) {
			out = append(out, fmt.Sprintf("%s does not say %q", name, goLine))
		}
		if regexp.MustCompile(`(?m)^toolchain `).MatchString(content) {
			out = append(out, name+" names a toolchain")
		}
		dir := path.Dir(name)
		if path.Base(name) != "go.mod" {
			continue
		}
		if use := "./" + dir; dir != "." && !regexp.MustCompile(`(?m)^\s*(?:use\s+)?`+regexp.QuoteMeta(use)+`\s*$`).MatchString(work) {
			out = append(out, fmt.Sprintf("go.work does not use %s: its tests would be left out without a word", use))
		}
		if m := requiresRoot.FindStringSubmatch(content); m != nil {
			up := strings.Repeat("../", strings.Count(dir, "/")+1)
			if m[1] != "v0.0.0" || !strings.Contains(content, "replace "+module+" => "+up+"\n") {
				out = append(out, fmt.Sprintf("%s does not require %s v0.0.0 and replace it by %s", name, module, up))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestModuleBreaches(t *testing.T) {
	t.Parallel()
	sound := func() map[string]string {
		return map[string]string{
			"go.work": "go 1.26.0\n\nuse (\n\t.\n\t./a\n\t./b/c\n)\n",
			"go.mod":  "module " + module + "\n\ngo 1.26.0\n",
			"a/go.mod": "module " + module + "/a\n\ngo 1.26.0\n\nrequire " + module + " v0.0.0\n\nreplace " +
				module + " => ../\n",
			"b/c/go.mod": "module " + module + "/b/c\n\ngo 1.26.0\n\nrequire (\n\t" + module + " v0.0.0\n)\n\nreplace " +
				module + " => ../../\n",
		}
	}
	require.Empty(t, moduleBreaches(sound()))
	for _, tc := range []struct{ name, file, old, new, want string }{
		{"another go", "a/go.mod", "go 1.26.0", "go 1.26", `a/go.mod does not say "go 1.26.0"`},
		{"a toolchain", "go.work", "\nuse", "\ntoolchain go1.26.8\nuse", "go.work names a toolchain"},
		{"not used", "go.work", "\t./a\n", "", "go.work does not use ./a: its tests would be left out without a word"},
		{"a released root", "b/c/go.mod", "v0.0.0", "v1.2.3",
			"b/c/go.mod does not require " + module + " v0.0.0 and replace it by ../../"},
		{"no replacement", "a/go.mod", "=> ../", "=> ../../", "a/go.mod does not require " + module + " v0.0.0 and replace it by ../"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			found := sound()
			require.Contains(t, found[tc.file], tc.old)
			found[tc.file] = strings.Replace(found[tc.file], tc.old, tc.new, 1)
			assert.Equal(t, []string{tc.want}, moduleBreaches(found))
		})
	}
	assert.NotEmpty(t, moduleBreaches(nil))
}

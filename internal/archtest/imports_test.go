package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const (
	elimityServer = "github.com/elimity-com/scim"
	elimitySchema = elimityServer + "/schema"
	retryable     = "github.com/hashicorp/go-retryablehttp"
	yaml          = "go.yaml.in/yaml/v3"
	text          = "golang.org/x/text"
	testify       = "github.com/stretchr/testify"
)

// mayImport says which packages the code of a package may import besides the
// standard library, by path below the root module; a name that ends in /...
// stands for all below it. A package without a line is a breach: whoever adds one
// decides here where it stands. Tests may import what they like, examples
// excepted.
var mayImport = map[string][]string{
	"schema": {},

	"scim":                    {"schema", "scim/internal/elimity", elimitySchema, text + "/..."}, // elimity: its data only: never its server
	"scim/elimityscim":        {"schema", "scim", "scim/internal/elimity", elimityServer + "/...", "github.com/scim2/filter-parser/v2"},
	"scim/scimtest":           {},
	"scim/internal/elimity":   {"schema", elimitySchema},
	"scim/internal/teststore": {"schema", "scim"},

	"mapping":                   {"schema", "mapping/expr", "mapping/internal/yamltext", yaml},
	"mapping/expr":              {"schema"},
	"mapping/importer":          {"schema", "mapping", "mapping/internal/yamltext"},
	"mapping/internal/yamltext": {"schema"},
	"mapping/mappingtest":       {"schema", "mapping", "mapping/expr"},

	"connector":               {"schema"},
	"connector/memory":        {"schema", "connector", "internal/httpx", "mapping/expr"},
	"connector/connectortest": {"schema", "connector"},

	"freshservice":                  {"schema", "connector", "internal/httpx", "internal/oauth2", "mapping/expr"},
	"freshservice/freshservicetest": {"internal/simulator"}, // usable by anyone, like httptest
	"zendesk":                       {"schema", "connector", "internal/httpx", "internal/oauth2", "mapping/expr"},
	"zendesk/zendesktest":           {"internal/simulator"},

	"provision": {"schema", "scim", "mapping", "mapping/expr", "connector", "internal/httpx"},
	"gateway":   {"schema", "scim", "mapping", "connector", "provision", "internal/httpx"},

	"internal/httpx":     {retryable},
	"internal/oauth2":    {"schema", "connector", "internal/httpx"},
	"internal/simulator": {}, // the standard library only
	"internal/testx":     {},
	"internal/archtest":  {},
	"internal/contract":  {},

	// What an engineer outside of this repository could import as well.
	"examples/...": {"schema", "scim/...", "mapping/...", "connector/...", "freshservice/...", "zendesk/...", "provision", "gateway", "examples/internal/...", yaml},
}

// links says which third-party modules an importer of a package compiles in. It
// is what keeps the library light for those who use a part of it.
var links = map[string][]string{
	"schema":                        {},
	"connector":                     {},
	"connector/memory":              {},
	"connector/connectortest":       {},
	"scim/scimtest":                 {},
	"freshservice/freshservicetest": {},
	"mapping/expr":                  {},
	"mapping":                       {yaml},
	"mapping/importer":              {yaml},
	"mapping/mappingtest":           {yaml},
	"scim":                          slices.Concat(elimity, []string{text}),
	"scim/elimityscim":              slices.Concat(elimity, []string{text, "github.com/scim2/filter-parser/v2", "github.com/di-wu/parser"}),
	"internal/httpx":                hashicorp,
	"internal/oauth2":               hashicorp,
	"freshservice":                  hashicorp,
	"zendesk":                       hashicorp,
	"zendesk/zendesktest":           {},
	"internal/simulator":            {},
	"provision":                     slices.Concat(elimity, hashicorp, []string{yaml, text}),
	"gateway":                       slices.Concat(elimity, hashicorp, []string{yaml, text}),
}

// The modules that come with one package of another module.
var (
	elimity   = []string{elimityServer, "github.com/di-wu/xsd-datetime"}
	hashicorp = []string{retryable, "github.com/hashicorp/go-cleanhttp"}
)

// pure names packages that get no time of day, randomness, environment or network:
// what they compute depends on their input alone. The packages in never are how
// they would get at it (time is needed for parsing dates, and watched by
// TestSources).
var (
	pure  = []string{"schema", "mapping", "mapping/expr", "mapping/importer"}
	never = []string{"net", "net/http", "os", "os/exec", "crypto/rand", "math/rand", "math/rand/v2"}
)

func TestImports(t *testing.T) {
	t.Parallel()
	for _, breach := range importBreaches(packages(t)) {
		t.Error(breach)
	}
}

// importBreaches returns what in a list of packages breaks the rules above.
func importBreaches(all []*listed) []string {
	var out []string
	modules := map[string]string{}
	for _, l := range all {
		if l.Module != nil {
			modules[l.ImportPath] = l.Module.Path
		}
	}
	for _, l := range all {
		name, ours := l.name()
		if !ours {
			continue
		}
		may, ok := ruleOf(name)
		if !ok {
			out = append(out, name+" has no line in mayImport")
			continue
		}
		for _, path := range l.Imports {
			out = append(out, importBreach(name, path, may)...)
		}
		for _, path := range slices.Concat(l.TestImports, l.XTestImports) {
			if to, ok := inModule(path); ok && covers("examples/...", to) && !covers("examples/...", name) {
				out = append(out, fmt.Sprintf("the tests of %s import %s, and nothing imports an example", name, to))
			}
		}
		if allowed, ok := links[name]; ok {
			for _, path := range l.Deps {
				if m := modules[path]; m != "" && m != module && !slices.Contains(allowed, m) {
					out = append(out, fmt.Sprintf("%s links the module %s, by way of %s", name, m, path))
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func importBreach(name, path string, may []string) []string {
	to, ours := inModule(path)
	switch {
	case covers(testify+"/...", path):
		return []string{fmt.Sprintf("%s imports %s outside of its tests", name, path)}
	case ours && covers("examples/...", to) && !covers("examples/...", name):
		return []string{fmt.Sprintf("%s imports %s, and nothing imports an example", name, to)}
	case !ours && !strings.Contains(strings.SplitN(path, "/", 2)[0], "."): // the standard library
		if slices.Contains(pure, name) && slices.Contains(never, path) {
			return []string{fmt.Sprintf("%s imports %s, and depends on its input alone", name, path)}
		}
		return nil
	case !ours:
		to = path
	}
	for _, allowed := range may {
		if covers(allowed, to) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s imports %s", name, to)}
}

// ruleOf returns the line of mayImport for a package.
func ruleOf(name string) (may []string, ok bool) {
	for rule, may := range mayImport {
		if covers(rule, name) {
			return may, true
		}
	}
	return nil, false
}

// covers reports whether a name, or a name that ends in /..., means a package.
func covers(pattern, name string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return name == base || below && strings.HasPrefix(name, base+"/")
}

func TestImportBreaches(t *testing.T) {
	t.Parallel()
	// A list in which each rule has its package, so that only the breach is left.
	sound := func() []*listed {
		var all []*listed
		for rule := range mayImport {
			all = append(all, &listed{ImportPath: module + "/" + strings.TrimSuffix(rule, "/...")})
		}
		return all
	}
	assert.Empty(t, importBreaches(sound()))

	pkg := func(path string) *listed { return &listed{ImportPath: module + "/" + path} }
	foreign := &listed{ImportPath: "example.com/heavy/sub", Module: &struct{ Path string }{"example.com/heavy"}}
	for _, tc := range []struct {
		name   string
		change func(*listed)
		of     string
		want   string
	}{
		{"upwards", func(l *listed) { l.Imports = []string{module + "/scim"} }, "schema", "schema imports scim"},
		{"a driver the front", func(l *listed) { l.Imports = []string{module + "/provision"} }, "freshservice", "freshservice imports provision"},
		{"the front a driver", func(l *listed) { l.Imports = []string{module + "/freshservice"} }, "scim", "scim imports freshservice"},
		{"a simulator its driver", func(l *listed) { l.Imports = []string{module + "/freshservice"} }, "freshservice/freshservicetest",
			"freshservice/freshservicetest imports freshservice"},
		{"another module", func(l *listed) { l.Imports = []string{"example.com/heavy"} }, "gateway", "gateway imports example.com/heavy"},
		{"elimity's server", func(l *listed) { l.Imports = []string{"github.com/elimity-com/scim"} }, "scim", "scim imports github.com/elimity-com/scim"},
		{"testify", func(l *listed) { l.Imports = []string{testify + "/assert"} }, "gateway", "gateway imports " + testify + "/assert outside of its tests"},
		{"an example", func(l *listed) { l.Imports = []string{module + "/examples/server"} }, "gateway", "gateway imports examples/server, and nothing imports an example"},
		{"an example, by a test", func(l *listed) { l.XTestImports = []string{module + "/examples/server"} }, "gateway",
			"the tests of gateway import examples/server, and nothing imports an example"},
		{"an example something internal", func(l *listed) { l.Imports = []string{module + "/internal/httpx"} }, "examples", "examples imports internal/httpx"},
		{"the environment", func(l *listed) { l.Imports = []string{"os"} }, "mapping", "mapping imports os, and depends on its input alone"},
		{"linked from afar", func(l *listed) { l.Deps = []string{foreign.ImportPath} }, "connector",
			"connector links the module example.com/heavy, by way of example.com/heavy/sub"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			all := append(sound(), foreign)
			for _, l := range all {
				if name, _ := l.name(); name == tc.of {
					tc.change(l)
				}
			}
			assert.Equal(t, []string{tc.want}, importBreaches(all))
		})
	}
	t.Run("a package without a rule", func(t *testing.T) {
		t.Parallel()
		assert.Equal(t, []string{"somewhere has no line in mayImport"}, importBreaches(append(sound(), pkg("somewhere"))))
	})
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// test runs case files, and the tests that documents bring along.
func test(c *command, args []string) error {
	names, err := c.parse(args, 1, -1)
	if err != nil {
		return err
	}
	var files []caseFile
	for _, name := range names {
		more, err := c.cases(name)
		if err != nil {
			return err
		}
		files = append(files, more...)
	}
	cases, failed := 0, 0
	for _, f := range files {
		cases += len(f.results)
		line := c.paint(green, "ok") + " " + f.name
		if len(f.results) > 1 {
			line += fmt.Sprintf(" (%d cases)", len(f.results))
		}
		for _, r := range f.results {
			if r.Err == nil {
				continue
			}
			if failed++; strings.HasPrefix(line, c.paint(green, "ok")) {
				line = c.paint(red, "FAIL") + " " + f.name
			}
			if len(f.results) > 1 {
				line += "\n  " + r.Name
			}
			line += "\n    " + strings.ReplaceAll(r.Err.Error(), "\n", "\n    ")
		}
		fmt.Fprintln(c.out, line)
	}
	if failed > 0 {
		fmt.Fprintf(c.err, "%d of %d cases failed\n", failed, cases)
		return errWrong
	}
	if cases == 0 {
		return fmt.Errorf("no case is in %s", strings.Join(names, ", "))
	}
	return nil
}

// caseFile is a file with the outcome of its cases.
type caseFile struct {
	name    string
	results []mappingtest.Result
}

func caseOptions() *mappingtest.Options {
	return &mappingtest.Options{Schemas: bases(), Patch: patch, Compile: options()}
}

// patch carries out PATCH operations as the front does for clients of all kinds.
func patch(cur *schema.Record, operations []byte) (*schema.Record, error) {
	codec, err := scim.NewCodec(scim.ResourceType{Name: cur.Type().Name(), Endpoint: "/" + cur.Type().Name(), Type: cur.Type()}, scim.ProfileCompatible())
	if err != nil {
		return nil, err
	}
	body, err := schema.ParseJSON(slices.Concat([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`), operations, []byte("}")))
	if err != nil {
		return nil, err
	}
	ops, _, err := codec.Patch(cur.String("id"), body)
	if err != nil {
		return nil, err
	}
	return scim.ApplyPatch(cur, ops)
}

// cases runs a file, or all files of a directory and those below. Documents
// without tests are passed over there.
func (c *command) cases(name string) ([]caseFile, error) {
	info, err := os.Stat(name)
	if err != nil && name != "-" {
		return nil, err
	}
	if name == "-" || !info.IsDir() {
		f, err := c.caseFile(name)
		return []caseFile{f}, err
	}
	var out []caseFile
	err = filepath.WalkDir(name, func(file string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !slices.Contains([]string{".json", ".yaml", ".yml"}, filepath.Ext(file)) {
			return err
		}
		f, err := c.caseFile(file)
		if len(f.results) > 0 {
			out = append(out, f)
		}
		return err
	})
	return out, err
}

// caseFile runs a case, or the tests of a document.
func (c *command) caseFile(file string) (caseFile, error) {
	f := caseFile{name: file}
	data, err := c.read(file)
	if err != nil {
		return f, err
	}
	if v, err := schema.ParseJSON(data); err == nil && v.Kind() == schema.KindObject && v.Member("apiVersion").IsUnset() {
		f.results = []mappingtest.Result{mappingtest.Run(data, caseOptions())}
		return f, nil
	}
	doc, ds := mapping.Parse(file, data)
	if doc != nil && doc.Extends() != "" {
		var resolved []*mapping.Document
		if resolved, ds = mapping.Resolve([]*mapping.Document{doc}, shipped()); len(resolved) == 1 {
			doc = resolved[0]
		}
	}
	if err := ds.Err(); err != nil {
		f.results = []mappingtest.Result{{Name: file, Err: err}}
		return f, nil
	}
	f.results = mappingtest.RunDocument(doc, caseOptions())
	return f, nil
}

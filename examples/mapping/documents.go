package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/zendesk"
)

// shipped returns the default documents of the drivers.
func shipped() []*mapping.Document {
	var all []*mapping.Document
	for _, fsys := range []fs.FS{freshservice.Mappings, zendesk.Mappings} {
		docs, ds := mapping.ParseFS(fsys)
		if err := ds.Err(); err != nil {
			panic(err) // cannot be: the drivers' tests compile them
		}
		all = append(all, docs...)
	}
	return all
}

func shippedNames() []string {
	var names []string
	for _, d := range shipped() {
		names = append(names, d.Name())
	}
	return names
}

// bases are the schemas that documents can name without declaring them.
func bases() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.EnterpriseUserSchema(), scim.GroupSchema()}
}

// options are those of the host: the value maps that drivers bring.
func options() *mapping.Options {
	maps := map[string]*expr.ValueMap{}
	for name, m := range zendesk.ValueMaps(&connector.Description{}) {
		maps[name] = m
	}
	return &mapping.Options{ValueMaps: maps, AllowCreate: true}
}

// files are the documents that were named, each with the text of its problems.
type files struct {
	docs     []*mapping.Document
	problems mapping.Diagnostics
}

// load reads documents: files, directories of them, and shipped ones by name.
func (c *command) load(names []string) (*files, error) {
	f := &files{}
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err == nil && info.IsDir():
			docs, ds := mapping.ParseFS(os.DirFS(name))
			for i := range ds {
				ds[i].File = filepath.Join(name, ds[i].File)
			}
			if len(docs) == 0 && len(ds) == 0 {
				return nil, fmt.Errorf("no document (*.yaml, *.yml, *.json) is in %s", name)
			}
			f.docs, f.problems = append(f.docs, docs...), append(f.problems, ds...)
		case err == nil || name == "-":
			data, err := c.read(name)
			if err != nil {
				return nil, err
			}
			doc, ds := mapping.Parse(name, data)
			if doc != nil {
				f.docs = append(f.docs, doc)
			}
			f.problems = append(f.problems, ds...)
		default:
			i := slices.IndexFunc(shipped(), func(d *mapping.Document) bool { return d.Name() == name })
			if i < 0 {
				return nil, fmt.Errorf("%s is neither a file nor a shipped document; those are %s", name, strings.Join(shippedNames(), ", "))
			}
			f.docs = append(f.docs, shipped()[i])
		}
	}
	resolved, ds := mapping.Resolve(f.docs, shipped())
	f.docs, f.problems = resolved, append(f.problems, ds...)
	return f, nil
}

// one loads a single document and compiles it.
func (c *command) one(name string) (*mapping.Document, *mapping.Plan, error) {
	f, err := c.load([]string{name})
	if err != nil {
		return nil, nil, err
	}
	if len(f.problems) == 0 {
		for _, doc := range f.docs {
			if doc.IsSet() {
				return nil, nil, fmt.Errorf("%s is a set of routes: name one of the documents that it chooses among", doc.Name())
			}
			plan, ds := compile(doc)
			if len(ds) == 0 {
				return doc, plan, nil
			}
			f.problems = ds
		}
	}
	c.tell(f.problems)
	return nil, nil, errWrong
}

// compile checks a document against the schemas of SCIM and its own fields.
func compile(doc *mapping.Document) (*mapping.Plan, mapping.Diagnostics) {
	typ, err := doc.ResourceType(bases(), nil)
	if err != nil {
		return nil, diagnostics(err)
	}
	return mapping.Compile(doc, typ, nil, options())
}

func compileSet(doc *mapping.Document) mapping.Diagnostics {
	typ, err := doc.ResourceType(bases(), nil)
	if err != nil {
		return diagnostics(err)
	}
	_, ds := mapping.CompileRoutes(doc, typ)
	return ds
}

func diagnostics(err error) mapping.Diagnostics {
	if e, ok := err.(*mapping.DiagnosticsError); ok {
		return e.List
	}
	return mapping.Diagnostics{{Code: mapping.CodeSyntax, Msg: err.Error()}}
}

// tell prints problems as they are read best: place, words, and the line.
func (c *command) tell(ds mapping.Diagnostics) {
	for i := range ds {
		first, rest, _ := strings.Cut(strings.TrimRight(ds[i:i+1].String(), "\n"), "\n")
		fmt.Fprintln(c.err, c.paint(red, first))
		if rest != "" {
			fmt.Fprintln(c.err, rest)
		}
	}
}

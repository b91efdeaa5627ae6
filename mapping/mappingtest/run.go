package mappingtest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// Options are what cases are run with.
type Options struct {
	// Schemas are the SCIM schemas that documents can name.
	Schemas []schema.Schema
	// Patch carries out PATCH operations, the JSON of their list, on a resource
	// and returns the result; cur must not be changed. Without it cases of the
	// operation patch fail.
	Patch func(cur *schema.Record, operations []byte) (*schema.Record, error)
	// Compile are the options of the engine; nil: the defaults. Lookups may
	// always create.
	Compile *mapping.Options
}

// Result is the outcome of one case.
type Result struct {
	Name string
	// File is where the case stands, "" where that is not known.
	File string
	// Err says how the case failed; nil: it passed.
	Err error
}

// Run runs one case: an object of the vector format with its mapping.
func Run(data []byte, o *Options) Result {
	v, err := schema.ParseJSON(data)
	if err != nil {
		return Result{Err: fmt.Errorf("not a case: %w", err)}
	}
	r := Result{Name: text(v.Member("name"))}
	doc, ds := mapping.Parse("mapping", v.Member("mapping").AppendJSON(nil))
	if text(v.Member("op")) == "compile" {
		r.Err = runCompile(v, doc, ds, o)
		return r
	}
	if err := ds.Err(); err != nil {
		r.Err = err
		return r
	}
	r.Err = runCase(v, doc, o)
	return r
}

// RunFS runs every *.json file of a directory as a case, in the order of their
// names.
func RunFS(fsys fs.FS, o *Options) ([]Result, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var results []Result
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return results, err
		}
		r := Run(data, o)
		r.File = path.Base(name)
		results = append(results, r)
	}
	return results, nil
}

// RunDocument runs the tests that a document brings along.
func RunDocument(doc *mapping.Document, o *Options) []Result {
	var results []Result
	for _, t := range doc.Tests() {
		r := Result{Name: t.Name, File: doc.File()}
		v, err := schema.ParseJSON(t.JSON)
		if err != nil {
			r.Err = fmt.Errorf("not a case: %w", err)
		} else {
			r.Err = runCase(v, doc, o)
		}
		results = append(results, r)
	}
	return results
}

func compileOptions(o *Options) *mapping.Options {
	var c mapping.Options
	if o.Compile != nil {
		c = *o.Compile
	}
	c.AllowCreate = true
	return &c
}

func text(v schema.Value) string { s, _ := v.Str(); return s }

// runCompile compares problems as a set of code and place.
func runCompile(v schema.Value, doc *mapping.Document, ds mapping.Diagnostics, o *Options) error {
	if len(ds) == 0 {
		var typeErr *mapping.DiagnosticsError
		typ, err := doc.ResourceType(o.Schemas, nil)
		if errors.As(err, &typeErr) {
			ds = typeErr.List
		} else if err != nil {
			return err
		} else {
			_, ds = mapping.Compile(doc, typ, nil, compileOptions(o))
		}
	}
	var got, want []string
	for _, d := range ds {
		got = append(got, string(d.Code)+" at "+d.At)
	}
	for e := range v.Member("expect").Member("errors").Elements() {
		want = append(want, text(e.Member("code"))+" at "+text(e.Member("at")))
	}
	slices.Sort(got)
	slices.Sort(want)
	if got, want = slices.Compact(got), slices.Compact(want); !slices.Equal(got, want) {
		return fmt.Errorf("problems:\n  want %s\n  got  %s", strings.Join(want, "; "), strings.Join(got, "; "))
	}
	return nil
}

func runCase(v schema.Value, doc *mapping.Document, o *Options) error {
	typ, err := doc.ResourceType(o.Schemas, nil)
	if err != nil {
		return err
	}
	c := &run{options: o, doc: doc, in: v, expect: v.Member("expect"), resource: typ}
	if now := text(v.Member("now")); now != "" {
		if c.now, err = time.Parse(time.RFC3339, now); err != nil {
			return fmt.Errorf("now: %w", err)
		}
	}
	c.operation = text(v.Member("op"))
	if doc.IsSet() {
		if c.operation != "route" {
			return errors.New("a MappingSet has cases of the operation route only")
		}
		return c.route()
	}
	plan, ds := mapping.Compile(doc, typ, nil, compileOptions(o))
	if err := ds.Err(); err != nil {
		return err
	}
	c.plan = plan
	c.tables = newTables(v.Member("tables"), v.Member("nextId"))
	switch c.operation {
	case "create", "replace", "patch":
		return c.write()
	case "read":
		return c.read()
	case "roundtrip":
		return c.roundtrip()
	case "match":
		return c.match()
	case "filter":
		return c.filter()
	case "explain":
		return c.explain()
	default:
		return fmt.Errorf("unknown operation %q", c.operation)
	}
}

// run is a case under way.
type run struct {
	options   *Options
	doc       *mapping.Document
	plan      *mapping.Plan
	resource  *schema.Type
	in        schema.Value
	expect    schema.Value
	operation string
	now       time.Time
	tables    *tables
}

// compare is one thing to compare; it is not looked at where the case does not
// name it and it need not be empty.
type compare struct {
	name      string
	got       schema.Value
	unordered func(path string) bool
	// always says that what the case does not name has to be empty.
	always bool
}

func (c *run) compare(list ...compare) error {
	var errs []error
	for _, x := range list {
		want := c.expect.Member(x.name)
		if want.IsUnset() {
			if x.always && !x.got.Unassigned() {
				errs = append(errs, fmt.Errorf("%s: want none\n  got  %s", x.name, x.got.AppendJSON(nil)))
			}
			continue
		}
		if !equal(want, x.got, "", x.unordered) {
			errs = append(errs, fmt.Errorf("%s:\n  want %s\n  got  %s", x.name, want.AppendJSON(nil), x.got.AppendJSON(nil)))
		}
	}
	for name := range c.expect.Members() {
		if !slices.ContainsFunc(list, func(x compare) bool { return x.name == name }) {
			errs = append(errs, fmt.Errorf("an expectation of %s has no place in %s", name, c.operation))
		}
	}
	return errors.Join(errs...)
}

// resourceOf makes a record of the case's resource.
func (c *run) resourceOf(v schema.Value) *schema.Record { return resourceRecord(c.resource, v) }

func (c *run) route() error {
	routes, ds := mapping.CompileRoutes(c.doc, c.resource)
	if err := ds.Err(); err != nil {
		return err
	}
	name, err := routes.Use(&mapping.Input{Op: mapping.Create, Resource: c.resourceOf(c.in.Member("input").Member("scim")), Now: c.now})
	if err != nil {
		return err
	}
	return c.compare(compare{name: "use", got: schema.StringValue(name)})
}

// noSecret fails where something other than what is written shows a secret.
func (c *run) noSecret(rec *schema.Record, shown ...string) error {
	for _, secret := range c.plan.Secrets(nil, rec) {
		for _, s := range shown {
			if strings.Contains(s, secret) {
				return errors.New("a secret shows up where it must not")
			}
		}
	}
	return nil
}

package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// APIVersion is the version of the document format that this package reads.
const APIVersion = "mapping/v1"

// Document is a parsed mapping document (mapping/v1): a mapping, a set of routes
// among mappings, or an override of another mapping. It is immutable.
type Document struct {
	src         *source
	name        string
	description string
	set         bool
	extends     string

	resource    string
	schemas     []string
	extensions  []extension
	prefixes    map[string]string
	object      string
	id          string
	fields      []fieldDecl
	query       *Query // nil: not said
	emptyString *bool  // nil: not said

	scope   condition
	match   []matchDecl
	maps    []mapDecl
	lookups []lookupDecl
	rules   []*ruleDecl
	routes  []routeDecl
	tests   []Test
	hash    string
}

// extension adds attributes to a schema.
type extension struct {
	urn   string
	names []string
}

// condition is an expression with its place.
type condition struct {
	src  *source
	text string
	at   string
}

// fieldDecl is what a document says of a field: only what it names.
type fieldDecl struct {
	name string
	at   string
	typ  fieldType
	set  []func(*schema.Attribute)
}

type fieldType struct {
	kind schema.DataType
	list bool
	// object says that only objects fit; a field of a target has no declared
	// members.
	object bool
}

// mapDecl is a value map of a document.
type mapDecl struct {
	src  *source
	name string
	spec mapSpec
}

// lookupDecl is a lookup with the expressions of what it creates.
type lookupDecl struct {
	src    *source
	lookup Lookup
	create []createField
	at     string
}

// createField is a further field of a record that a lookup makes.
type createField struct {
	field string
	text  string
	at    string
}

// matchDecl is one attempt to find a record.
type matchDecl struct {
	src        *source
	precedence int64
	parts      []matchPart
	at         string
}

type matchPart struct {
	scim, expr, target string
	pipe               []string
	fold               bool
	at                 string
}

type routeDecl struct {
	when condition
	use  string
}

// Test is a case that a document brings along: an object of the vector format
// (mapping-design section 8) without its mapping.
type Test struct {
	Name string
	// JSON is the whole object.
	JSON []byte
}

// Name returns the document's name.
func (d *Document) Name() string { return d.name }

// Description returns what the document says of itself.
func (d *Document) Description() string { return d.description }

// File returns the name that was given to Parse.
func (d *Document) File() string { return d.src.file }

// Object returns the name of the target's object.
func (d *Document) Object() string { return d.object }

// ResourceName returns the name of the resource type ("User").
func (d *Document) ResourceName() string { return d.resource }

// Schemas returns the URNs of the resource type, the core schema first. The
// slice must not be changed.
func (d *Document) Schemas() []string { return d.schemas }

// FullPath returns a SCIM path of the document with its prefix, if it has one,
// written out as the URN.
func (d *Document) FullPath(scim string) string {
	prefix, rest, ok := strings.Cut(scim, ":")
	if urn := d.prefixes[prefix]; ok && urn != "" {
		return urn + ":" + rest
	}
	return scim
}

// IsSet reports whether the document is a MappingSet.
func (d *Document) IsSet() bool { return d.set }

// DeclaresFields reports whether the document says what fields its target has, so
// that it can be checked without one.
func (d *Document) DeclaresFields() bool { return len(d.fields) > 0 }

// Query returns what the document says of the target's queries, nil where it says
// nothing.
func (d *Document) Query() *Query {
	if d.query == nil {
		return nil
	}
	q := *d.query
	return &q
}

// Extends returns the name of the document that this one overrides, or "".
func (d *Document) Extends() string { return d.extends }

// Tests returns the cases of the document. The slice must not be changed.
func (d *Document) Tests() []Test { return d.tests }

// Hash returns a digest of the document's content: 64 hexadecimal digits, the
// same for equal content whether it was written as YAML or JSON, and in whatever
// order its members stand.
func (d *Document) Hash() string { return d.hash }

// Parse reads a document: YAML or JSON. Unknown and duplicate members, custom
// tags and members of a wrong kind are problems (E_SYNTAX); all are reported at
// once. The document is nil when there is one. Name is the file's name in
// messages.
func Parse(name string, data []byte) (*Document, Diagnostics) {
	src := &source{file: name, data: data}
	root, errs := parseTree(data)
	if len(errs) > 0 {
		var ds Diagnostics
		for _, e := range errs {
			d := Diagnostic{Code: CodeSyntax, File: name, Line: e.line, Column: e.column, Msg: e.msg}
			if e.line > 0 {
				d.Snippet = snippet(src.line(e.line), e.column)
			}
			ds = append(ds, d)
		}
		return nil, ds
	}
	src.root = root
	dec := &decoder{src: src}
	doc := dec.document(root)
	if len(dec.problems) > 0 {
		return nil, dec.problems
	}
	doc.hash = digest(root.sorted().AppendJSON(nil))
	return doc, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// ParseFS parses all *.yaml, *.yml and *.json files of a directory tree, in the
// order of their paths. It returns the documents that are right, and the
// problems of the others.
func ParseFS(fsys fs.FS) ([]*Document, Diagnostics) {
	var names []string
	var ds Diagnostics
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		ds = append(ds, Diagnostic{Code: CodeSyntax, Msg: "the directory cannot be read: " + err.Error()})
	}
	slices.Sort(names)
	var docs []*Document
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			ds = append(ds, Diagnostic{Code: CodeSyntax, File: name, Msg: "the file cannot be read: " + err.Error()})
			continue
		}
		doc, problems := Parse(name, data)
		ds = append(ds, problems...)
		if doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs, ds
}

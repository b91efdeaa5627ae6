package mapping

import (
	"errors"
	"io/fs"

	"github.com/usher-scim/usher/schema"
)

// Document is a parsed mapping document (mapping/v1), a set of routes, or an
// override of another document. It is immutable.
type Document struct{ name string }

// Name returns the document's name.
func (d *Document) Name() string { return d.name }

// Object returns the name of the target's object.
func (d *Document) Object() string { return "" }

// ResourceName returns the name of the resource type ("User").
func (d *Document) ResourceName() string { return "" }

// IsSet reports whether the document is a MappingSet.
func (d *Document) IsSet() bool { return false }

// Extends returns the name of the document that this one overrides, or "".
func (d *Document) Extends() string { return "" }

// Parse reads a document: YAML or JSON. Unknown and duplicate members, custom
// tags and members of a wrong kind are problems; all are reported at once. The
// document is nil when there is one. Name is the file's name in messages.
func Parse(name string, data []byte) (*Document, Diagnostics) { return nil, nil }

// ParseFS parses all *.yaml, *.yml and *.json files of a directory tree, in the
// order of their paths.
func ParseFS(fsys fs.FS) ([]*Document, Diagnostics) { return nil, nil }

// WithCustom returns the document with rules for the custom fields of the target
// (schema.Attribute.Custom) that no rule writes or reads.
func (d *Document) WithCustom(target *schema.Type) *Document { return d }

// ResourceType returns the type of the resources: the document's schemas, those
// it knows by URN from bases, others made of its extension attributes.
func (d *Document) ResourceType(bases []schema.Schema, target *schema.Type) (*schema.Type, error) {
	return nil, errors.New("mapping: not built yet")
}

// Routes choose among several documents for one resource type.
type Routes struct{}

// CompileRoutes compiles a MappingSet.
func CompileRoutes(doc *Document, resource *schema.Type) (*Routes, Diagnostics) { return nil, nil }

// Use returns the name of the document to use for a write: that of the first
// route whose condition holds. It returns false when none does.
func (r *Routes) Use(in *Input) (string, bool) { return "", false }

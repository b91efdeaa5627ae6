package provision

import (
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// document is a mapping document under the name that routes know it by: its own,
// or that of the default that it extends.
type document struct {
	*mapping.Document
	role string
}

// prepareDocuments carries out the overrides among documents: what another one
// extends is only a base then. It finds what is wrong with the rest before a
// target has described itself.
func prepareDocuments(docs []*mapping.Document, maps map[string]*expr.ValueMap) ([]document, error) {
	bases := make(map[string]string) // what a name extends
	for _, doc := range docs {
		if doc.Extends() != "" {
			bases[doc.Name()] = doc.Extends()
		}
	}
	var own, extended []*mapping.Document
	for _, doc := range docs {
		if doc.Extends() == "" && extendedBy(bases, doc.Name()) {
			extended = append(extended, doc)
		} else {
			own = append(own, doc)
		}
	}
	resolved, diags := mapping.Resolve(own, extended)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	out := make([]document, len(resolved))
	for i, doc := range resolved {
		out[i] = document{doc, doc.Name()}
		for range len(bases) { // a chain is no longer than that
			if base := bases[out[i].role]; base != "" && base != out[i].role {
				out[i].role = base
			}
		}
	}
	return out, checkDocuments(out, maps)
}

func extendedBy(bases map[string]string, name string) bool {
	for _, base := range bases {
		if base == name {
			return true
		}
	}
	return false
}

// checkDocuments compiles documents against the fields that they declare.
func checkDocuments(docs []document, maps map[string]*expr.ValueMap) error {
	schemas := baseSchemas()
	var all mapping.Diagnostics
	for _, doc := range docs {
		// What a document does not say of its target is known when that has described
		// itself.
		if doc.IsSet() || !doc.DeclaresFields() {
			continue
		}
		typ, err := doc.ResourceType(schemas, nil)
		if err != nil {
			return err
		}
		_, diags := mapping.Compile(doc.Document, typ, nil, &mapping.Options{ValueMaps: maps})
		all = append(all, diags...)
	}
	return all.Err()
}

// baseSchemas are the schemas that documents can name without declaring them.
func baseSchemas() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.GroupSchema(), scim.EnterpriseUserSchema()}
}

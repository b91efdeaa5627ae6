package zendesk

import (
	"embed"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping/expr"
)

// Mappings has the default mapping documents, one file each: SCIM users to Zendesk
// users ("zendesk-user"), SCIM groups to groups ("zendesk-group") and, where a
// connection has them as groups, to organizations ("zendesk-organization"), with
// the set that says which of the two a new group is for ("zendesk-groups"). Rules
// for the account's custom fields are not in them, they are made from what the
// account has. A document of one's own can extend one of these by its name, rule by
// rule.
//
//go:embed mapping/*.yaml
var Mappings embed.FS

// ValueMaps returns the value maps that the default mappings use beside the
// built-in ones, made of what the account was described to have: "zendesk.locale",
// between BCP 47 tags and the codes of the account's languages. They are for the
// options of a compilation.
func ValueMaps(d *connector.Description) map[string]*expr.ValueMap {
	var codes []string
	if o := d.Object(ObjectUser); o != nil {
		if a := o.Type.Lookup("locale"); a != nil {
			codes = a.Choices
		}
	}
	if len(codes) == 0 {
		codes = []string{"en-US"} // the account's list is not known: what most have
	}
	return map[string]*expr.ValueMap{"zendesk.locale": expr.NewLanguageMap(codes...)}
}

// ValueMaps is the function of that name, where a [connector.Target.Driver] can
// be asked for it.
func (d *driver) ValueMaps(desc *connector.Description) map[string]*expr.ValueMap {
	return ValueMaps(desc)
}

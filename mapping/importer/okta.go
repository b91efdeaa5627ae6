package importer

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// oktaAttribute is an attribute of an application's user profile, as far as it
// has to do with SCIM.
type oktaAttribute struct {
	Name              string
	Title             string `json:"title"`
	Type              string `json:"type"`
	ExternalName      string `json:"externalName"`
	ExternalNamespace string `json:"externalNamespace"`
	Required          bool   `json:"required"`
}

// Okta imports the attributes of an application's user profile: the JSON of Okta's
// schema API (an object with definitions, or with properties, or the properties
// themselves), or a table in CSV whose first line names the columns external name
// and, if there is one, external namespace and type. An attribute in the namespace
// of the core User schema, or in none, that is an attribute of SCIM is left to the
// base; others become a rule each. The field of an attribute custom_fields.x is of
// that name; that of any other is custom_fields.<external name>.
func Okta(data []byte, o *Options) (*Result, error) {
	list, err := oktaAttributes(data)
	if err != nil {
		return nil, err
	}
	w := newWork(o, nil)
	w.doc.comment = []string{"Imported from the attributes of an Okta application."}
	for i := range list {
		w.oktaRule(&list[i])
	}
	return w.result()
}

func oktaAttributes(data []byte) ([]oktaAttribute, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("importer: the input is larger than %d bytes", maxInput)
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	var list []oktaAttribute
	var err error
	if strings.HasPrefix(text, "{") {
		list, err = oktaJSON([]byte(text))
	} else {
		list, err = oktaTable(text)
	}
	if err == nil && len(list) == 0 {
		err = errors.New("importer: no attribute with an external name in it")
	}
	return list, err
}

func oktaJSON(data []byte) ([]oktaAttribute, error) {
	type properties struct {
		Properties map[string]oktaAttribute `json:"properties"`
		Required   []string                 `json:"required"`
	}
	var in struct {
		Definitions map[string]properties `json:"definitions"`
		properties
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("importer: not the JSON of a user profile: %w", err)
	}
	all := []properties{in.properties}
	for _, name := range slices.Sorted(maps.Keys(in.Definitions)) {
		all = append(all, in.Definitions[name])
	}
	if in.Definitions == nil && in.Properties == nil {
		// The properties themselves.
		if err := json.Unmarshal(data, &all[0].Properties); err != nil {
			return nil, errors.New("importer: not the JSON of a user profile: it has no properties")
		}
	}
	var list []oktaAttribute
	for _, p := range all {
		for _, name := range slices.Sorted(maps.Keys(p.Properties)) {
			a := p.Properties[name]
			a.Name = name
			a.Required = a.Required || slices.Contains(p.Required, name)
			if a.ExternalName == "" && a.Type == "" {
				continue
			}
			list = append(list, a)
		}
	}
	return list, nil
}

func oktaTable(text string) ([]oktaAttribute, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("importer: neither JSON nor a table: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("importer: the input is empty")
	}
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[strings.ToLower(strings.Join(strings.Fields(name), " "))] = i
	}
	if _, ok := column["external name"]; !ok {
		return nil, errors.New("importer: the first line of the table has no column external name")
	}
	var list []oktaAttribute
	for _, row := range rows[1:] {
		cell := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		if a := (oktaAttribute{
			Name: cell("variable name"), Title: cell("display name"), Type: cell("type"),
			ExternalName: cell("external name"), ExternalNamespace: cell("external namespace"),
		}); a.ExternalName != "" {
			list = append(list, a)
		}
	}
	return list, nil
}

// customFields is where applications have the fields that administrators added.
const customFields = "custom_fields."

func (w *work) oktaRule(a *oktaAttribute) {
	where, source := or(a.ExternalName, a.Name), a.ExternalNamespace
	if a.ExternalName == "" {
		w.note(where, source, Left, "", "it has no external name, so Okta does not send it")
		return
	}
	urn := or(a.ExternalNamespace, coreUser)
	core := strings.EqualFold(urn, coreUser)
	path := a.ExternalName
	if !core {
		path = urn + ":" + a.ExternalName
	}
	if base := w.baseRule(path); base != nil {
		w.note(where, source, Carried, base.Name, "")
		return
	}
	if !fits(urnForm, urn) {
		w.note(where, source, Left, "", "the external namespace is no URN")
		return
	}
	if !fits(attributeName, a.ExternalName) {
		w.note(where, source, Left, "", "the external name cannot be that of a SCIM attribute")
		return
	}
	field := a.ExternalName
	if !strings.HasPrefix(field, customFields) {
		if core {
			w.note(where, source, Left, "", "no rule of the base is for it: say which field it is to reach in a rule")
			return
		}
		field = customFields + field
	}
	if w.known[strings.ToLower(path)] != "" {
		field = w.known[strings.ToLower(path)]
	}
	r := rule{name: w.doc.freeName(field), scim: path, target: field, description: a.Title}
	if a.Required {
		r.required = true
	}
	w.doc.extend(urn, a.ExternalName)
	w.doc.rules = append(w.doc.rules, r)
	switch strings.ToLower(a.Type) {
	case "", "string", "text":
		w.note(where, source, Carried, r.name, "")
	default:
		w.note(where, source, Changed, r.name, "the field decides what type its value has, not Okta's "+a.Type)
	}
}

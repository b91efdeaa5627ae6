package zendesktest

import (
	"net/http"
	"slices"
	"strings"
)

// fieldsOf are the fields that a call is about, the name of their collection and
// that of one of them.
func (a *Account) fieldsOf(c *call) (fields []UserField, collection, one string) {
	if strings.HasPrefix(c.route.path, "organization_fields") {
		return a.organizationFields, "organization_fields", "organization_field"
	}
	return a.fields, "user_fields", "user_field"
}

func (a *Account) fieldDescriptor(c *call, f *UserField) map[string]any {
	fields, collection, _ := a.fieldsOf(c)
	at := slices.IndexFunc(fields, func(g UserField) bool { return g.Key == f.Key })
	v := map[string]any{
		"id": f.ID, "url": c.url(collection, f.ID), "key": f.Key, "type": f.Type, "title": f.Title, "raw_title": f.Title,
		"description": f.Description, "raw_description": f.Description, "position": at, "active": !f.Inactive,
		"system": f.System, "regexp_for_validation": nil,
		"created_at": stamp(f.CreatedAt), "updated_at": stamp(f.CreatedAt),
	}
	switch f.Type {
	case RegexpField:
		v["regexp_for_validation"] = f.Regexp
	case CheckboxField:
		v["tag"] = f.Tag
	case LookupField:
		v["relationship_target_type"] = f.Target
		v["relationship_filter"] = map[string]any{"all": []any{}, "any": []any{}}
	case DropdownField, MultiselectField:
		v["custom_field_options"] = f.optionViews(c, collection)
	}
	return v
}

func (f *UserField) optionViews(c *call, collection string) []map[string]any {
	out := []map[string]any{}
	for i, o := range f.Options {
		out = append(out, map[string]any{
			"id": o.ID, "name": o.Name, "raw_name": o.Name, "value": o.Value, "position": i,
			"url": c.url(collection, f.ID, "options", o.ID),
		})
	}
	return out
}

func (a *Account) listFields(c *call) answer {
	fields, collection, _ := a.fieldsOf(c)
	items := make([]*UserField, 0, len(fields))
	for i := range fields {
		items = append(items, &fields[i])
	}
	return page(a, c, list[*UserField]{
		key: collection, items: items,
		// In the order of the account's configuration.
		place: func(f *UserField) place { return place{id: int64(slices.Index(items, f) + 1)} },
		view:  func(f *UserField) map[string]any { return a.fieldDescriptor(c, f) },
	})
}

// showManyFields serves show_many by keys (§7).
func (a *Account) showManyFields(c *call) answer {
	keys, bad := c.values("keys")
	if bad != nil {
		return *bad
	}
	fields, collection, _ := a.fieldsOf(c)
	out := []map[string]any{}
	for i := range fields {
		if slices.Contains(keys, fields[i].Key) {
			out = append(out, a.fieldDescriptor(c, &fields[i]))
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{collection: out, "count": len(out), "next_page": nil, "previous_page": nil})
}

// namedField finds the field of a call by id or key.
func (a *Account) namedField(c *call) *UserField {
	fields, _, _ := a.fieldsOf(c)
	for i := range fields {
		if f := &fields[i]; f.Key == c.name || text(f.ID) == c.name {
			return f
		}
	}
	return nil
}

func (a *Account) showField(c *call) answer {
	f := a.namedField(c)
	if f == nil {
		return notFound()
	}
	_, _, one := a.fieldsOf(c)
	return wrapped(http.StatusOK, one, a.fieldDescriptor(c, f))
}

func (a *Account) listOptions(c *call) answer {
	f := a.namedField(c)
	if f == nil {
		return notFound()
	}
	items := f.optionViews(c, "user_fields")
	return page(a, c, list[map[string]any]{
		key: "custom_field_options", items: items,
		place: func(o map[string]any) place { return place{id: int64(o["position"].(int) + 1)} },
		view:  func(o map[string]any) map[string]any { return o },
	})
}

package main

import (
	"fmt"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// user reads a SCIM resource as the front would, repairs included.
func (c *command) user(plan *mapping.Plan, file string) (*schema.Record, error) {
	body, err := c.json(file)
	if err != nil {
		return nil, err
	}
	codec, err := scim.NewCodec(scim.ResourceType{Name: plan.Resource().Name(), Endpoint: "/" + plan.Resource().Name(), Type: plan.Resource()},
		scim.ProfileCompatible())
	if err != nil {
		return nil, err
	}
	rec, _, err := codec.Resource(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rec, nil
}

func (c *command) json(file string) (schema.Value, error) {
	data, err := c.read(file)
	if err != nil {
		return schema.Value{}, err
	}
	v, err := schema.ParseJSON(data)
	if err == nil && v.Kind() != schema.KindObject {
		err = fmt.Errorf("a JSON object is wanted")
	}
	if err != nil {
		return schema.Value{}, fmt.Errorf("%s: %w", file, err)
	}
	return v, nil
}

// record reads a record of the target: {"custom_fields": {"a": 1}} or
// {"custom_fields.a": 1}.
func (c *command) record(plan *mapping.Plan, file string) (*schema.Record, error) {
	v, err := c.json(file)
	if err != nil {
		return nil, err
	}
	rec := plan.Target().New()
	if name := fill(rec, "", v); name != "" {
		return nil, fmt.Errorf("%s: the target has no field %s", file, name)
	}
	return rec, nil
}

// fill puts the members of an object into a record, and returns the name of the
// first that it has no field for.
func fill(rec *schema.Record, prefix string, v schema.Value) string {
	for name, m := range v.Members() {
		name = prefix + name
		if rec.Set(name, m) {
			continue
		}
		if m.Kind() != schema.KindObject {
			return name
		}
		if missing := fill(rec, name+".", m); missing != "" {
			return missing
		}
	}
	return ""
}

// tables are the records of the objects that lookups refer to, by object.
type tables map[string][]*schema.Record

// tables reads {"department": [{"id": 1, "name": "Lab"}], …}.
func (c *command) tables(file string) (tables, error) {
	if file == "" {
		return nil, nil
	}
	v, err := c.json(file)
	if err != nil {
		return nil, err
	}
	out := make(tables)
	for object, list := range v.Members() {
		for row := range list.Elements() {
			fields := schema.Fields{}
			for name := range row.Members() {
				fields[name] = schema.Attribute{Type: schema.Any}
			}
			typ, err := schema.NewType(object, fields)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			rec := typ.New()
			fill(rec, "", row)
			out[object] = append(out[object], rec)
		}
	}
	return out, nil
}

// resolve answers what a plan needs from the tables.
func (t tables) resolve(needs []mapping.Need) *mapping.Resolved {
	var res mapping.Resolved
	for _, n := range needs {
		res.Add(n, n.Choose(t[n.Lookup.Object]))
	}
	return &res
}

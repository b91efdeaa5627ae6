package freshservicetest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// department is a stored department (§7.1); it is not changed.
type department struct {
	id, head, prime   int64
	name, description string
	domains           []string
	created, updated  time.Time
}

func (a *Account) departmentView(d *department) map[string]any {
	v := map[string]any{
		"id":            d.id,
		"name":          d.name,
		"description":   nil,
		"head_user_id":  nil,
		"prime_user_id": nil,
		"domains":       append([]string{}, d.domains...),
		"custom_fields": map[string]any{},
		"workspace_id":  1,
		"created_at":    a.stamp(d.created),
		"updated_at":    a.stamp(d.updated),
	}
	if d.description != "" {
		v["description"] = d.description
	}
	if d.head != 0 {
		v["head_user_id"] = d.head
	}
	if d.prime != 0 {
		v["prime_user_id"] = d.prime
	}
	return v
}

// createDepartment serves POST /departments (§7.1).
func (a *Account) createDepartment(c *call) answer {
	d := department{created: c.now}
	if bad, ok := a.assignDepartment(c, &d, true); !ok {
		return bad
	}
	d.id = a.take()
	a.departments.Put(d.id, &d, c.now)
	return c.created("departments", d.id, "department", a.departmentView(&d))
}

func (a *Account) viewDepartment(c *call) answer {
	d := a.departments.Records[c.id]
	if d == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "department", a.departmentView(d))
}

// updateDepartment serves PUT /departments/{id}; the name is marked mandatory
// there too (§7.1).
func (a *Account) updateDepartment(c *call) answer {
	cur := a.departments.Records[c.id]
	if cur == nil {
		return a.notFound()
	}
	d := *cur
	if bad, ok := a.assignDepartment(c, &d, !a.rules.DepartmentNameOptionalOnUpdate); !ok {
		return bad
	}
	a.departments.Put(d.id, &d, c.now)
	return wrapped(http.StatusOK, "department", a.departmentView(&d))
}

// assignDepartment checks the attributes of a request and sets them on d, which
// is the caller's copy.
func (a *Account) assignDepartment(c *call, d *department, named bool) (answer, bool) {
	in, bad, ok := c.object()
	if !ok {
		return bad, false
	}
	var errs []fieldError
	if _, sent := in["name"]; named && !sent {
		errs = append(errs, missing("name"))
	}
	for _, name := range sortedKeys(in) {
		if e := a.setDepartment(d, name, in[name]); e != nil {
			errs = append(errs, *e)
		}
	}
	if errs != nil {
		return a.invalid(errs...), false
	}
	d.updated = c.now
	if a.rules.DepartmentNamesRepeat {
		return answer{}, true
	}
	for _, id := range a.departments.IDs() {
		if id != d.id && strings.EqualFold(a.departments.Records[id].name, d.name) {
			return a.duplicate("name", 0), false
		}
	}
	return answer{}, true
}

func (a *Account) setDepartment(d *department, name string, in any) *fieldError {
	fail := func(e fieldError) *fieldError { return &e }
	switch name {
	case "name", "description":
		s, isText := in.(string)
		switch {
		case name == "name" && in == nil:
			return fail(missing(name))
		case !isText && in != nil:
			return fail(a.mismatch(name, "String"))
		case name == "name" && strings.TrimSpace(s) == "":
			return fail(invalidValue(name, messageEmpty))
		case name == "name" && a.tooLong(s):
			return fail(invalidValue(name, "It is too long"))
		case name == "name":
			d.name = s
		default:
			d.description = s
		}
	case "head_user_id", "prime_user_id":
		var id int64
		if in != nil {
			var bad *fieldError
			if id, bad = a.convertID(name, in); bad != nil {
				return bad
			}
			if a.users.Records[id] == nil && !a.rules.IgnoreUnknownReferences {
				return fail(invalidValue(name, "There is no user with this id"))
			}
		}
		if name == "head_user_id" {
			d.head = id
		} else {
			d.prime = id
		}
	case "domains":
		list, ok := in.([]any)
		if !ok {
			return fail(a.mismatch(name, "Array"))
		}
		d.domains = nil
		for _, item := range list {
			s, ok := item.(string)
			if !ok {
				return fail(a.mismatch(name, "String"))
			}
			d.domains = append(d.domains, s)
		}
	case "custom_fields": // departments of the simulator have none
		object, ok := in.(map[string]any)
		if !ok {
			return fail(a.mismatch(name, "Hash"))
		}
		for _, key := range sortedKeys(object) {
			return fail(unexpected(a.customName(key)))
		}
	case "id", "workspace_id", "created_at", "updated_at":
		return fail(a.readonly(name))
	default:
		return fail(unexpected(name))
	}
	return nil
}

// deleteDepartment serves DELETE /departments/{id}; its people stay, without it.
func (a *Account) deleteDepartment(c *call) answer {
	if a.departments.Records[c.id] == nil {
		return a.notFound()
	}
	a.departments.Put(c.id, nil, c.now)
	for _, id := range a.users.IDs() {
		u := a.users.Records[id]
		if !slices.Contains(u.ids("department_ids"), c.id) {
			continue
		}
		u = u.clone()
		left := slices.DeleteFunc(slices.Clone(u.ids("department_ids")), func(d int64) bool { return d == c.id })
		u.set("department_ids", left)
		a.putUser(u, c.now)
	}
	return noContent()
}

// listDepartments serves GET /departments: in the order of their ids, which is
// ours, or with a query the youngest first (§7.1).
func (a *Account) listDepartments(c *call) answer {
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	var hits []*department
	if p.query {
		var bad *fieldError
		hits, bad = searchNamed(a, c, a.departments,
			func(d *department) string { return d.name },
			func(d *department) time.Time { return d.created },
			func(d *department) int64 { return d.id })
		if bad != nil {
			return a.invalid(*bad)
		}
	} else {
		for _, id := range a.departments.IDs() {
			hits = append(hits, a.departments.Records[id])
		}
	}
	from, to, more := p.slice(len(hits))
	out := []map[string]any{}
	for _, d := range hits[from:to] {
		out = append(out, a.departmentView(d))
	}
	return a.link(c, wrapped(http.StatusOK, "departments", out), p, more)
}

// listDepartmentFields serves GET /department_fields: descriptors without a
// type (§7.1).
func (a *Account) listDepartmentFields(*call) answer {
	out := []map[string]any{}
	for _, f := range [][2]string{
		{"name", "Department Name"}, {"description", "Description"}, {"head_user_id", "Department Head"},
		{"prime_user_id", "Prime User"}, {"domains", "Domains"},
	} {
		out = append(out, map[string]any{
			"name": f[0], "label": f[1], "mandatory": f[0] == "name", "is_default_field": true,
			"created_at": a.stamp(time.Unix(0, 0)), "updated_at": a.stamp(time.Unix(0, 0)),
		})
	}
	return wrapped(http.StatusOK, "department_fields", out)
}

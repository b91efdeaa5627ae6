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
	custom            map[string]any // as they were sent
	created, updated  time.Time
}

func (a *Account) departmentView(d *department) map[string]any {
	return map[string]any{
		"id":            d.id,
		"name":          d.name,
		"description":   orNull(d.description),
		"head_user_id":  orNull(d.head),
		"prime_user_id": orNull(d.prime),
		"domains":       append([]string{}, d.domains...),
		"custom_fields": a.departmentCustom(d),
		"workspace_id":  globalWorkspace,
		"created_at":    a.stamp(d.created),
		"updated_at":    a.stamp(d.updated),
	}
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
	if d.id == 0 {
		errs = append(errs, a.missingDepartmentFields(d)...)
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

func (a *Account) setDepartment(d *department, name string, in any) (bad *fieldError) {
	fail := func(e fieldError) *fieldError { return &e }
	switch name {
	case "name":
		d.name, bad = a.convertName(name, in)
	case "description":
		d.description, bad = a.convertDescription(name, in)
	case "head_user_id":
		d.head, bad = a.convertReference(name, in, a.isUser)
	case "prime_user_id":
		d.prime, bad = a.convertReference(name, in, a.isUser)
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
	case "custom_fields":
		return a.setDepartmentCustom(d, in)
	case "id", "workspace_id", "created_at", "updated_at":
		return fail(a.readonly(name))
	default:
		return fail(unexpected(name))
	}
	return bad
}

// assignDomain gives a new user without departments the one that has the domain
// of the address, where the rules say so (§7.1).
func (a *Account) assignDomain(u *user, in map[string]any) {
	if _, sent := in["department_ids"]; sent || !a.rules.DomainsAssignUsers {
		return
	}
	_, domain, _ := strings.Cut(u.text("primary_email"), "@")
	for _, id := range a.departments.IDs() {
		if slices.ContainsFunc(a.departments.Records[id].domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
			u.set("department_ids", []int64{id})
			return
		}
	}
}

// isUser reports whether there is a requester or agent of that id.
func (a *Account) isUser(id int64) bool { return a.users.Records[id] != nil }

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
		u.set("department_ids", without(u.ids("department_ids"), c.id))
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

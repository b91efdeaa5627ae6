package zendesktest

import (
	"maps"
	"strconv"
)

// many is a kind of record that has calls for many of them (§4.5, §6.3).
type many struct {
	singular, plural string
	resource         string // as job types and messages name it
	byExternal       func(externalID string) int64
	insert           func(c *call, in map[string]any) (int64, *answer)
	change           func(c *call, id int64, in map[string]any) (int64, *answer)
	remove           func(c *call, id int64) (int64, *answer)
}

// forMany is the handler of a call for many of a kind.
func forMany(do func(*call, many) answer, kind func() many) func(*call) answer {
	return func(c *call) answer { return do(c, kind()) }
}

// createMany queues the creation of the records in the body.
func (a *Account) createMany(c *call, m many) answer {
	list, bad := c.objects(m.plural, "created")
	if bad != nil {
		return *bad
	}
	j := &job{kind: "Bulk Create " + m.resource, resource: m.resource, verb: creating, bare: true}
	for _, in := range list {
		j.items = append(j.items, item{do: func(c *call) (int64, *answer) { return m.insert(c, in) }})
	}
	return a.queue(c, j)
}

// updateMany queues one change for the records that the query names, or a change
// for each of the records in the body.
func (a *Account) updateMany(c *call, m many) answer {
	j := &job{kind: "Bulk Update " + m.resource, resource: m.resource, verb: updating}
	if c.query.Has("ids") || c.query.Has("external_ids") {
		in, bad, ok := c.object(m.singular)
		if !ok {
			return bad
		}
		targets, refusal := c.targets()
		if refusal != nil {
			return *refusal
		}
		for _, t := range targets {
			j.items = append(j.items, t.item(m, func(c *call, id int64) (int64, *answer) { return m.change(c, id, in) }))
		}
		return a.queue(c, j)
	}
	list, bad := c.objects(m.plural, "updated")
	if bad != nil {
		return *bad
	}
	for _, in := range list {
		t := target{}
		in = maps.Clone(in)
		if _, byID := in["id"]; byID {
			t.id, _ = integer(in["id"])
			delete(in, "id")
		} else {
			t.external, _ = in["external_id"].(string)
		}
		j.items = append(j.items, t.item(m, func(c *call, id int64) (int64, *answer) { return m.change(c, id, in) }))
	}
	return a.queue(c, j)
}

// destroyMany queues the deletion of the records that the query names.
func (a *Account) destroyMany(c *call, m many) answer {
	targets, bad := c.targets()
	if bad != nil {
		return *bad
	}
	j := &job{kind: "Bulk Delete " + m.resource, resource: m.resource, verb: deleting}
	for _, t := range targets {
		j.items = append(j.items, t.item(m, m.remove))
	}
	return a.queue(c, j)
}

// target is a record that a call for many names by one of the two.
type target struct {
	id       int64
	external string
}

// item is the item of a job for the record that a target names when its turn
// comes.
func (t target) item(m many, do func(c *call, id int64) (int64, *answer)) item {
	return item{id: t.id, do: func(c *call) (int64, *answer) {
		id := t.id
		if t.external != "" {
			id = m.byExternal(t.external)
		}
		return do(c, id)
	}}
}

// targets reads ids or external_ids, of 100 at most. They exclude each other.
func (c *call) targets() ([]target, *answer) {
	if c.query.Has("ids") == c.query.Has("external_ids") {
		ans := invalidParameter("ids", "must be given, or external_ids, and not both")
		return nil, &ans
	}
	var out []target
	if c.query.Has("external_ids") {
		externals, bad := c.values("external_ids")
		for _, s := range externals {
			out = append(out, target{external: s})
		}
		return out, bad
	}
	ids, bad := c.idValues()
	for _, id := range ids {
		out = append(out, target{id: id})
	}
	return out, bad
}

// idValues reads ids, of 100 at most. What is no id becomes 0, which nothing has.
func (c *call) idValues() ([]int64, *answer) {
	values, bad := c.values("ids")
	out := make([]int64, 0, len(values))
	for _, s := range values {
		id, _ := strconv.ParseInt(s, 10, 64)
		out = append(out, id)
	}
	return out, bad
}

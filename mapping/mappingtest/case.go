package mappingtest

import (
	"errors"
	"fmt"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// resolve answers needs from the tables.
func (c *run) resolve(res *mapping.Resolved, needs []mapping.Need) {
	for _, n := range needs {
		res.Add(n, n.Choose(c.tables.records(n.Lookup.Object)))
	}
}

// set reports whether order counts in a list of the target.
func (c *run) set(at string) bool {
	a := c.plan.Target().Lookup(at)
	return a != nil && a.Unordered
}

// input prepares a write.
func (c *run) input() (*mapping.Input, *native, error) {
	in := &mapping.Input{Op: mapping.Create, Now: c.now}
	stored := c.in.Member("existing")
	n := nativeRecord(c.plan.Target(), stored)
	if !stored.IsUnset() {
		in.Stored = n.rec
		in.Op = mapping.Replace
	}
	if c.operation != "patch" {
		in.Resource = c.resourceOf(c.in.Member("input").Member("scim"))
		return in, n, nil
	}
	in.Op = mapping.Patch
	if in.Stored == nil {
		in.Stored = n.rec
	}
	in.Current = c.readRecord(in.Stored)
	if c.options.Patch == nil {
		return nil, nil, errors.New("a patch needs Options.Patch")
	}
	rec, err := c.options.Patch(in.Current, c.in.Member("input").Member("patch").AppendJSON(nil))
	if err != nil {
		return nil, nil, fmt.Errorf("the patch cannot be applied: %w", err)
	}
	in.Resource = rec
	return in, n, nil
}

func (c *run) readRecord(rec *schema.Record) *schema.Record {
	var res mapping.Resolved
	c.resolve(&res, c.plan.ReadNeeds(nil, rec))
	out := c.plan.Resource().New()
	c.plan.ToSCIM(out, rec, &res)
	return out
}

// written is what a write came to.
type written struct {
	out     mapping.Result
	err     error
	created []schema.Value
}

// toTarget carries a write out, with the creations it asks for.
func (c *run) toTarget(in *mapping.Input) (*written, error) {
	w := &written{}
	var res mapping.Resolved
	c.resolve(&res, c.plan.Needs(nil, in))
	for range 10 {
		w.err = c.plan.ToTarget(&w.out, in, &res)
		if w.err != nil || len(w.out.Creates) == 0 {
			return w, nil
		}
		for _, made := range w.out.Creates {
			var set []schema.Member
			for _, f := range made.Fields {
				set = append(set, schema.Member{Name: f.Field, Value: f.Value})
			}
			w.created = append(w.created, schema.MembersValue(
				schema.Member{Name: "object", Value: schema.StringValue(made.Lookup.Object)},
				schema.Member{Name: "set", Value: schema.MembersValue(set...)}))
			id := schema.IntegerValue(c.tables.next)
			c.tables.next++
			res.Add(mapping.Need{Lookup: made.Lookup, Value: made.Key}, mapping.Resolution{State: mapping.Found, Native: id, Return: made.Key})
		}
	}
	return nil, errors.New("the engine asks for creations without end")
}

func (c *run) write() error {
	in, n, err := c.input()
	if err != nil {
		return err
	}
	if c.operation == "create" {
		in.Op, in.Stored = mapping.Create, nil
	}
	if !c.plan.InScope(in) {
		return c.compare(compare{name: "outOfScope", got: schema.BooleanValue(true), always: true})
	}
	w, err := c.toTarget(in)
	if err != nil {
		return err
	}
	shown := ""
	if w.err != nil {
		shown = w.err.Error()
	}
	if err := c.noSecret(in.Resource, shown); err != nil {
		return err
	}
	list := []compare{{name: "errors", got: errorsJSON(w.err), always: true}, {name: "outOfScope"}}
	if w.err == nil {
		diff, body := c.difference(&w.out)
		list = append(list,
			compare{name: "native", got: n.json(w.out.Record, w.out.Edits), unordered: c.set},
			compare{name: "created", got: schema.ListValue(w.created...), always: true},
			compare{name: "deferred", got: deferredJSON(w.out.Deferred), always: true},
			compare{name: "warnings", got: warningsJSON(w.out.Warnings), always: true})
		if in.Op != mapping.Create {
			list = append(list, compare{name: "diff", got: diff, unordered: c.setInDiff}, compare{name: "body", got: body, unordered: c.set})
		}
	} else {
		for _, name := range []string{"native", "diff", "body", "created", "deferred", "warnings"} {
			if !c.expect.Member(name).IsUnset() {
				list = append(list, compare{name: name})
			}
		}
	}
	// The text of a reason is not compared.
	c.expect = withoutReasons(c.expect)
	return c.compare(list...)
}

// setInDiff is set for the places of a diff.
func (c *run) setInDiff(at string) bool {
	const below = "set."
	return len(at) > len(below) && at[:len(below)] == below && c.set(at[len(below):])
}

// difference returns the edits as diff and as the body that is sent.
func (c *run) difference(out *mapping.Result) (diff, body schema.Value) {
	var set, sent []schema.Member
	clear := []schema.Value{}
	for _, e := range out.Edits {
		name := c.plan.Target().Attribute(e.Slot).Name
		sent = append(sent, schema.Member{Name: name, Value: e.Value})
		if e.Op == schema.Clear {
			clear = append(clear, schema.StringValue(name))
		} else {
			set = append(set, schema.Member{Name: name, Value: e.Value})
		}
	}
	diff = schema.MembersValue(
		schema.Member{Name: "set", Value: schema.MembersValue(set...)},
		schema.Member{Name: "clear", Value: schema.ListValue(clear...)})
	return diff, nest(sent)
}

func errorsJSON(err error) schema.Value {
	var es *mapping.Errors
	if !errors.As(err, &es) {
		return schema.Value{}
	}
	var list []schema.Value
	for _, e := range es.All {
		list = append(list, schema.MembersValue(
			schema.Member{Name: "status", Value: schema.IntegerValue(int64(e.Status))},
			schema.Member{Name: "scimType", Value: schema.StringValue(e.SCIMType)},
			schema.Member{Name: "rule", Value: schema.StringValue(e.Rule)},
			schema.Member{Name: "path", Value: schema.StringValue(e.Path)},
			schema.Member{Name: "target", Value: schema.StringValue(e.Target)},
			schema.Member{Name: "code", Value: schema.StringValue(string(e.Code))}))
	}
	return schema.ListValue(list...)
}

func withoutReasons(expect schema.Value) schema.Value {
	var out []schema.Member
	for name, v := range expect.Members() {
		if name == "errors" {
			var list []schema.Value
			for e := range v.Elements() {
				var ms []schema.Member
				for n, w := range e.Members() {
					if n != "reason" {
						ms = append(ms, schema.Member{Name: n, Value: w})
					}
				}
				list = append(list, schema.MembersValue(ms...))
			}
			v = schema.ListValue(list...)
		}
		out = append(out, schema.Member{Name: name, Value: v})
	}
	return schema.MembersValue(out...)
}

func deferredJSON(ds []mapping.Deferred) schema.Value {
	var list []schema.Value
	for _, d := range ds {
		list = append(list, schema.MembersValue(
			schema.Member{Name: "lookup", Value: schema.StringValue(d.Lookup)},
			schema.Member{Name: "key", Value: d.Key},
			schema.Member{Name: "target", Value: schema.StringValue(d.Target)}))
	}
	return schema.ListValue(list...)
}

func warningsJSON(ws []mapping.Warning) schema.Value {
	var list []schema.Value
	for _, w := range ws {
		list = append(list, schema.MembersValue(
			schema.Member{Name: "code", Value: schema.StringValue(string(w.Code))},
			schema.Member{Name: "rule", Value: schema.StringValue(w.Rule)},
			schema.Member{Name: "target", Value: schema.StringValue(w.Target)}))
	}
	return schema.ListValue(list...)
}

func anywhere(string) bool { return true }

func (c *run) read() error {
	n := nativeRecord(c.plan.Target(), c.in.Member("existing"))
	return c.compare(compare{name: "scim", got: resourceJSON(c.readRecord(n.rec)), unordered: anywhere})
}

// roundtrip writes a resource, reads it back and writes that again.
func (c *run) roundtrip() error {
	in := &mapping.Input{Op: mapping.Create, Resource: c.resourceOf(c.in.Member("input").Member("scim")), Now: c.now}
	w, err := c.toTarget(in)
	if err == nil {
		err = w.err
	}
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	n := &native{}
	created := n.json(w.out.Record, nil)
	stored := w.out.Record.Clone()
	stored.Set(c.doc.IDField(), c.in.Member("id"))
	read := c.readRecord(stored)
	again, err := c.toTarget(&mapping.Input{Op: mapping.Replace, Resource: read, Stored: stored, Now: c.now})
	if err == nil {
		err = again.err
	}
	if err != nil {
		return fmt.Errorf("replace: %w", err)
	}
	diff, _ := c.difference(&again.out)
	return c.compare(compare{name: "native", got: created, unordered: c.set},
		compare{name: "scim", got: resourceJSON(read), unordered: anywhere},
		compare{name: "diff", got: diff, unordered: c.setInDiff})
}

// match looks for a record as a host does.
func (c *run) match() error {
	queries, err := c.plan.Matches(c.resourceOf(c.in.Member("input").Member("scim")))
	if err != nil {
		return err
	}
	var records []*schema.Record
	for e := range c.in.Member("records").Elements() {
		records = append(records, nativeRecord(c.plan.Target(), e).rec)
	}
	var asked []schema.Value
	matched, code := schema.Null(), schema.Value{}
	for i := range queries {
		q := &queries[i]
		asked = append(asked, c.queryJSON(q))
		var hits []*schema.Record
		for _, rec := range records {
			if q.Accept(rec) {
				hits = append(hits, rec)
			}
		}
		if len(hits) == 1 {
			matched = hits[0].Get(c.doc.IDField())
		}
		if len(hits) > 1 {
			code = schema.StringValue(string(mapping.AmbiguousMatch(q).All[0].Code))
		}
		if len(hits) > 0 {
			break
		}
	}
	if !code.IsUnset() {
		matched = schema.Value{}
	}
	return c.compare(compare{name: "queries", got: schema.ListValue(asked...)}, compare{name: "matched", got: matched},
		compare{name: "error", got: code, always: true})
}

func (c *run) queryJSON(q *mapping.MatchQuery) schema.Value {
	var list []schema.Value
	for _, f := range q.Fields {
		list = append(list, schema.MembersValue(
			schema.Member{Name: "field", Value: schema.StringValue(f.Field)},
			schema.Member{Name: "value", Value: f.Value}))
	}
	if len(list) == 1 {
		return list[0]
	}
	return schema.ListValue(list...)
}

func (c *run) filter() error {
	f, err := schema.ParseFilter(text(c.in.Member("input").Member("filter")))
	if err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	d := c.plan.Filter(f)
	pushed, rest := schema.Null(), schema.Null()
	if d.None {
		pushed = schema.MembersValue(schema.Member{Name: "none", Value: schema.BooleanValue(true)})
	} else if d.Query != nil {
		pushed = c.filterJSON(d.Query)
	}
	if d.Residual != nil {
		rest = schema.StringValue(d.Residual.String())
	}
	return c.compare(compare{name: "pushdown", got: pushed}, compare{name: "residual", got: rest})
}

func (c *run) filterJSON(f schema.Filter) schema.Value {
	list := func(name string, fs []schema.Filter) schema.Value {
		var vs []schema.Value
		for _, g := range fs {
			vs = append(vs, c.filterJSON(g))
		}
		return schema.MembersValue(schema.Member{Name: name, Value: schema.ListValue(vs...)})
	}
	switch f := f.(type) {
	case schema.And:
		return list("and", f)
	case schema.Or:
		return list("or", f)
	case *schema.Compare:
		ms := []schema.Member{{Name: "field", Value: schema.StringValue(c.plan.FilterName(f.Path))},
			{Name: "op", Value: schema.StringValue(f.Op.String())}}
		if f.Op != schema.Pr {
			ms = append(ms, schema.Member{Name: "value", Value: f.Value})
		}
		return schema.MembersValue(ms...)
	default:
		return schema.StringValue(f.String())
	}
}

func (c *run) explain() error {
	in, _, err := c.input()
	if err != nil {
		return err
	}
	var res mapping.Resolved
	c.resolve(&res, c.plan.Needs(nil, in))
	var list []schema.Value
	for _, t := range c.plan.Explain(in, &res).Rules {
		ms := []schema.Member{{Name: "rule", Value: schema.StringValue(t.Rule)}, {Name: "target", Value: schema.StringValue(t.Target)}}
		if !t.Source.IsUnset() {
			ms = append(ms, schema.Member{Name: "source", Value: t.Source})
		}
		ms = append(ms, schema.Member{Name: "action", Value: schema.StringValue(string(t.Action))}, schema.Member{Name: "why", Value: schema.StringValue(t.Why)})
		if !t.Value.IsUnset() {
			ms = append(ms, schema.Member{Name: "value", Value: t.Value})
		}
		list = append(list, schema.MembersValue(ms...))
	}
	trace := schema.ListValue(list...)
	if err := c.noSecret(in.Resource, string(trace.AppendJSON(nil))); err != nil {
		return err
	}
	return c.compare(compare{name: "trace", got: trace})
}

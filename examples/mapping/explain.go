package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// explain shows what each rule does with a user.
func explain(c *command, args []string) error {
	recordFile := c.flags.String("record", "", "the stored record, for an update: a JSON `FILE`")
	tablesFile := c.flags.String("tables", "", "the records that references point to, by object: a JSON `FILE`")
	asJSON := c.flags.Bool("json", false, "print JSON")
	names, err := c.parse(args, 2, 2)
	if err != nil {
		return err
	}
	_, plan, err := c.one(names[0])
	if err != nil {
		return err
	}
	in, res, err := c.input(plan, names[1], *recordFile, *tablesFile)
	if err != nil {
		return err
	}
	trace := plan.Explain(in, res)
	scope := plan.InScope(in)
	if *asJSON {
		err = c.traceJSON(trace, scope)
	} else {
		err = c.traceText(trace, scope)
	}
	if err != nil {
		return err
	}
	for _, r := range trace.Rules {
		if r.Action == mapping.ActionError {
			// In the words that a client would get.
			var out mapping.Result
			fmt.Fprintln(c.err, c.paint(red, fmt.Sprint(plan.ToTarget(&out, in, res))))
			return errWrong
		}
	}
	return nil
}

// input prepares a create or, with a record, an update.
func (c *command) input(plan *mapping.Plan, userFile, recordFile, tablesFile string) (*mapping.Input, *mapping.Resolved, error) {
	in := &mapping.Input{Op: mapping.Create}
	var err error
	if in.Resource, err = c.user(plan, userFile); err != nil {
		return nil, nil, err
	}
	if recordFile != "" {
		in.Op = mapping.Replace
		if in.Stored, err = c.record(plan, recordFile); err != nil {
			return nil, nil, err
		}
	}
	t, err := c.tables(tablesFile)
	if err != nil {
		return nil, nil, err
	}
	return in, t.resolve(plan.Needs(nil, in)), nil
}

// shown writes a value; nothing for none.
func shown(v schema.Value) string {
	if v.IsUnset() {
		return ""
	}
	return string(v.AppendJSON(nil))
}

func (c *command) traceText(t *mapping.Trace, scope bool) error {
	if !scope {
		fmt.Fprintln(c.out, c.paint(red, "out of scope: nothing would be written"))
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	for _, r := range t.Rules {
		rule := r.Rule
		if rule == r.Target {
			rule = ""
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join([]string{string(r.Action), r.Target, shown(r.Value), why(&r), rule}, "\t"), "\t"))
		for _, s := range r.Steps {
			fmt.Fprintf(w, "\t\t  %s\t%s → %s\n", s.Step, shown(s.In), or(shown(s.Out), "nothing"))
		}
	}
	return w.Flush()
}

// why says where a value comes from, or why there is none.
func why(r *mapping.RuleTrace) string {
	if source := shown(r.Source); source != "" && (source != shown(r.Value) || r.Action == mapping.ActionError) {
		return r.Why + " " + source
	}
	return r.Why
}

func (c *command) traceJSON(t *mapping.Trace, scope bool) error {
	type step struct {
		Fn  string          `json:"fn"`
		In  json.RawMessage `json:"in,omitempty"`
		Out json.RawMessage `json:"out,omitempty"`
	}
	type rule struct {
		Rule   string          `json:"rule"`
		Target string          `json:"target"`
		Source json.RawMessage `json:"source,omitempty"`
		Steps  []step          `json:"steps,omitempty"`
		Value  json.RawMessage `json:"value,omitempty"`
		Action mapping.Action  `json:"action"`
		Why    string          `json:"why"`
	}
	raw := func(v schema.Value) json.RawMessage {
		if v.IsUnset() {
			return nil
		}
		return v.AppendJSON(nil)
	}
	out := struct {
		InScope bool   `json:"inScope"`
		Trace   []rule `json:"trace"`
	}{InScope: scope}
	for _, r := range t.Rules {
		e := rule{Rule: r.Rule, Target: r.Target, Source: raw(r.Source), Value: raw(r.Value), Action: r.Action, Why: r.Why}
		for _, s := range r.Steps {
			e.Steps = append(e.Steps, step{s.Step, raw(s.In), raw(s.Out)})
		}
		out.Trace = append(out.Trace, e)
	}
	return c.encode(out)
}

func (c *command) encode(v any) error {
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// diff shows what an update would change in a record.
func diff(c *command, args []string) error {
	tablesFile := c.flags.String("tables", "", "the records that references point to, by object: a JSON `FILE`")
	asJSON := c.flags.Bool("json", false, "print JSON")
	names, err := c.parse(args, 3, 3)
	if err != nil {
		return err
	}
	_, plan, err := c.one(names[0])
	if err != nil {
		return err
	}
	in, res, err := c.input(plan, names[1], names[2], *tablesFile)
	if err != nil {
		return err
	}
	var out mapping.Result
	if !plan.InScope(in) {
		out.Edits = nil
	} else if err := plan.ToTarget(&out, in, res); err != nil {
		var es *mapping.Errors
		if errors.As(err, &es) {
			fmt.Fprintln(c.err, c.paint(red, es.Error()))
			return errWrong
		}
		return err
	}
	if *asJSON {
		return c.editsJSON(plan, &out)
	}
	for i, e := range out.Edits {
		field := plan.Target().Attribute(e.Slot).Name
		fmt.Fprintf(c.out, "%s %s\n", field, c.paint(faint, "(rule "+out.Fired[i]+")"))
		if old := in.Stored.At(e.Slot); !old.Unassigned() {
			fmt.Fprintln(c.out, c.paint(red, "  - "+shown(old)))
		}
		if e.Op != schema.Clear {
			fmt.Fprintln(c.out, c.paint(green, "  + "+shown(e.Value)))
		}
	}
	for _, d := range out.Deferred {
		fmt.Fprintf(c.out, "%s: waits for %s %s\n", d.Target, d.Object, shown(d.Key))
	}
	for _, m := range out.Creates {
		fmt.Fprintf(c.out, "%s %s would be made\n", m.Lookup.Object, shown(m.Key))
	}
	for _, w := range out.Warnings {
		fmt.Fprintf(c.out, "%s: %s\n", w.Target, w.Code)
	}
	if len(out.Edits)+len(out.Deferred)+len(out.Creates) == 0 {
		fmt.Fprintln(c.out, "nothing would change")
	}
	return nil
}

func (c *command) editsJSON(plan *mapping.Plan, out *mapping.Result) error {
	set := map[string]json.RawMessage{}
	clear := []string{}
	for _, e := range out.Edits {
		name := plan.Target().Attribute(e.Slot).Name
		if e.Op == schema.Clear {
			clear = append(clear, name)
		} else {
			set[name] = e.Value.AppendJSON(nil)
		}
	}
	return c.encode(map[string]any{"set": set, "clear": clear})
}

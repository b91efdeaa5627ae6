package mapping_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// L10: an error means that nothing is written and no record is made to refer to
// (law checks that); the same input gives the same errors, in the order of the
// rules; and a further rule hides none.
func TestLaws_Errors(t *testing.T) {
	t.Parallel()
	failing := []string{
		"{scim: timezone, target: %s, required: true}",
		"{scim: title, target: %s, validate: [{pattern: '[0-9]'}]}",
		"{scim: userName, target: %s, pipe: ['map(\"iso\")']}",
		"{scim: displayName, target: %s, pick: error, pipe: ['dateFormat(\"yyyy\", \"yyyy\")']}",
		"{expr: 'toString(toInt(nickName))', target: %s}",
		"{scim: 'emails.value', target: %s, pick: error, direction: toTarget}",
		"{scim: locale, target: %s, pipe: ['lookup(\"must\")']}",
		"{scim: userType, target: %s, pipe: ['lookup(\"make\")']}",
	}
	total := 0
	seeds(t, 150, func(t *testing.T, seed uint64) {
		g := newLawful(seed)
		doc := g.document()
		doc.more = strings.TrimSuffix(doc.more, "}\n") + ", must: {object: o, keys: [name], value: id}, make: {object: o, keys: [name], value: id, onMissing: create}}\n"
		extra := func(d *lawDoc) string {
			name := fmt.Sprintf("e%d", len(d.fields))
			d.fields = append(d.fields, name+": {type: any}")
			return fmt.Sprintf(g.pick(failing...), name)
		}
		for range 1 + g.IntN(4) {
			r := extra(doc)
			i := g.IntN(len(doc.rules) + 1)
			if doc.grouped {
				i = len(doc.rules)
			}
			doc.rules = slices.Insert(slices.Clone(doc.rules), i, r)
		}
		more := *doc
		more.rules = append(slices.Clone(doc.rules), extra(&more))
		plan, wider := compile(t, doc.String()), compile(t, more.String())
		s, n := g.resource(t, plan), g.record(plan)
		for _, in := range []*mapping.Input{{Resource: s}, {Op: mapping.Replace, Resource: s, Stored: n}, {Op: mapping.Patch, Resource: s, Current: read(plan, n), Stored: n}} {
			_, err := law(t, plan, in)
			_, again := law(t, plan, in)
			require.Equal(t, errorLines(err), errorLines(again))
			var out mapping.Result
			var res mapping.Resolved
			answer(&res, plan.Needs(nil, in))
			_ = plan.ToTarget(&out, &mapping.Input{Resource: s}, &res)
			require.Equal(t, errorLines(err), errorLines(plan.ToTarget(&out, in, &res)), "with a result that was used before")

			last := -1
			rules := ruleNames(plan, in)
			for _, e := range all(err) {
				at := slices.Index(rules, e.Rule)
				require.Greater(t, at, last, "errors come in the order of the rules, one for each: %v", err)
				last = at
				total++
			}

			other := &mapping.Input{Op: in.Op, Resource: resource(t, wider, resourceJSON(in.Resource))}
			if in.Stored != nil {
				other.Stored = native(t, wider, show(in.Stored))
			}
			if in.Current != nil {
				other.Current = resource(t, wider, resourceJSON(in.Current))
			}
			_, errWider := law(t, wider, other)
			require.Subset(t, errorLines(errWider), errorLines(err), "%s", &more)
		}
	})
	assert.Greater(t, total, 300)
}

func all(err error) []mapping.Error {
	var es *mapping.Errors
	if errors.As(err, &es) {
		return es.All
	}
	return nil
}

func ruleNames(plan *mapping.Plan, in *mapping.Input) (names []string) {
	for _, r := range plan.Explain(in, nil).Rules {
		names = append(names, r.Rule)
	}
	return names
}

// L11: nothing but what is written shows a secret or a piece of it of four
// characters, whatever rules make of it.
func TestLaws_Secrets(t *testing.T) {
	t.Parallel()
	const canary = "Zq7XwK2pVb9m"
	pipes := []string{"", "[lower]", "[toInt]", "['map(\"m\")']", "['lookup(\"l\")']", "['lookup(\"gone\")']", "['lookup(\"later\")']", "['dateFormat(\"yyyy\", \"yyyy\")']",
		"[base64]", "['split(\"X\")', first, toBool]", "['truncate(6)', toInt]", "[upper, 'prefix(\"p\")', 'map(\"m\")']"}
	exprs := []string{`x:a`, `join("-", title, x:a)`, `toString(toInt(x:a))`, `x:a + "!" | mid(2, 5)`, `switch(x:a, "Zq7XwK2pVb9m", toString(toInt(x:a)), "no")`,
		`coalesce(title, x:a)`, `$target.secret`, `$target."secret"`, `$target.copy`, `lower($target.copy) + x:b`, `password`}
	checks := []string{"", ", validate: [{pattern: '[0-9]'}]", ", validate: [{maxLength: 3}]", ", validate: [{oneOf: [a]}]", ", validate: [{min: 5}]", ", validate: [{format: email}]", ", required: true"}
	whens := []string{"", ", when: 'x:a != \"b\"'", ", when: 'toInt(x:a) == 1'", ", when: 'isPresent($target.secret) || true'"}
	errs := 0
	seeds(t, 200, func(t *testing.T, seed uint64) {
		g := newLawful(seed)
		fields := []string{"secret: {type: string}", "copy: {type: string}"}
		rules := []string{"{scim: 'x:a', target: secret, secret: true, direction: toTarget}", "{expr: 'upper(x:a)', target: copy}"}
		for i := range 8 {
			name := fmt.Sprintf("f%d", i)
			fields = append(fields, fmt.Sprintf("%s: {type: any%s}", name, g.maybe(", createOnly: true")))
			source := fmt.Sprintf("expr: '%s'", g.pick(exprs...))
			if g.IntN(2) == 0 {
				source = "scim: " + g.pick("'x:a'", "password") + ", direction: toTarget"
			}
			if pipe := g.pick(pipes...); pipe != "" {
				source += ", pipe: " + pipe
			}
			rules = append(rules, "{"+source+", target: "+name+g.pick(checks...)+g.pick(whens...)+"}")
		}
		plan := compile(t, document(strings.Join(fields, "\n"), strings.Join(rules, "\n"),
			"valueMaps: {m: {entries: [[x, y]]}}\nlookups: {l: {object: o, keys: [name], value: id}, gone: {object: o, keys: [name], value: id, onMissing: ignore}, later: {object: o, keys: [name], value: id, onMissing: defer}}\n"+
				"scope: 'x:a != \"c\"'\n"))
		s := resource(t, plan, `{"title":"T","password":"`+canary+`","urn:x:ext":{"a":"`+canary+`","b":"b"}}`)
		n := plan.Target().New()
		for _, name := range []string{"secret", "copy", "f0", "f1", "f2"} {
			n.SetString(name, canary)
		}
		for _, in := range []*mapping.Input{{Resource: s}, {Op: mapping.Replace, Resource: s, Stored: n}, {Op: mapping.Patch, Resource: s, Current: plan.Resource().New(), Stored: n}} {
			var res mapping.Resolved
			answer(&res, plan.Needs(nil, in))
			var out mapping.Result
			err := plan.ToTarget(&out, in, &res)
			errs += len(all(err))
			trace := plan.Explain(in, &res)
			shown := fmt.Sprintf("%v\n%+v\n%+v\n%#v\n%v", err, all(err), trace, out.Warnings, out.Fired)
			for _, r := range trace.Rules {
				shown += text(r.Source) + text(r.Value) + r.Why
				for _, step := range r.Steps {
					shown += text(step.In) + text(step.Out)
				}
			}
			for i := range len(canary) - 3 {
				piece := strings.ToLower(canary[i : i+4])
				require.NotContains(t, strings.ToLower(shown), piece, strings.Join(rules, "\n"))
			}
			require.NotContains(t, shown, "WnE3", "base64 of it")
		}
		require.Contains(t, plan.Secrets(nil, s), canary)
	})
	assert.Greater(t, errs, 300)
}

func text(v schema.Value) string { return string(v.AppendJSON(nil)) + "\n" }

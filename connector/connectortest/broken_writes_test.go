package connectortest_test

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/schema"
)

// describing are breaches of what Describe, Check and Unwrap promise.
func describing() []breach {
	return []breach{
		in("describes a new type each time", "describe", "another type", func(b *broken) {
			b.describe = func(ctx context.Context) (*connector.Description, error) {
				d := *b.desc
				d.Objects = slices.Clone(d.Objects)
				typ, err := schema.NewType("wing", schema.Fields{"id": {Mutability: schema.ReadOnly}})
				d.Objects = append(d.Objects, connector.Object{Name: "wing", Type: typ, ReadOnly: true})
				return &d, errors.Join(err, ctx.Err())
			}
		}),
		{name: "declares members and has not the ability", checks: "describe", says: "does not implement",
			with: func(b *broken) connector.Driver { return sixMethods{b} }},
		in("declares a unique field that cannot be looked for", "describe duplicate", "declares no eq", func(b *broken) {
			b.desc.Object("person").Unique = append(b.desc.Object("person").Unique, "code")
		}),
		in("declares a consistent field that cannot be looked for", "describe", "declared as consistent", func(b *broken) {
			b.desc.Object("room").Search = connector.Search{Consistent: []string{"name"}}
		}),
		in("declares an operator that makes no sense", "describe", "makes no sense", func(b *broken) {
			b.desc.Object("person").Type.Lookup("level").Filter |= schema.Sw
		}),
		in("declares what a deactivation drops, and no deactivation", "describe", "DroppedByDeactivate", func(b *broken) {
			b.desc.Object("team").DroppedByDeactivate = []string{"note"}
		}),
		in("declares a conversion to nothing", "describe", "Convert is among", func(b *broken) {
			team := b.desc.Object("team")
			team.Actions = append(slices.Clone(team.Actions), connector.Convert)
		}),
		in("has no account", "describe", "Account is empty", func(b *broken) { b.desc.Account = "" }),
		{name: "wraps itself", checks: "unwrap", says: "on and on", with: func(b *broken) connector.Driver {
			w := &wrapper{broken: b}
			w.inner = w
			return w
		}},
		{name: "wraps nothing", checks: "unwrap", says: "gives nothing", with: func(b *broken) connector.Driver { return &wrapper{broken: b} }},
		in("finds fault with a good connection", "checker", "good connection", func(b *broken) {
			b.check = func(context.Context) error { return connector.Unauthenticated }
		}),
		in("checks when its context has ended", "checker", "its context had ended", func(b *broken) {
			b.check = func(context.Context) error { return nil }
		}),
	}
}

// writing are breaches of what Create and Update promise.
func writing() []breach {
	isSet := func(c connector.Change, e schema.Edit, field string) bool {
		return e.Op == schema.Set && c.Type.Path(e.Slot) == field
	}
	return []breach{
		in("loses a field", "create", "started is nothing", func(b *broken) {
			b.sending(func(rec *schema.Record) { rec.Set("started", schema.Value{}) })
		}),
		in("returns another record than was stored", "create", "as it was stored", func(b *broken) {
			b.creating(func(rec *schema.Record, err error) (*schema.Record, error) {
				if err == nil {
					rec.Set("active", schema.Value{})
				}
				return rec, err
			})
		}),
		in("writes a null as a word", "create", "explicit null", func(b *broken) {
			b.sending(func(rec *schema.Record) {
				if rec.Get("title").IsNull() {
					rec.SetString("title", "null")
				}
			})
		}),
		in("has no code for an unknown id", "unknown-id actions", "Get of an unknown id", func(b *broken) {
			b.failing(func(op connectortest.Op, err error) error {
				if op == connectortest.OpGet && isCode(err, connector.NotFound) {
					return errors.New("status 404")
				}
				return err
			})
		}),
		in("deactivates nobody with success", "unknown-id", "Act(deactivate) on an unknown id", func(b *broken) {
			b.acting(connector.Deactivate, func(rec *schema.Record, err error) (*schema.Record, error) {
				if isCode(err, connector.NotFound) {
					return nil, nil
				}
				return rec, err
			})
		}),
		in("takes a taken value for a bad one", "duplicate", "wanted is AlreadyExists", func(b *broken) {
			b.failing(func(op connectortest.Op, err error) error {
				if op == connectortest.OpUpdate && isCode(err, connector.AlreadyExists) {
					return connector.Errorf(connector.Invalid, "email", "in use")
				}
				return err
			})
		}),
		in("does not say which value is taken", "duplicate", "without saying", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.AlreadyExists) {
					return connector.AlreadyExists
				}
				return err
			})
		}),
		in("makes two records with one address", "duplicate", "in other letter case gave no error", func(b *broken) {
			b.sending(func(rec *schema.Record) {
				if s := rec.String("email"); strings.HasSuffix(s, "@EXAMPLE.COM") {
					rec.SetString("email", s+".")
				}
			})
		}),
		in("does not write a field", "update", "set started", func(b *broken) {
			b.editing(func(c connector.Change, e schema.Edit) []schema.Edit {
				if isSet(c, e, "started") {
					return nil
				}
				return []schema.Edit{e}
			})
		}),
		in("resets a field that is not sent", "update clear", "other fields changed", func(b *broken) {
			b.editing(func(c connector.Change, e schema.Edit) []schema.Edit {
				if name := c.Type.Path(e.Slot); name != "started" || c.Type.Slot("tags") == schema.NoSlot {
					return []schema.Edit{e}
				}
				return []schema.Edit{e, {Slot: c.Type.Slot("tags"), Op: schema.Clear}}
			})
		}),
		in("takes an element for the whole list", "update", "add tags", func(b *broken) {
			b.editing(func(_ connector.Change, e schema.Edit) []schema.Edit {
				if e.Op == schema.Add {
					e.Op = schema.Set
				}
				return []schema.Edit{e}
			})
		}),
		in("needs the record for a blind write", "unknown-id update update-twice clear", "a blind Update", func(b *broken) {
			update := b.update
			b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
				if c.Base == nil {
					return nil, connector.Errorf(connector.Internal, "", "there is no record")
				}
				return update(ctx, r, c)
			}
		}),
		in("counts what it writes", "update-twice", "the same again", func(b *broken) {
			n := map[connector.Ref]int{}
			update := b.update
			b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
				b.one.Lock()
				defer b.one.Unlock()
				if n[r]++; n[r] > 1 && c.Type.Slot("started") != schema.NoSlot && c.Edits[0].Slot == c.Type.Slot("started") && c.Edits[0].Op == schema.Set {
					c.Edits = []schema.Edit{{Slot: c.Edits[0].Slot, Op: schema.Clear}}
				}
				return update(ctx, r, c)
			}
		}),
		in("refuses what changes nothing", "update-twice clear lost-answer malformed", "the same again", func(b *broken) {
			update := b.update
			b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
				if cur, err := b.Driver.Get(ctx, r); err == nil {
					next := cur.Clone()
					if next.Apply(c.Edits...); next.Equal(cur) {
						return nil, connector.Errorf(connector.Conflict, "", "there is nothing to do")
					}
				}
				return update(ctx, r, c)
			}
		}),
		in("does not clear", "clear", "still has", func(b *broken) {
			b.editing(func(_ connector.Change, e schema.Edit) []schema.Edit {
				if e.Op == schema.Clear {
					return nil
				}
				return []schema.Edit{e}
			})
		}),
		in("clears to a word", "clear", "still has", func(b *broken) {
			b.editing(func(c connector.Change, e schema.Edit) []schema.Edit {
				if e.Op == schema.Clear && c.Type.Path(e.Slot) == "title" {
					e = schema.Edit{Slot: e.Slot, Value: schema.StringValue("null")}
				}
				return []schema.Edit{e}
			})
		}),
		in("refuses without naming the field", "refusals", "without a field", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.Invalid) {
					return connector.Errorf(connector.Invalid, "", "bad request")
				}
				return err
			})
		}),
		in("names a refused field in words of its own", "refusals", "spelt as the type spells it", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.Invalid) {
					return connector.Errorf(connector.Invalid, "BadgeColour", "bad request")
				}
				return err
			})
		}),
		in("makes what it refuses", "refusals", "the record was made all the same", func(b *broken) {
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				out, err := create(ctx, object, rec)
				if isCode(err, connector.Invalid) && rec.Get("badge").Text() == "no such choice" {
					_, _ = b.Driver.Create(ctx, object, rec)
				}
				return out, err
			}
		}),
		in("mangles quotes", "strings", `O'Brien`, func(b *broken) {
			b.sending(func(rec *schema.Record) {
				rec.SetString("title", strings.ReplaceAll(rec.String("title"), "'", "’"))
			})
			b.editing(func(c connector.Change, e schema.Edit) []schema.Edit {
				if isSet(c, e, "title") {
					e.Value = schema.StringValue(strings.ReplaceAll(e.Value.Text(), "'", "’"))
				}
				return []schema.Edit{e}
			})
		}),
		in("cuts long texts by bytes", "strings", "ü", func(b *broken) {
			b.sending(func(rec *schema.Record) {
				if s := rec.String("name"); len(s) > 60 && len([]rune(s)) <= 60 {
					rec.SetString("name", s[:60])
				}
			})
			b.editing(func(c connector.Change, e schema.Edit) []schema.Edit {
				if s := e.Value.Text(); isSet(c, e, "name") && len(s) > 60 {
					e.Value = schema.StringValue(s[:60])
				}
				return []schema.Edit{e}
			})
		}),
		in("forgets to escape a plus sign", "strings", "does not find the record", func(b *broken) {
			b.asking(func(_ string, q connector.Query) connector.Query {
				if field, v, ok := connector.EqOn(q.Filter); ok && field == "email" {
					q.Filter = &schema.Compare{Path: schema.Path{Attr: "email"}, Op: schema.Eq, Value: schema.StringValue(strings.ReplaceAll(v.Text(), "+", " "))}
				}
				return q
			})
		}),
	}
}

// acting are breaches of what Act and EditMembers promise.
func acting() []breach {
	return []breach{
		in("does not repeat an action", "actions lost-answer malformed", "on which that has been done", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				if rec, err := b.Driver.Get(ctx, r); err == nil && a.Kind == connector.Deactivate && !rec.Bool("active") {
					return nil, connector.Conflict
				}
				return act(ctx, r, a)
			}
		}),
		in("has not an action that it declares", "unknown-id actions", "Act(activate)", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				if a.Kind == connector.Activate {
					return nil, connector.Unsupported
				}
				return act(ctx, r, a)
			}
		}),
		in("returns of a conversion what was sent", "actions", "the conversion to guest did not return the record as it was stored", func(b *broken) {
			b.acting(connector.Convert, func(rec *schema.Record, err error) (*schema.Record, error) {
				if rec != nil {
					rec = rec.Clone()
					rec.SetString("name", "somebody else")
				}
				return rec, err
			})
		}),
		in("says that it deactivates", "actions", "after deactivate, active is true", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				rec, err := act(ctx, r, a)
				if err == nil && a.Kind == connector.Deactivate {
					return act(ctx, r, connector.Action{Kind: connector.Activate})
				}
				return rec, err
			}
		}),
		in("takes no rights away", "rights", `after downgrade, rank is "boss"`, func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				if a.Kind == connector.Downgrade {
					return b.get(ctx, r)
				}
				return act(ctx, r, a)
			}
		}),
		in("disables whom it downgrades", "rights", "downgrade changed active", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				rec, err := act(ctx, r, a)
				if err == nil && a.Kind == connector.Downgrade {
					return act(ctx, r, connector.Action{Kind: connector.Deactivate})
				}
				return rec, err
			}
		}),
		in("keeps no rights", "rights", "after deactivate with Keep", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				if a.Kind == connector.Deactivate && a.Keep {
					if _, err := act(ctx, r, connector.Action{Kind: connector.Downgrade}); err != nil {
						return nil, err
					}
				}
				return act(ctx, r, a)
			}
		}),
		in("downgrades without saying by what", "rights", "not by Hint and Ordinary", func(b *broken) {
			b.desc.Object("person").Hint = ""
		}),
		in("drops more than it says", "actions", "not among those", func(b *broken) {
			b.desc.Object("person").DroppedByDeactivate = nil
		}),
		in("erases by deactivating", "actions", "after erase, Get still gives", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				if a.Kind == connector.Erase {
					a.Kind = connector.Deactivate
				}
				return act(ctx, r, a)
			}
		}),
		in("says that it deletes", "actions", "nothing in it says", func(b *broken) {
			act := b.act
			b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
				if rec, err := b.Driver.Get(ctx, r); err == nil && a.Kind == connector.Delete && r.Object == "person" {
					return rec, ctx.Err()
				}
				return act(ctx, r, a)
			}
		}),
		in("converts to another record", "actions", "conversion to guest", func(b *broken) {
			b.acting(connector.Convert, func(rec *schema.Record, err error) (*schema.Record, error) {
				if err == nil {
					rec.SetString("id", "4711")
				}
				return rec, err
			})
		}),
		in("gives too few results", "members", "results for", func(b *broken) {
			edit := b.edit
			b.edit = func(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
				results, err := edit(ctx, group, add, remove)
				return results[:min(len(results), 1)], err
			}
		}),
		in("fails for who is there already", "members", "adding who is there", func(b *broken) {
			seen := map[connector.Ref]bool{}
			edit := b.edit
			b.edit = func(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
				results, err := edit(ctx, group, add, remove)
				for i, r := range add {
					if err == nil && seen[r] {
						results[i] = connector.AlreadyExists
					}
					seen[r] = true
				}
				return results, err
			}
		}),
		in("fails all for one", "members", "another's result", func(b *broken) {
			edit := b.edit
			b.edit = func(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
				results, err := edit(ctx, group, add, remove)
				if err == nil && slices.ContainsFunc(results, func(err error) bool { return err != nil }) {
					for i := range results {
						results[i] = connector.Invalid
					}
				}
				return results, err
			}
		}),
		in("leaves out more than is asked", "omit", "other fields differ", func(b *broken) {
			without := b.without
			b.without = func(ctx context.Context, r connector.Ref, fields []string) (*schema.Record, error) {
				return without(ctx, r, append(fields, "title"))
			}
		}),
		in("cannot leave out what is not there", "omit", "failed", func(b *broken) {
			without := b.without
			b.without = func(ctx context.Context, r connector.Ref, fields []string) (*schema.Record, error) {
				if slices.Contains(fields, "noSuchField") {
					return nil, connector.Invalid
				}
				return without(ctx, r, fields)
			}
		}),
	}
}

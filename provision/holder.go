package provision

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// holding is a record that has one of the unique values.
type holding struct {
	bind  *binding // of the kind, where the family has one for it
	obj   *connector.Object
	rec   *schema.Record
	field string // in which it was found
}

func (c *creation) held(obj *connector.Object, rec *schema.Record, field string) *holding {
	return &holding{bind: c.bind.fam.kindOf(obj.Name), obj: obj, rec: adapt(rec, obj.Type), field: field}
}

// holder finds who has one of the unique values: among records of the same kind
// first, then among all that share their ids.
func (c *creation) holder(ctx context.Context) (*holding, error) {
	for _, u := range c.unique() {
		for _, obj := range c.neighbours() {
			field := u.field
			if obj != c.bind.obj {
				field = widest(obj)
			}
			if a := obj.Type.Lookup(field); a == nil || a.Filter&schema.Eq == 0 && !obj.Search.Any {
				continue
			}
			page, err := c.b.target.List(ctx, obj.Name, connector.Query{Filter: fieldEq(field, u.value)})
			if errors.Is(err, connector.Unsupported) {
				continue // the search cannot be asked for this value
			}
			if err != nil {
				return nil, err
			}
			for _, rec := range page.Records {
				for v := range rec.Get(field).Elements() {
					if strings.EqualFold(v.Text(), u.value.Text()) {
						return c.held(obj, rec, field), nil
					}
				}
			}
		}
	}
	return c.hidden(ctx)
}

// hidden finds who has the login address among the disabled accounts that State
// knows: what was put away a moment ago, a search may not show, and some show no
// disabled account at all. It costs nothing where nobody is known.
func (c *creation) hidden(ctx context.Context) (*holding, error) {
	obj := c.bind.obj
	for _, u := range c.unique() {
		if u.field != obj.Unique[0] {
			continue
		}
		entries, err := c.b.opts.State.Find(ctx, hiddenLogin, u.value.Text())
		if err != nil {
			return nil, forgotten(err)
		}
		for _, e := range entries {
			if e.Key != keyOf(obj, e.Key.ID) {
				continue
			}
			of := obj
			if seen := c.bind.fam.kindOf(e.Object); seen != nil {
				of = seen.obj // whatever kind the create is for
			}
			rec, err := c.b.target.Get(ctx, connector.Ref{Object: of.Name, ID: e.Key.ID})
			if errors.Is(err, connector.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			if strings.EqualFold(rec.Get(of.Unique[0]).Text(), u.value.Text()) {
				return c.held(of, rec, of.Unique[0]), nil
			}
		}
	}
	return nil, nil //nolint:nilnil // nobody is an answer
}

// neighbours are the object itself and those that share its ids, those that can
// be searched for more than one address first.
func (c *creation) neighbours() []*connector.Object {
	var out []*connector.Object
	for i := range c.m.desc.Objects {
		o := &c.m.desc.Objects[i]
		if o != c.bind.obj && o.IDSpace != "" && o.IDSpace == c.bind.obj.IDSpace {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *connector.Object) int {
		return boolInt(manyValued(b)) - boolInt(manyValued(a))
	})
	return append([]*connector.Object{c.bind.obj}, out...)
}

// widest is the field in which an object is searched for an address: one that
// holds all of a record's addresses where there is such a field.
func widest(o *connector.Object) string {
	for _, f := range o.Search.Consistent {
		if a := o.Type.Lookup(f); a != nil && a.MultiValued {
			return f
		}
	}
	if len(o.Unique) > 0 {
		return o.Unique[0]
	}
	return ""
}

func manyValued(o *connector.Object) bool {
	a := o.Type.Lookup(widest(o))
	return a != nil && a.MultiValued
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

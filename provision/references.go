package provision

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// makeRounds bounds how often a write may ask for records that it refers to: what
// was made for one reference can be what the next one looks for, no more.
const makeRounds = 4

// makeReferences makes the records that a write refers to and that do not exist
// (onMissing: create and createOrIgnore), and works the write out again with them. Every rule has
// succeeded by then: what is made now is wanted.
func (b *Backend) makeReferences(ctx context.Context, ev *Event, bind *binding, in *mapping.Input, out *mapping.Result, res *mapping.Resolved) error {
	for range makeRounds {
		if len(out.Creates) == 0 {
			return nil
		}
		for _, c := range slices.Clone(out.Creates) {
			made, err := b.makeReference(ctx, ev, c)
			if err != nil {
				return err
			}
			res.Add(mapping.Need{Lookup: c.Lookup, Value: c.Key}, made)
		}
		if err := bind.plan.ToTarget(out, in, res); err != nil {
			return err
		}
	}
	if len(out.Creates) == 0 {
		return nil
	}
	return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "the mapping asks for more and more records to refer to")
}

// makeReference makes one record, unless somebody has done so meanwhile: writers
// who miss the same record wait for each other.
func (b *Backend) makeReference(ctx context.Context, ev *Event, c mapping.Creation) (mapping.Resolution, error) {
	none := mapping.Resolution{}
	desc, err := b.target.Description(ctx)
	if err != nil {
		return none, err
	}
	obj := desc.Object(c.Lookup.Object)
	if obj == nil {
		return none, connector.Errorf(connector.Unsupported, "", "the target has no %s to refer to", c.Lookup.Object)
	}
	need := mapping.Need{Lookup: c.Lookup, Value: c.Key}
	unlock, err := b.lock(ctx, Key{Space: obj.Name, ID: "=" + schema.Fold(c.Key.Text())})
	if err != nil {
		return none, err
	}
	defer unlock()
	// What is remembered may be that it is missing.
	found, err := b.lookups.ask(ctx, need)
	if err == nil && found.State == mapping.Missing {
		found, err = b.create(ctx, ev, obj, c, need)
	}
	if err != nil {
		return none, err
	}
	b.lookups.remember(need, found)
	return found, nil
}

// create makes the record. An answer that says that it is there, or that got lost,
// is settled by looking again: nothing is made twice.
func (b *Backend) create(ctx context.Context, ev *Event, obj *connector.Object, c mapping.Creation, need mapping.Need) (mapping.Resolution, error) {
	rec := obj.Type.New()
	for _, f := range c.Fields {
		if !rec.Set(f.Field, f.Value) {
			return mapping.Resolution{}, connector.Errorf(connector.Unsupported, f.Field, "a %s has no field %s, which lookup %s wants to set", obj.Name, f.Field, c.Lookup.Name)
		}
	}
	made, err := b.target.Create(ctx, obj.Name, rec)
	switch {
	case err == nil:
		ev.warn("The " + strings.ReplaceAll(obj.Name, "_", " ") + " that the " + ev.Ref.Type + " refers to did not exist and was made")
		return mapping.Resolution{State: mapping.Found, Native: made.Get(c.Lookup.Value), Return: made.Get(c.Lookup.Return)}, nil
	case errors.Is(err, connector.AlreadyExists), errors.Is(err, connector.Ambiguous):
		found, askErr := b.lookups.ask(ctx, need)
		if askErr != nil || found.State != mapping.Found {
			return mapping.Resolution{}, err
		}
		return found, nil
	default:
		return mapping.Resolution{}, err
	}
}

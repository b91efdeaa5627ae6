package elimityscim

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"
	schemas "github.com/elimity-com/scim/schema"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// Options are the settings of [NewServer] and [ResourceTypes]. The zero value of
// each is its default.
type Options struct {
	// Profile says which departures of clients are put right, as far as the
	// library lets them through. The zero Profile is the compatible one.
	Profile scim.Profile
	// Config is the ServiceProviderConfig of [NewServer]. By default PATCH and
	// filters are announced.
	Config *elimity.ServiceProviderConfig
	// Logger gets the errors that clients do not see. Nil: nothing is logged.
	Logger *slog.Logger
}

// NewServer returns a server of the library for the resource types that the
// backend has now. It does not authenticate.
func NewServer(ctx context.Context, b scim.Backend, o *Options) (elimity.Server, error) {
	types, err := ResourceTypes(ctx, b, o)
	if err != nil {
		return elimity.Server{}, err
	}
	config := &elimity.ServiceProviderConfig{SupportFiltering: true, SupportPatch: true, MaxResults: 100}
	if o != nil && o.Config != nil {
		config = o.Config
	}
	return elimity.NewServer(&elimity.ServerArgs{ServiceProviderConfig: config, ResourceTypes: types})
}

// ResourceTypes returns the backend's resource types as the library wants them,
// each with a handler over the backend. Attributes that a type gets later are
// not known to the library's server.
func ResourceTypes(ctx context.Context, b scim.Backend, o *Options) ([]elimity.ResourceType, error) {
	if o == nil {
		o = &Options{}
	}
	types, err := b.Types(ctx)
	if err != nil {
		return nil, fmt.Errorf("elimityscim: %w", err)
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	zero := o.Profile.Name == "" && o.Profile.Repairs == nil // the compatible one
	exact := !zero && !slices.Contains(o.Profile.Repairs, scim.RepairEstimatedTotals)
	var out []elimity.ResourceType
	for _, rt := range types.All() {
		if _, err := scim.NewCodec(rt, o.Profile); err != nil {
			return nil, err
		}
		e := elimity.ResourceType{
			ID: optional.NewString(rt.Name), Name: rt.Name, Endpoint: rt.Endpoint, Description: text(rt.Description),
			Handler: &handler{backend: b, name: rt.Name, profile: o.Profile, exact: exact, log: log},
		}
		for i, s := range rt.Type.Schemas() {
			converted, err := ToElimity(s)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				if e.Schema, err = withCommon(converted, rt.Type); err != nil {
					return nil, err
				}
				continue
			}
			required := slices.ContainsFunc(rt.Required, func(urn string) bool { return strings.EqualFold(urn, s.URN) })
			e.SchemaExtensions = append(e.SchemaExtensions, elimity.SchemaExtension{Schema: converted, Required: required})
		}
		out = append(out, e)
	}
	return out, nil
}

// withCommon adds common attributes to a core schema, as far as records have them:
// the library's server refuses filters on what is not in a schema, and clients look
// for resources by externalId and id.
func withCommon(core schemas.Schema, t *schema.Type) (schemas.Schema, error) {
	meta := *t.Attribute(schema.SlotMeta)
	times, err := schema.NewOrdered(meta.Name, *meta.Sub.Lookup("created"), *meta.Sub.Lookup("lastModified"))
	if err != nil {
		return core, err
	}
	meta.Sub = times
	for _, a := range []schema.Attribute{*t.Attribute(schema.SlotID), *t.Attribute(schema.SlotExternalID), meta} {
		if _, there := core.Attributes.ContainsAttribute(a.Name); there {
			continue
		}
		added, err := ToElimity(schema.Schema{URN: core.ID, Attributes: []schema.Attribute{a}})
		if err != nil {
			return core, err
		}
		core.Attributes = append(core.Attributes, added.Attributes...)
	}
	// The library appends to it for every request, those at the same time included.
	core.Attributes = slices.Clip(core.Attributes)
	return core, nil
}

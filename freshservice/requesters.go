package freshservice

import (
	"context"
	"errors"
	"net/url"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// viewRequester reads from /requesters, where an agent is NotFound: whether that
// path serves agents too is not documented.
func (d *driver) viewRequester(ctx context.Context, t *schema.Type, id string) (schema.Value, error) {
	v, key, err := d.view(ctx, requesters, id)
	if err != nil {
		return v, fail(err, request{typ: t, byID: true})
	}
	if isAgent, _ := v.Member("is_agent").Bool(); isAgent || key == agents.one() {
		return schema.Value{}, connector.Errorf(connector.NotFound, "", "the id belongs to an agent")
	}
	return v, nil
}

// listRequesters answers a List of requesters, with agents among them where the
// query asks for kin.
func (d *driver) listRequesters(ctx context.Context, q connector.Query) (*connector.Page, error) {
	requester, _ := kindOf(ObjectRequester)
	t, err := d.typeOf(ctx, ObjectRequester)
	if err != nil {
		return nil, err
	}
	l := listing{
		res: requesters, typ: t, email: "primary_email", query: q,
		get: func(id string) (*schema.Record, error) { return d.getPerson(ctx, requester, t, id) },
		rec: func(v schema.Value) (*schema.Record, error) {
			if isAgent, _ := v.Member("is_agent").Bool(); isAgent {
				return nil, nil
			}
			return decode(t, v)
		},
	}
	if q.Kin {
		agent, _ := kindOf(ObjectAgent)
		at, err := d.typeOf(ctx, ObjectAgent)
		if err != nil {
			return nil, err
		}
		l.params = params("include_agents", "true")
		l.rec = func(v schema.Value) (*schema.Record, error) {
			if isAgent, _ := v.Member("is_agent").Bool(); isAgent {
				return decode(at, asAgent(v))
			}
			return decode(t, v)
		}
		l.get = func(id string) (*schema.Record, error) {
			rec, err := d.getPerson(ctx, requester, t, id)
			if errors.Is(err, connector.NotFound) {
				return d.getPerson(ctx, agent, at, id)
			}
			return rec, err
		}
	}
	return d.list(ctx, l)
}

// asAgent gives an agent in a list of requesters, who has the attributes of a
// requester there, those of an agent. The custom fields are those of requesters
// and are left out.
func asAgent(v schema.Value) schema.Value {
	var out []schema.Member
	for name, m := range v.Members() {
		switch name {
		case container:
			continue
		case "primary_email":
			name = "email"
		}
		out = append(out, schema.Member{Name: name, Value: m})
	}
	return schema.MembersValue(out...)
}

// asRequester gives an agent the type of requesters, as far as the two have the
// same fields, so that a filter for requesters can look at it.
func asRequester(t *schema.Type, rec *schema.Record) *schema.Record {
	if rec.Type() == t {
		return rec
	}
	out := t.New()
	for s, v := range rec.Values() {
		switch a := rec.Type().Attribute(s); {
		case a.Custom:
		case a.Name == "email":
			out.Set("primary_email", v)
		default:
			out.Set(a.Name, v)
		}
	}
	return out
}

func params(pairs ...string) url.Values {
	v := make(url.Values, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

package elimityscim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	elimity "github.com/elimity-com/scim"
	"github.com/elimity-com/scim/optional"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// toValue turns what the library has made of JSON back into a value.
func toValue(v any) (schema.Value, error) {
	switch v := v.(type) {
	case nil:
		return schema.Null(), nil
	case string:
		return schema.StringValue(v), nil
	case bool:
		return schema.BooleanValue(v), nil
	case int:
		return schema.IntegerValue(int64(v)), nil
	case int64:
		return schema.IntegerValue(v), nil
	case float64:
		return number(strconv.FormatFloat(v, 'g', -1, 64))
	case json.Number:
		return number(v.String())
	case time.Time:
		return schema.StringValue(v.Format(time.RFC3339Nano)), nil
	case []string:
		return schema.StringsValue(v...), nil
	case []any:
		return list(v)
	case []map[string]any:
		return list(v)
	case map[string]any:
		return object(v)
	case elimity.ResourceAttributes:
		return object(v)
	default:
		return schema.Value{}, fmt.Errorf("elimityscim: a value of type %T", v)
	}
}

func number(s string) (schema.Value, error) {
	v, ok := schema.NumberValue(s)
	if !ok {
		return schema.Value{}, fmt.Errorf("elimityscim: %q is no number", s)
	}
	return v, nil
}

func list[T any](in []T) (schema.Value, error) {
	out := make([]schema.Value, 0, len(in))
	for _, e := range in {
		w, err := toValue(e)
		if err != nil {
			return schema.Value{}, err
		}
		out = append(out, w)
	}
	return schema.ListValue(out...), nil
}

func object(in map[string]any) (schema.Value, error) {
	names := make([]string, 0, len(in))
	for n := range in {
		names = append(names, n)
	}
	slices.Sort(names)
	out := make([]schema.Member, 0, len(in))
	for _, n := range names {
		w, err := toValue(in[n])
		if err != nil {
			return schema.Value{}, err
		}
		out = append(out, schema.Member{Name: n, Value: w})
	}
	return schema.MembersValue(out...), nil
}

// fromValue turns a value into what the library encodes as JSON.
func fromValue(v schema.Value) any {
	switch v.Kind() {
	case schema.KindBoolean:
		b, _ := v.Bool()
		return b
	case schema.KindInteger:
		n, _ := v.Integer()
		return n
	case schema.KindDecimal:
		return json.Number(v.Text())
	case schema.KindString:
		return v.Text()
	case schema.KindList:
		out := make([]any, 0, v.Len())
		for e := range v.Elements() {
			out = append(out, fromValue(e))
		}
		return out
	case schema.KindObject:
		rec := v.Record()
		if rec == nil {
			out := make(map[string]any, v.Len())
			for n, m := range v.Members() {
				out[n] = fromValue(m)
			}
			return out
		}
		out := make(map[string]any)
		for s, m := range rec.Values() {
			if a := rec.Type().Attribute(s); shown(a) && !m.Unassigned() {
				out[a.Name] = fromValue(m)
			}
		}
		return out
	default:
		return nil
	}
}

func shown(a *schema.Attribute) bool {
	return a.Returned != schema.ReturnedNever && a.Returned != schema.ReturnedRequest && a.Mutability != schema.WriteOnly
}

// resource returns a resource with attributes of its own. What a request has
// written is shown although it is returned on request only.
func resource(res *scim.Resource, written []schema.Slot) elimity.Resource {
	rec := res.Record
	t := rec.Type()
	attributes := make(elimity.ResourceAttributes)
	for s, v := range rec.Values() {
		a := t.Attribute(s)
		asked := a.Returned == schema.ReturnedRequest && a.Mutability != schema.WriteOnly && slices.Contains(written, s)
		if s <= schema.SlotMeta || !shown(a) && !asked || v.Unassigned() {
			continue
		}
		to := map[string]any(attributes)
		if a.Schema != t.URN() {
			to = within(to, a.Schema)
		}
		name := a.Name
		if prefix, rest, ok := strings.Cut(name, "."); ok {
			to, name = within(to, prefix), rest
		}
		to[name] = fromValue(v)
	}
	out := elimity.Resource{ID: rec.String("id"), Attributes: attributes, Meta: elimity.Meta{Version: version(res.Version)}}
	if v := rec.At(schema.SlotExternalID); !v.Unassigned() {
		out.ExternalID = optional.NewString(v.Text())
	}
	meta := rec.At(schema.SlotMeta)
	out.Meta.Created = instant(meta.Member("created"))
	out.Meta.LastModified = instant(meta.Member("lastModified"))
	return out
}

// within returns the object that a member is, made when it is not there.
func within(m map[string]any, name string) map[string]any {
	inner, ok := m[name].(map[string]any)
	if !ok {
		inner = make(map[string]any)
		m[name] = inner
	}
	return inner
}

func version(v string) string {
	if v == "" {
		return ""
	}
	return `W/"` + v + `"`
}

func instant(v schema.Value) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.Text())
	if err != nil {
		return nil
	}
	return &t
}

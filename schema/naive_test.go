package schema_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

// The naive evaluator decides about filters by the words of RFC 7644 section
// 3.4.2.2, on resources as they are in JSON. It shares no code with the package:
// filters are trees of its own, made at random or from either parser's.

// naiveNode is a node of a filter.
type naiveNode struct {
	op   string // and, or, not, [ for a value path, else the operator of a comparison
	kids []*naiveNode

	urn, attr, sub string
	inner          *naiveNode // the filter in brackets
	literal        any        // nil, bool, string or json.Number
}

// naiveAttr describes an attribute.
type naiveAttr struct {
	kind  string // as in RFC 7643 section 2.3
	multi bool
	exact bool
	subs  map[string]naiveAttr
}

const (
	naiveCore = "urn:ietf:params:scim:schemas:core:2.0:Thing"
	naiveExt  = "urn:ietf:params:scim:schemas:extension:naive:2.0:Thing"
)

func naiveCoreAttrs() map[string]naiveAttr {
	text := naiveAttr{kind: "string"}
	return map[string]naiveAttr{
		"schemas":    {kind: "reference", multi: true},
		"id":         {kind: "string", exact: true},
		"externalId": {kind: "string", exact: true},
		"userName":   text,
		"code":       {kind: "string", exact: true},
		"active":     {kind: "boolean"},
		"level":      {kind: "integer"},
		"score":      {kind: "decimal"},
		"at":         {kind: "dateTime"},
		"cert":       {kind: "binary", exact: true},
		"site":       {kind: "reference", exact: true},
		"tags":       {kind: "string", multi: true},
		"numbers":    {kind: "integer", multi: true},
		"name":       {kind: "complex", subs: map[string]naiveAttr{"givenName": text, "familyName": text}},
		"emails": {kind: "complex", multi: true, subs: map[string]naiveAttr{
			"value": text, "type": text, "primary": {kind: "boolean"}, "rank": {kind: "decimal"}, "since": {kind: "dateTime"},
		}},
		"manager": {kind: "complex", subs: map[string]naiveAttr{"value": {kind: "string", exact: true}, "displayName": text}},
	}
}

func naiveExtAttrs() map[string]naiveAttr {
	return map[string]naiveAttr{
		"department": {kind: "string"},
		"level":      {kind: "integer"},
		"teams": {kind: "complex", multi: true, subs: map[string]naiveAttr{
			"value": {kind: "string", exact: true}, "role": {kind: "string"},
		}},
	}
}

// naiveType is the type that has the attributes.
func naiveType(t testing.TB) *schema.Type {
	t.Helper()
	kinds := map[string]schema.DataType{
		"string": schema.String, "boolean": schema.Boolean, "integer": schema.Integer, "decimal": schema.Decimal,
		"dateTime": schema.DateTime, "binary": schema.Binary, "reference": schema.Reference, "complex": schema.Complex,
	}
	var convert func(attrs map[string]naiveAttr) []schema.Attribute
	convert = func(attrs map[string]naiveAttr) []schema.Attribute {
		var out []schema.Attribute
		for _, name := range sortedKeys(attrs) {
			a := attrs[name]
			if name == "schemas" || name == "id" || name == "externalId" {
				continue
			}
			b := schema.Attribute{Name: name, Type: kinds[a.kind], MultiValued: a.multi, CaseExact: a.exact}
			if a.subs != nil {
				sub, err := schema.NewOrdered(name, convert(a.subs)...)
				require.NoError(t, err)
				b.Sub = sub
			}
			out = append(out, b)
		}
		return out
	}
	typ, err := schema.NewResource("Thing", schema.Schema{URN: naiveCore, Attributes: convert(naiveCoreAttrs())},
		schema.Schema{URN: naiveExt, Attributes: convert(naiveExtAttrs())})
	require.NoError(t, err)
	return typ
}

// naiveRecord is the record of a resource in JSON.
func naiveRecord(t testing.TB, typ *schema.Type, object map[string]any) *schema.Record {
	t.Helper()
	rec := typ.New()
	var value func(a *schema.Attribute, v any) schema.Value
	value = func(a *schema.Attribute, v any) schema.Value {
		switch v := v.(type) {
		case nil:
			return schema.Null()
		case bool:
			return schema.BooleanValue(v)
		case string:
			return schema.StringValue(v)
		case json.Number:
			n, ok := schema.NumberValue(v.String())
			require.True(t, ok)
			return n
		case []any:
			list := make([]schema.Value, len(v))
			for i, e := range v {
				list[i] = value(a, e)
			}
			return schema.ListValue(list...)
		case map[string]any:
			elem := a.Sub.New()
			for name, m := range v {
				require.True(t, elem.Set(name, value(a.Sub.Lookup(name), m)), name)
			}
			return schema.ObjectValue(elem)
		default:
			t.Fatalf("%T", v)
			return schema.Value{}
		}
	}
	for name, v := range object {
		if members, ok := v.(map[string]any); ok && name == naiveExt {
			for inner, m := range members {
				require.True(t, rec.Set(naiveExt+":"+inner, value(typ.Lookup(naiveExt+":"+inner), m)), inner)
			}
		} else if name != "schemas" { // they are computed
			require.True(t, rec.Set(name, value(typ.Lookup(name), v)), name)
		}
	}
	return rec
}

// naiveMember returns a member whose name is compared without case.
func naiveMember[V any](object map[string]V, name string) (member V, key string) {
	for k, v := range object {
		if strings.EqualFold(k, name) {
			return v, k
		}
	}
	return member, ""
}

// naiveAssigned is the negation of RFC 7643 section 2.5: unassigned, null and the
// empty array are the same state.
func naiveAssigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		for _, e := range v {
			if naiveAssigned(e) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, m := range v {
			if naiveAssigned(m) {
				return true
			}
		}
		return false
	default:
		return true
	}
}

// naivePresent is pr: a non-empty or non-null value, or, for complex attributes, a
// non-empty node.
func naivePresent(v any) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if naivePresent(e) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, m := range v {
			if naivePresent(m) {
				return true
			}
		}
		return false
	default:
		return v != nil && v != ""
	}
}

func naiveElements(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// known reports whether the naive evaluator knows what the filter is about: it does
// not know meta, the dot form of an extension, and letters of the world.
func (n *naiveNode) known() bool {
	for _, k := range n.kids {
		if !k.known() {
			return false
		}
	}
	for _, text := range []string{n.urn, n.attr, n.sub, n.text()} {
		if strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 }) {
			return false
		}
	}
	return !strings.EqualFold(n.attr, "meta") && !strings.EqualFold(n.attr, "Thing") && (n.inner == nil || n.inner.known())
}

// find returns the attribute that the node names, and the object that has it.
func (n *naiveNode) find(attrs map[string]naiveAttr, object map[string]any) (naiveAttr, map[string]any) {
	switch {
	case strings.EqualFold(n.urn, naiveExt):
		inner, _ := naiveMember(object, naiveExt)
		object, _ = inner.(map[string]any)
		attrs = naiveExtAttrs()
	case n.urn != "" && !strings.EqualFold(n.urn, naiveCore):
		return naiveAttr{}, nil
	}
	a, _ := naiveMember(attrs, n.attr)
	return a, object
}

// valid reports whether the RFC has a meaning for the filter: attributes are there,
// operators and values go with their types.
func (n *naiveNode) valid(attrs map[string]naiveAttr) bool {
	for _, k := range n.kids {
		if !k.valid(attrs) {
			return false
		}
	}
	if len(n.kids) > 0 {
		return true
	}
	a, _ := n.find(attrs, nil)
	if a.kind == "" || n.inner != nil && (a.kind != "complex" || !a.multi || !n.inner.valid(a.subs)) {
		return false
	}
	if n.sub != "" {
		if a, _ = naiveMember(a.subs, n.sub); a.kind == "" {
			return false
		}
	}
	if n.op == "[" || n.op == "pr" {
		return true
	}
	if value, key := naiveMember(a.subs, "value"); a.kind == "complex" && key != "" {
		a = value
	}
	equality, order := n.op == "eq" || n.op == "ne", strings.HasPrefix(n.op, "g") || strings.HasPrefix(n.op, "l")
	_, text := n.literal.(string)
	switch _, number := n.literal.(json.Number); {
	case n.literal == nil:
		return equality
	case a.kind == "complex":
		return false
	case a.kind == "boolean":
		_, truth := n.literal.(bool)
		return truth && equality
	case a.kind == "integer" || a.kind == "decimal":
		return number && (equality || order)
	case a.kind == "binary":
		return text && !order
	case a.kind == "dateTime" && (equality || order):
		_, err := time.Parse(time.RFC3339, n.text())
		return text && err == nil
	default:
		return text
	}
}

func (n *naiveNode) text() string { s, _ := n.literal.(string); return s }

// eval decides about a valid filter.
func (n *naiveNode) eval(attrs map[string]naiveAttr, object map[string]any) bool {
	switch n.op {
	case "and":
		for _, k := range n.kids {
			if !k.eval(attrs, object) {
				return false
			}
		}
		return true
	case "or":
		for _, k := range n.kids {
			if k.eval(attrs, object) {
				return true
			}
		}
		return false
	case "not":
		return !n.kids[0].eval(attrs, object)
	}
	a, object := n.find(attrs, object)
	v, _ := naiveMember(object, n.attr)
	var values []any
	for _, e := range naiveElements(v) {
		members, _ := e.(map[string]any)
		if !naiveAssigned(e) || n.inner != nil && !n.inner.eval(a.subs, members) {
			continue
		}
		values = append(values, e)
	}
	if n.op == "[" {
		return len(values) > 0
	}
	sub := n.sub
	if _, key := naiveMember(a.subs, "value"); sub == "" && n.op != "pr" && key != "" {
		sub = "value" // emails eq "x" is emails.value eq "x"
	}
	if sub != "" {
		var inner []any
		for _, e := range values {
			m, _ := naiveMember(e.(map[string]any), sub)
			inner = append(inner, naiveElements(m)...)
		}
		a, _ = naiveMember(a.subs, sub)
		values = inner
	}
	return n.compare(a, values)
}

// compare passes when one of the values does; what has no value is not equal to
// anything.
func (n *naiveNode) compare(a naiveAttr, values []any) bool {
	if n.op == "pr" || n.literal == nil {
		return naivePresent(values) == (n.op != "eq")
	}
	assigned := false
	for _, v := range values {
		if naiveAssigned(v) {
			assigned = true
			if n.holds(a, v) {
				return true
			}
		}
	}
	return !assigned && n.op == "ne"
}

func (n *naiveNode) holds(a naiveAttr, v any) bool {
	var order int
	switch a.kind {
	case "boolean":
		if v != n.literal {
			order = 1
		}
	case "integer", "decimal":
		x, _ := new(big.Rat).SetString(v.(json.Number).String())
		y, _ := new(big.Rat).SetString(n.literal.(json.Number).String())
		order = x.Cmp(y)
	case "dateTime":
		if n.op != "co" && n.op != "sw" && n.op != "ew" {
			x, _ := time.Parse(time.RFC3339, v.(string))
			y, _ := time.Parse(time.RFC3339, n.text())
			order = x.Compare(y)
			break
		}
		fallthrough
	default:
		x, y := v.(string), n.text()
		if !a.exact {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		switch n.op {
		case "co":
			return strings.Contains(x, y)
		case "sw":
			return strings.HasPrefix(x, y)
		case "ew":
			return strings.HasSuffix(x, y)
		}
		order = strings.Compare(x, y)
	}
	switch n.op {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	default:
		return order <= 0
	}
}

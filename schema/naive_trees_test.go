package schema_test

import (
	"encoding/json"
	"strconv"
	"strings"

	oracle "github.com/scim2/filter-parser/v2"

	"github.com/usher-scim/usher/schema"
)

// naiveOf is the tree of a parsed filter.
func naiveOf(f schema.Filter) *naiveNode {
	kids := func(fs []schema.Filter) []*naiveNode {
		out := make([]*naiveNode, len(fs))
		for i, f := range fs {
			out[i] = naiveOf(f)
		}
		return out
	}
	path := func(p schema.Path, op string) *naiveNode {
		n := &naiveNode{op: op, urn: p.URN, attr: p.Attr, sub: p.Sub}
		if p.Filter != nil {
			n.inner = naiveOf(p.Filter)
		}
		return n
	}
	switch f := f.(type) {
	case schema.And:
		return &naiveNode{op: "and", kids: kids(f)}
	case schema.Or:
		return &naiveNode{op: "or", kids: kids(f)}
	case schema.Not:
		return &naiveNode{op: "not", kids: kids([]schema.Filter{f.Filter})}
	case *schema.ValuePath:
		n := path(f.Path, "[")
		n.inner = naiveOf(f.Filter)
		return n
	case *schema.Compare:
		n := path(f.Path, f.Op.String())
		if f.Op != schema.Pr {
			n.literal = plain(f.Value)
		}
		return n
	default:
		return nil
	}
}

// plain is a value as encoding/json has it.
func plain(v schema.Value) any {
	var out any
	d := json.NewDecoder(strings.NewReader(string(v.AppendJSON(nil))))
	d.UseNumber()
	_ = d.Decode(&out)
	return out
}

// naiveOracle is the tree of a filter that filter-parser has parsed; nil where it
// may have lost something: it makes floats of numbers, takes large ones for others,
// and leaves escapes in strings.
func naiveOracle(e oracle.Expression) *naiveNode {
	switch e := e.(type) {
	case *oracle.LogicalExpression:
		n := &naiveNode{op: string(e.Operator), kids: []*naiveNode{naiveOracle(e.Left), naiveOracle(e.Right)}}
		if n.kids[0] == nil || n.kids[1] == nil {
			return nil
		}
		return n
	case *oracle.NotExpression:
		if kid := naiveOracle(e.Expression); kid != nil {
			return &naiveNode{op: "not", kids: []*naiveNode{kid}}
		}
	case *oracle.ValuePath:
		p := e.AttributePath
		if inner := naiveOracle(e.ValueFilter); inner != nil {
			return &naiveNode{op: "[", urn: p.URI(), attr: p.AttributeName, sub: p.SubAttributeName(), inner: inner}
		}
	case *oracle.AttributeExpression:
		p := e.AttributePath
		n := &naiveNode{op: strings.ToLower(string(e.Operator)), urn: strings.TrimSuffix(p.URI(), ":"), attr: p.AttributeName, sub: p.SubAttributeName()}
		switch v := e.CompareValue.(type) {
		case nil, bool:
			n.literal = v
		case string:
			if strings.Contains(v, `\`) {
				return nil
			}
			n.literal = v
		case int:
			if v < -1e9 || v > 1e9 {
				return nil
			}
			n.literal = json.Number(strconv.Itoa(v))
		default:
			return nil
		}
		return n
	}
	return nil
}

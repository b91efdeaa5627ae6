package elimityscim

import (
	"fmt"

	filter "github.com/scim2/filter-parser/v2"
)

// filterText writes a filter as the client did. The parser's own String does not:
// it leaves the escapes in a text alone when it reads it, and escapes them once
// more, and it leaves null out.
func filterText(e filter.Expression) string {
	switch e := e.(type) {
	case *filter.LogicalExpression:
		return operand(e.Left, e.Operator) + " " + string(e.Operator) + " " + operand(e.Right, e.Operator)
	case *filter.NotExpression:
		return "not (" + filterText(e.Expression) + ")"
	case *filter.ValuePath:
		return e.AttributePath.String() + "[" + filterText(e.ValueFilter) + "]"
	case *filter.AttributeExpression:
		out := e.AttributePath.String() + " " + string(e.Operator)
		if e.Operator == filter.PR {
			return out
		}
		switch v := e.CompareValue.(type) {
		case nil:
			return out + " null"
		case string:
			return out + ` "` + v + `"`
		default:
			return out + " " + fmt.Sprint(v)
		}
	default:
		return fmt.Sprint(e)
	}
}

// operand writes a part of a filter, in parentheses where "and" would bind it
// apart.
func operand(e filter.Expression, of filter.LogicalOperator) string {
	if l, ok := e.(*filter.LogicalExpression); ok && l.Operator != of {
		return "(" + filterText(e) + ")"
	}
	return filterText(e)
}

// pathText writes the path of a PATCH operation as the client did.
func pathText(p *filter.Path) string {
	out := p.AttributePath.String()
	if p.ValueExpression != nil {
		out += "[" + filterText(p.ValueExpression) + "]"
	}
	if p.SubAttribute != nil {
		out += "." + *p.SubAttribute
	}
	return out
}

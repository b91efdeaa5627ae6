package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/schema"
)

func TestAttribute_Order(t *testing.T) {
	t.Parallel()
	number := func(text string) schema.Value {
		v, ok := schema.NumberValue(text)
		assert.True(t, ok, text)
		return v
	}
	text := schema.StringValue
	object := schema.MembersValue(schema.Member{Name: "a", Value: text("b")})
	for name, c := range map[string]struct {
		attr schema.Attribute
		// Values in the order in which they are to be; those in one list are equal.
		want [][]schema.Value
	}{
		"without case":  {schema.Attribute{}, [][]schema.Value{{text("")}, {text("a"), text("A")}, {text("b")}, {text("É"), text("é")}}},
		"with case":     {schema.Attribute{CaseExact: true}, [][]schema.Value{{text("B")}, {text("a")}, {text("b")}, {text("É")}, {text("é")}}},
		"references":    {schema.Attribute{Type: schema.Reference, CaseExact: true}, [][]schema.Value{{text("A")}, {text("a")}}},
		"booleans":      {schema.Attribute{Type: schema.Boolean}, [][]schema.Value{{schema.BooleanValue(false)}, {schema.BooleanValue(true)}}},
		"integers":      {schema.Attribute{Type: schema.Integer}, [][]schema.Value{{number("-9007199254740993")}, {number("-2")}, {number("9")}, {number("9007199254740992")}, {number("9007199254740993")}}},
		"decimals":      {schema.Attribute{Type: schema.Decimal}, [][]schema.Value{{number("-1e3")}, {number("0"), number("0.0")}, {number("1.5"), number("15e-1")}, {number("2")}}},
		"dates":         {schema.Attribute{Type: schema.Date}, [][]schema.Value{{text("1999-12-31")}, {text("2026-01-02")}}},
		"instants":      {schema.Attribute{Type: schema.DateTime}, [][]schema.Value{{text("2026-01-02T03:00:00+02:00")}, {text("2026-01-02T02:00:00Z"), text("2026-01-02T03:00:00.0+01:00")}, {text("2026-01-02T02:00:00.5Z")}, {text("1 January")}, {text("2 January")}}},
		"any":           {schema.Attribute{Type: schema.Any}, [][]schema.Value{{schema.BooleanValue(true)}, {number("9")}, {number("10")}, {text("1")}, {text("X"), text("x")}, {object, schema.StringsValue("a")}}},
		"of other kind": {schema.Attribute{Type: schema.DateTime}, [][]schema.Value{{number("5")}, {text("2026-01-02T02:00:00Z")}, {text("soon")}}},
	} {
		for i, vs := range c.want {
			for j, ws := range c.want {
				for _, v := range vs {
					for _, w := range ws {
						assert.Equal(t, min(max(i-j, -1), 1), c.attr.Order(v, w), "%s: %s, %s", name, v.Text(), w.Text())
					}
				}
			}
		}
	}
}

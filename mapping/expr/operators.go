package expr

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/schema"
)

func (c *compiler) compileLogic(n *node) code {
	runs := make([]run, len(n.args))
	for i, a := range n.args {
		d := c.compile(a, wantOne)
		c.wantBoolean(a, d)
		runs[i] = d.run
	}
	// Or ends at the first true, and at the first that is not.
	end := n.op == opOr
	out := code{typ: Type{Kind: Boolean}, elements: 1}
	if len(runs) == 2 {
		first, second := runs[0], runs[1]
		out.run = func(s *Scope) schema.Value {
			if isTrue(first(s)) == end {
				return schema.BooleanValue(end)
			}
			return schema.BooleanValue(isTrue(second(s)))
		}
		return out
	}
	out.run = func(s *Scope) schema.Value {
		for _, r := range runs {
			if isTrue(r(s)) == end {
				return schema.BooleanValue(end)
			}
		}
		return schema.BooleanValue(!end)
	}
	return out
}

func (c *compiler) compileNot(n *node) code {
	d := c.compile(n.args[0], wantOne)
	c.wantBoolean(n.args[0], d)
	return code{typ: Type{Kind: Boolean}, elements: 1, run: func(s *Scope) schema.Value {
		return schema.BooleanValue(!isTrue(d.run(s)))
	}}
}

func (c *compiler) compileCompare(n *node) code {
	a, b := c.compile(n.args[0], wantOne), c.compile(n.args[1], wantOne)
	c.program.cost += a.weight() + b.weight()
	equality := n.name == "==" || n.name == "!="
	c.checkComparable(n, a.typ, b.typ, equality)
	out := code{typ: Type{Kind: Boolean}, elements: 1}
	instants := a.typ.Kind == Time || b.typ.Kind == Time
	if equality {
		same := n.name == "=="
		empty := c.env.EmptyString
		out.run = func(s *Scope) schema.Value {
			v, w := normalize(a.run(s), empty), normalize(b.run(s), empty)
			if !s.spend(weight(v), n) {
				return schema.Value{}
			}
			return schema.BooleanValue(equal(v, w, instants) == same)
		}
		return out
	}
	accept := orders(n.name)
	out.run = func(s *Scope) schema.Value {
		v, w := a.run(s), b.run(s)
		if !s.spend(weight(v), n) {
			return schema.Value{}
		}
		order, ok := compare(v, w, instants)
		return schema.BooleanValue(ok && accept[order+1])
	}
	return out
}

func (c *compiler) checkComparable(n *node, a, b Type, equality bool) {
	if a.Kind == Null || b.Kind == Null {
		if !equality {
			c.fail(n, CodeType, "null has no order")
		}
		return
	}
	switch {
	case !equality && (a.List || b.List), a.List != b.List && a.Kind != Any && b.Kind != Any:
		c.fail(n, CodeType, "%s cannot be compared with %s", a, b)
	case !a.Kind.fits(b.Kind) && !b.Kind.fits(a.Kind):
		c.fail(n, CodeType, "%s cannot be compared with %s", a, b)
	case !equality && (a.Kind == Boolean || b.Kind == Boolean):
		c.fail(n, CodeType, "booleans have no order")
	}
}

// orders says which of before, same and after satisfies an operator.
func orders(sign string) [3]bool {
	switch sign {
	case "<":
		return [3]bool{true, false, false}
	case "<=":
		return [3]bool{true, true, false}
	case ">":
		return [3]bool{false, false, true}
	default:
		return [3]bool{false, true, true}
	}
}

// equal compares type and value, with case; instants says that text which is a
// date or date-time on both sides is compared by the instant.
func equal(v, w schema.Value, instants bool) bool {
	if v.Equal(w) {
		return true
	}
	if !instants {
		return false
	}
	order, ok := compareInstants(v, w)
	return ok && order == 0
}

// compare orders two texts by their bytes or by instant, two numbers by value.
// It returns false for everything else.
func compare(v, w schema.Value, instants bool) (int, bool) {
	if instants {
		return compareInstants(v, w)
	}
	if s, ok := v.Str(); ok {
		t, ok := w.Str()
		return strings.Compare(s, t), ok
	}
	a, okA := v.Integer()
	b, okB := w.Integer()
	if okA && okB {
		switch {
		case a < b:
			return -1, true
		case a > b:
			return 1, true
		}
		return 0, true
	}
	x, okX := number(v)
	y, okY := number(w)
	if !okX || !okY {
		return 0, false
	}
	return x.Cmp(y), true
}

func compareInstants(v, w schema.Value) (int, bool) {
	a, _, okA := instant(v)
	b, _, okB := instant(w)
	return a.Compare(b), okA && okB
}

// instant reads RFC 3339 text, or a date, which is its midnight in UTC.
func instant(v schema.Value) (t time.Time, dateOnly, ok bool) {
	s, _ := v.Str()
	if len(s) == len(time.DateOnly) {
		t, err := time.Parse(time.DateOnly, s)
		return t, true, err == nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, false, err == nil
}

// number is the exact value of a number. Exponents have three digits at most
// (schema.NumberValue), so the work is bounded.
func number(v schema.Value) (*big.Rat, bool) {
	if k := v.Kind(); k != schema.KindInteger && k != schema.KindDecimal {
		return nil, false
	}
	return new(big.Rat).SetString(v.Text())
}

func (c *compiler) compileAdd(n *node) code {
	args := make([]code, len(n.args))
	runs := make([]run, len(n.args))
	out := code{elements: 1}
	bad := false
	for i, a := range n.args {
		args[i] = c.compile(a, wantOne)
		runs[i] = args[i].run
		if args[i].typ.List || args[i].typ.Kind == Object {
			c.fail(a, CodeType, "+ cannot take %s", args[i].typ)
			bad = true
		}
		out.text = min(out.text+args[i].text+24, MaxString)
	}
	if bad {
		return failed
	}
	c.program.cost += len(args) * (2 + MaxString/16)
	out.typ = args[0].typ
	for i, a := range args[1:] {
		t, ok := sumType(out.typ.Kind, a.typ.Kind)
		if !ok {
			return c.fail(n.args[i+1], CodeType, "+ adds numbers or joins text, not %s and %s", out.typ, a.typ)
		}
		out.typ = Type{Kind: t}
	}
	if k := args[0].typ.Kind; k == String || k == Time || isText(args[1].typ.Kind) {
		// All that follows joins text, so one pass makes the result.
		out.run = func(s *Scope) schema.Value { return concat(s, n, runs) }
		return out
	}
	out.run = func(s *Scope) schema.Value {
		sum := runs[0](s)
		for _, r := range runs[1:] {
			v := r(s)
			if sum.IsUnset() || v.IsUnset() {
				sum = schema.Value{}
				continue
			}
			var err *Error
			if sum, err = add(sum, v); err != nil {
				return s.fail(err, n)
			}
			if !s.spend(weight(sum), n) {
				return schema.Value{}
			}
		}
		return sum
	}
	return out
}

func isText(k Kind) bool { return k == String || k == Time }

// sumType is the kind of a + b.
func sumType(a, b Kind) (Kind, bool) {
	switch {
	case a == Null || b == Null:
		return Null, true
	case isText(a) || isText(b):
		return String, true
	case a == Boolean && b != Any, b == Boolean && a != Any:
		return Any, false
	case a == Any || b == Any:
		return Any, true
	case a == Integer && b == Integer:
		return Integer, true
	default:
		return Number, true
	}
}

// concat joins the texts of all operands, unset if one is.
func concat(s *Scope, n *node, runs []run) schema.Value {
	var stack [256]byte
	buf := stack[:0]
	missing := false
	for _, r := range runs {
		v := r(s)
		switch v.Kind() {
		case schema.KindUnset:
			missing = true
		case schema.KindString, schema.KindDecimal:
			buf = append(buf, v.Text()...)
		case schema.KindInteger:
			buf = strconv.AppendInt(buf, integer(v), 10)
		case schema.KindBoolean:
			buf = strconv.AppendBool(buf, isTrue(v))
		default:
			return s.fail(&Error{Code: CodeType, Msg: "+ cannot take a " + v.Kind().String()}, n)
		}
		if len(buf) > MaxString {
			return s.fail(limitError("a text is longer than 4 KiB"), n)
		}
	}
	if missing || !s.spend(1+len(buf)/16, n) {
		return schema.Value{}
	}
	return schema.StringValue(string(buf))
}

// add is a + b for what is only known at run time.
func add(a, b schema.Value) (schema.Value, *Error) {
	if a.Kind() == schema.KindList || b.Kind() == schema.KindList || a.Kind() == schema.KindObject || b.Kind() == schema.KindObject {
		return schema.Value{}, &Error{Code: CodeType, Msg: "+ cannot take a list or an object"}
	}
	if a.Kind() == schema.KindString || b.Kind() == schema.KindString {
		v := schema.StringValue(a.Text() + b.Text())
		return v, oversize(v)
	}
	m, okM := a.Integer()
	n, okN := b.Integer()
	if okM && okN {
		if sum := m + n; (sum > m) == (n > 0) {
			return schema.IntegerValue(sum), nil
		}
		return schema.Value{}, limitError("a sum exceeds 64 bits")
	}
	x, okX := number(a)
	y, okY := number(b)
	if !okX || !okY {
		return schema.Value{}, &Error{Code: CodeType, Msg: "+ adds numbers or joins text"}
	}
	text := x.Add(x, y).FloatString(max(decimals(a), decimals(b)))
	if v, ok := schema.NumberValue(text); ok {
		return v, nil
	}
	return schema.Value{}, limitError("a sum has too many digits")
}

// decimals is the number of digits behind the point that v needs.
func decimals(v schema.Value) int {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(v.Text()), "e")
	_, fraction, _ := strings.Cut(mantissa, ".")
	e, _ := strconv.Atoi(exponent)
	return max(len(fraction)-e, 0)
}

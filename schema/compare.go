package schema

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// comparison is a bound [Compare].
type comparison struct {
	sel     Selector
	op      Op
	kind    DataType // how values are compared
	exact   bool     // text is compared with case
	operand Value
	text    string    // of operand
	folded  []byte    // of operand, unless exact
	instant time.Time // of operand, for date-times
	// passing says which of the type's schemas pass, where the attribute schemas
	// is compared: it is computed, and the same for many records.
	passing []bool
}

func (b Binding) bindCompare(f *Compare) (condition, error) {
	sel, err := b.Select(f.Path)
	if err != nil {
		return nil, err
	}
	if sel.Slot == NoSlot {
		return nil, &SyntaxError{Kind: KindType, Text: f.Path.String(), Offset: -1, Msg: "a schema cannot be compared"}
	}
	if f.Op == Pr {
		return (&comparison{sel: sel, op: Pr}).bound(b.Type), nil
	}
	leaf := sel.Leaf()
	if leaf.Type == Complex {
		// A complex attribute stands for its value: emails co "example.com".
		v := NoSlot
		if sel.Sub == NoSlot {
			v = leaf.Sub.Slot("value")
		}
		if v == NoSlot && !f.Value.IsNull() {
			return nil, &SyntaxError{Kind: KindType, Text: f.Path.String(), Offset: -1, Msg: "a complex attribute cannot be compared, name one of its sub-attributes"}
		}
		if v != NoSlot {
			sel.Sub = v
			leaf = sel.Leaf()
		}
	}
	c := &comparison{sel: sel, op: f.Op, kind: leaf.Type, exact: leaf.CaseExact, operand: f.Value}
	if err := c.prepare(leaf, b.StringBooleans); err != nil {
		return nil, err
	}
	return c.bound(b.Type), nil
}

// bound completes a comparison that is for records of t.
func (c *comparison) bound(t *Type) *comparison {
	if t.IsResource() && c.sel.Slot == SlotSchemas {
		for i := range t.schemas {
			_, passes := c.leaf(StringValue(t.schemas[i].URN))
			c.passing = append(c.passing, passes)
		}
	}
	return c
}

func (c *comparison) prepare(leaf *Attribute, stringBooleans bool) error {
	misfit := func(why string) error {
		return &SyntaxError{Kind: KindType, Text: c.sel.String() + " " + c.op.String(), Offset: -1, Msg: why}
	}
	if c.operand.IsNull() {
		if c.op != Eq && c.op != Ne {
			return misfit("null can only be compared by eq and ne")
		}
		return nil
	}
	switch leaf.Type {
	case Boolean:
		if c.op != Eq && c.op != Ne {
			return misfit("a boolean can only be compared by eq and ne")
		}
		if s, ok := c.operand.Str(); ok && stringBooleans {
			if b, ok := ParseBoolean(s); ok {
				c.operand = BooleanValue(b)
			}
		}
		if _, ok := c.operand.Bool(); !ok {
			return misfit("a boolean is compared with true or false")
		}
	case Integer, Decimal:
		if !isNumeric(c.operand.Kind()) {
			return misfit("a number is compared with a number")
		}
		if c.op&(Co|Sw|Ew) != 0 {
			return misfit("a number has no substrings")
		}
	case Any:
		c.fold(c.operand.Text())
	default:
		s, ok := c.operand.Str()
		if !ok {
			return misfit("text is compared with a string")
		}
		if leaf.Type == Binary && c.op&(Gt|Ge|Lt|Le) != 0 {
			return misfit("binary data has no order")
		}
		if leaf.Type == DateTime && c.op&(Co|Sw|Ew) == 0 {
			t, ok := pointInTime(s)
			if !ok {
				return misfit("a date-time is compared with one such as 2026-01-31T08:00:00Z")
			}
			c.instant = t
		}
		c.text = s
		if !c.exact {
			c.fold(s)
		}
	}
	return nil
}

// pointInTime reads what a date-time is compared with. An xsd:dateTime (RFC 7643
// section 2.3.5) may be without a time zone; it is taken for UTC then.
func pointInTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func (c *comparison) fold(text string) { c.text, c.folded = text, []byte(Fold(text)) }

func (c *comparison) match(r *Record) bool {
	found, passes := false, false
	if c.sel.Slot == SlotSchemas && r.computesSchemas() {
		found, passes = c.schemas(r)
	} else {
		found, passes = c.list(r.vals[c.sel.Slot])
	}
	switch {
	case c.op == Pr:
		return passes
	case c.operand.IsNull():
		return passes == (c.op == Ne)
	default:
		// What has no value is not equal to anything.
		return passes || !found && c.op == Ne
	}
}

// The methods below are Selector.Values without iterators: a scan compares many
// records. Each reports whether there is a value, and whether one passes.

func (c *comparison) list(v Value) (found, passes bool) {
	if v.Kind() != KindList {
		return c.element(v)
	}
	for _, e := range v.node.vals {
		f, p := c.element(e)
		if p {
			return true, true
		}
		found = found || f
	}
	return found, false
}

// schemas is list for the attribute schemas where it is computed.
func (c *comparison) schemas(r *Record) (found, passes bool) {
	for i, passes := range c.passing {
		if passes && r.hasSchema(i) {
			return true, true
		}
	}
	return true, false
}

func (c *comparison) element(e Value) (found, passes bool) {
	switch {
	case c.sel.Filter != nil && (e.Record() == nil || !c.sel.Filter.Match(e.Record())):
		return false, false
	case c.sel.Sub == NoSlot:
		return c.leaf(e)
	case e.Record() == nil:
		return false, false
	}
	v := e.node.vals[c.sel.Sub]
	if v.Kind() != KindList {
		return c.leaf(v)
	}
	for _, m := range v.node.vals {
		f, p := c.leaf(m)
		if p {
			return true, true
		}
		found = found || f
	}
	return found, false
}

// leaf passes what is present where that is all that is asked.
func (c *comparison) leaf(v Value) (found, passes bool) {
	switch {
	case v.Unassigned():
		return false, false
	case c.op == Pr || c.operand.IsNull():
		return true, v.present()
	default:
		return true, c.compare(v)
	}
}

// present reports whether v passes pr: whether it is, or has in it, a value that is
// not empty.
func (v Value) present() bool {
	switch v.Kind() {
	case KindString:
		return v.str != ""
	case KindList:
		return slices.ContainsFunc(v.node.vals, Value.present)
	case KindObject:
		for _, m := range v.Members() {
			if m.present() {
				return true
			}
		}
		return false
	default:
		return !v.Unassigned()
	}
}

func (c *comparison) compare(v Value) bool {
	switch c.kind {
	case Boolean:
		return holds(c.op, boolOrder(v.Equal(c.operand)))
	case Integer, Decimal:
		return isNumeric(v.Kind()) && holds(c.op, compareNumbers(v, c.operand))
	case Any:
		return c.compareAny(v)
	default:
		s, ok := v.Str()
		if !ok {
			return false
		}
		return c.compareText(s)
	}
}

func (c *comparison) compareText(s string) bool {
	if !c.instant.IsZero() {
		t, err := time.Parse(time.RFC3339Nano, s)
		return err == nil && holds(c.op, t.Compare(c.instant))
	}
	switch {
	case !c.exact && c.op == Eq:
		return strings.EqualFold(s, c.text)
	case !c.exact && c.op == Ne:
		return !strings.EqualFold(s, c.text)
	case !c.exact:
		return c.compareFolded(s)
	}
	switch c.op {
	case Co:
		return strings.Contains(s, c.text)
	case Sw:
		return strings.HasPrefix(s, c.text)
	case Ew:
		return strings.HasSuffix(s, c.text)
	default:
		return holds(c.op, strings.Compare(s, c.text))
	}
}

// compareFolded compares without case. A scan compares many values, most of which
// are short: these cost no memory.
func (c *comparison) compareFolded(s string) bool {
	var buf [128]byte
	key, ok := appendFold(buf[:0], s)
	if !ok {
		key = []byte(Fold(s))
	}
	switch c.op {
	case Co:
		return bytes.Contains(key, c.folded)
	case Sw:
		return bytes.HasPrefix(key, c.folded)
	case Ew:
		return bytes.HasSuffix(key, c.folded)
	default:
		return holds(c.op, bytes.Compare(key, c.folded))
	}
}

// compareAny compares what has no declared type: numbers as numbers where both
// sides are, everything else as text without case.
func (c *comparison) compareAny(v Value) bool {
	if isNumeric(v.Kind()) && isNumeric(c.operand.Kind()) && c.op&(Co|Sw|Ew) == 0 {
		return holds(c.op, compareNumbers(v, c.operand))
	}
	if v.Kind() == KindObject || v.Kind() == KindList {
		return false
	}
	return c.compareText(v.Text())
}

// holds reports whether an order (-1, 0, 1) of value and operand satisfies op.
func holds(op Op, order int) bool {
	switch op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	default:
		return false
	}
}

func boolOrder(equal bool) int {
	if equal {
		return 0
	}
	return 1
}

// ParseBoolean reads true or false in any case.
func ParseBoolean(s string) (value, ok bool) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	default:
		return false, false
	}
}

// CheckValue reports whether v, which may be unassigned, fits the attribute: its
// kind goes with the type, lists stand where the attribute is multi-valued,
// choices of a target are not looked at. Its error names the attribute.
func (a *Attribute) CheckValue(v Value) error {
	if v.Unassigned() {
		return nil
	}
	if a.MultiValued {
		if v.Kind() != KindList {
			return fmt.Errorf("%s: a list is wanted, got %s", a.Name, v.Kind())
		}
		for _, e := range v.node.vals {
			if !a.Fits(e) {
				return fmt.Errorf("%s: a list of %s is wanted, got %s", a.Name, a.Type, e.Kind())
			}
		}
		return nil
	}
	if !a.Fits(v) {
		return fmt.Errorf("%s: %s is wanted, got %s", a.Name, a.Type, v.Kind())
	}
	return nil
}

// Fits reports whether v, one assigned value, is of the attribute's type; where
// the attribute is multi-valued, whether it can be an element.
func (a *Attribute) Fits(v Value) bool {
	switch a.Type {
	case Boolean:
		return v.Kind() == KindBoolean
	case Integer:
		return v.Kind() == KindInteger
	case Decimal:
		return isNumeric(v.Kind())
	case Complex:
		return v.Record() != nil && v.node.typ == a.Sub
	case Any:
		return true
	case DateTime:
		_, err := time.Parse(time.RFC3339Nano, v.str)
		return v.Kind() == KindString && err == nil
	case Date:
		_, err := time.Parse(time.DateOnly, v.str)
		return v.Kind() == KindString && err == nil
	default:
		return v.Kind() == KindString
	}
}

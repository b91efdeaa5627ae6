package expr

import (
	"errors"

	"github.com/usher-scim/usher/schema"
)

// Env is what an expression is compiled against. The zero Env knows functions
// and literals only.
type Env struct {
	Resource *schema.Type      // what SCIM paths mean; nil: there are none
	Target   *schema.Type      // what $target means; nil: there is none
	Prefixes map[string]string // short names of URNs
	Pick     Pick              // how multi-valued paths give one value
	// EmptyString keeps "" as a value; else it counts as unset where it is read,
	// tested or returned.
	EmptyString bool
	// List says that the result is for a list: paths through multi-valued
	// attributes give all their values.
	List bool
}

// Program is a compiled expression.
type Program struct {
	run             run
	typ             Type
	inputs          []schema.Selector
	fields          []schema.Slot
	target, op, now bool
	cost            int
	emptyString     bool
}

// run computes a value. An error goes into the scope, and the value is unset;
// null is never returned.
type run func(*Scope) schema.Value

// code is a compiled node.
type code struct {
	run run
	typ Type
	// lit is the node's value if it is a literal.
	lit   schema.Value
	isLit bool
	// elements and text bound the value: elements of a list (1 for others), bytes
	// of all its texts.
	elements, text int
}

// weight is the bound of weight(v) for the node's value.
func (c code) weight() int { return 2 + c.elements + c.text/16 }

// want says what a place takes.
type want uint8

const (
	wantOne      want = iota // one value: multi-valued paths are reduced
	wantList                 // all values
	wantPresence             // whether there is a value: size does not matter
)

// Compile checks and compiles an expression. It returns all errors it finds, in
// the order of the text, or a program.
func Compile(e *Expr, env *Env) (*Program, []*Error) {
	c := &compiler{env: env, program: &Program{}}
	if c.env == nil {
		c.env = &Env{}
	}
	w := wantOne
	if c.env.List {
		w = wantList
	}
	root := c.compile(e.root, w)
	if len(c.errs) == 0 && c.program.cost > MaxSteps {
		c.fail(e.root, CodeCost, "it could take %d steps, %d are allowed", c.program.cost, MaxSteps)
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	p := c.program
	p.run, p.typ, p.emptyString = root.run, root.typ, c.env.EmptyString
	return p, nil
}

// Type returns the type of the result.
func (p *Program) Type() Type { return p.typ }

// Inputs returns what the expression reads of the resource, without duplicates,
// in the order of the text. The slice must not be changed.
func (p *Program) Inputs() []schema.Selector { return p.inputs }

// UsesTarget reports whether the expression reads $target.
func (p *Program) UsesTarget() bool { return p.target }

// Fields returns the fields of the target that the expression reads, in the order
// of the text. The slice must not be changed.
func (p *Program) Fields() []schema.Slot { return p.fields }

// UsesOp reports whether the expression reads $op.
func (p *Program) UsesOp() bool { return p.op }

// UsesNow reports whether the expression reads $now.
func (p *Program) UsesNow() bool { return p.now }

// Cost returns the bound of the steps that an evaluation takes, at most MaxSteps.
func (p *Program) Cost() int { return p.cost }

// Eval evaluates the program over s; a nil scope has nothing set. The value is
// unset when there is none: never null, an empty list or, unless
// Env.EmptyString, "". Errors are *Error with the codes E_TYPE, E_CONVERT,
// E_AMBIGUOUS_VALUE and E_LIMIT, and the place in the text.
func (p *Program) Eval(s *Scope) (schema.Value, error) {
	if s == nil {
		s = &Scope{}
	}
	s.begin()
	v := p.run(s)
	s.end()
	if s.err != nil {
		err := s.err
		s.err = nil
		return schema.Value{}, err
	}
	return normalize(v, p.emptyString), nil
}

// Holds evaluates a condition: it holds if its value is true, not if it is unset
// or anything else. Errors are those of Eval.
func (p *Program) Holds(s *Scope) (bool, error) {
	v, err := p.Eval(s)
	return isTrue(v), err
}

func isTrue(v schema.Value) bool { b, ok := v.Bool(); return ok && b }

type compiler struct {
	env     *Env
	program *Program
	errs    []*Error
}

func (c *compiler) fail(n *node, as Code, format string, args ...any) code {
	c.errs = append(c.errs, errorAt(as, n.off, n.length, format, args...))
	return failed
}

// failed stands for a node with an error: of any type, so that no error follows
// from it.
var failed = code{}

func (c *compiler) compile(n *node, w want) code {
	c.program.cost++
	switch n.op {
	case opLiteral:
		return literalCode(n.value)
	case opPath:
		return c.compilePath(n, w)
	case opTarget:
		return c.compileTarget(n, w)
	case opOp:
		c.program.op = true
		return code{typ: Type{Kind: String}, elements: 1, text: 16, run: func(s *Scope) schema.Value {
			return normalize(schema.StringValue(s.Op), false)
		}}
	case opNow:
		c.program.now = true
		return code{typ: Type{Kind: Time}, elements: 1, text: 64, run: (*Scope).now}
	case opCall:
		return c.compileCall(n, w)
	case opTernary:
		return c.compileTernary(n, w)
	case opOr, opAnd:
		return c.compileLogic(n)
	case opNot:
		return c.compileNot(n)
	case opCompare:
		return c.compileCompare(n)
	default:
		return c.compileAdd(n)
	}
}

func literalCode(v schema.Value) code {
	k := valueKind(v)
	if v.IsNull() {
		v = schema.Value{}
	}
	s, _ := v.Str()
	return code{typ: Type{Kind: k}, lit: v, isLit: true, elements: 1, text: len(s), run: func(*Scope) schema.Value { return v }}
}

func valueKind(v schema.Value) Kind {
	switch v.Kind() {
	case schema.KindString:
		return String
	case schema.KindInteger:
		return Integer
	case schema.KindDecimal:
		return Number
	case schema.KindBoolean:
		return Boolean
	case schema.KindObject:
		return Object
	case schema.KindUnset, schema.KindNull:
		return Null
	default:
		return Any
	}
}

func (c *compiler) compilePath(n *node, w want) code {
	sel, err := bindPath(n, c.env.Resource, c.env.Prefixes)
	if err != nil {
		c.errs = append(c.errs, err)
		return failed
	}
	known := false
	for _, in := range c.program.inputs {
		known = known || in.String() == sel.String()
	}
	if !known {
		c.program.inputs = append(c.program.inputs, sel)
	}
	r := NewReader(sel, ReadOptions{Pick: c.env.Pick, EmptyString: c.env.EmptyString})
	return c.reading(n, r, w, func(s *Scope) *schema.Record { return s.Resource })
}

func (c *compiler) compileTarget(n *node, w want) code {
	p := &parser{text: n.name}
	keys, err := p.keys()
	if err != nil {
		err.Offset, err.Length = n.off, n.length
		c.errs = append(c.errs, err)
		return failed
	}
	sel, err := bindField(keys, c.env.Target)
	if err != nil {
		err.Offset, err.Length = n.off, n.length
		c.errs = append(c.errs, err)
		return failed
	}
	c.program.target = true
	c.program.fields = append(c.program.fields, sel.Slot)
	r := NewReader(sel, ReadOptions{Pick: c.env.Pick, EmptyString: c.env.EmptyString})
	return c.reading(n, r, w, func(s *Scope) *schema.Record { return s.Target })
}

// reading is the code of a path.
func (c *compiler) reading(n *node, r *Reader, w want, record func(*Scope) *schema.Record) code {
	out := code{typ: Type{Kind: r.typ.Kind}, elements: 1}
	if out.typ.Kind == Object && w != wantPresence {
		return c.fail(n, CodeType, "%s is complex: name one of its attributes", r.sel)
	}
	a := r.sel.Leaf()
	switch r.typ.Kind {
	case String, Time, Any:
		out.text = MaxString
		if a != nil && a.MaxLength > 0 {
			out.text = min(4*a.MaxLength, MaxString)
		}
	}
	if r.typ.Kind == Any || r.typ.List && w != wantOne {
		out.elements, out.text = MaxElements, min(MaxElements*out.text, MaxResult)
	}
	if w == wantOne || !r.typ.List {
		// An attribute of unknown type may hold a list, which is read whole.
		out.run = func(s *Scope) schema.Value {
			v, err := r.scalar(record(s))
			if err == nil {
				err = oversize(v)
			}
			if err != nil {
				return s.fail(err, n)
			}
			return v
		}
	} else {
		out.typ.List = true
		out.run = func(s *Scope) schema.Value {
			v := r.List(record(s))
			if err := oversize(v); err != nil {
				return s.fail(err, n)
			}
			return v
		}
	}
	if w == wantPresence {
		out.run = func(s *Scope) schema.Value {
			if !r.has(record(s)) {
				return schema.Value{}
			}
			return schema.BooleanValue(true)
		}
		out.typ, out.elements, out.text = Type{}, 1, 0
	}
	return out
}

// has reports whether there is a value to read.
func (r *Reader) has(rec *schema.Record) bool {
	if r.special() || r.opts.Pick == PickError {
		return !r.List(rec).IsUnset()
	}
	v, _ := r.scalar(rec)
	return !v.IsUnset()
}

func (c *compiler) compileTernary(n *node, w want) code {
	cond := c.compile(n.args[0], wantOne)
	c.wantBoolean(n.args[0], cond)
	yes, no := c.compile(n.args[1], w), c.compile(n.args[2], w)
	out := merge(yes, no)
	out.run = func(s *Scope) schema.Value {
		if isTrue(cond.run(s)) {
			return yes.run(s)
		}
		return no.run(s)
	}
	return out
}

// merge is the type and the bound of what is one of several values.
func merge(codes ...code) code {
	out := codes[0]
	out.lit, out.isLit = schema.Value{}, false
	for _, d := range codes[1:] {
		out.elements, out.text = max(out.elements, d.elements), max(out.text, d.text)
		out.typ = mergeTypes(out.typ, d.typ)
	}
	return out
}

func mergeTypes(a, b Type) Type {
	switch {
	case a == b || b.Kind == Null:
		return a
	case a.Kind == Null:
		return b
	case a.List != b.List:
		return Type{}
	case a.Kind == String && b.Kind == Time, a.Kind == Time && b.Kind == String:
		return Type{Kind: String, List: a.List}
	case a.Kind == Integer && b.Kind == Number, a.Kind == Number && b.Kind == Integer:
		return Type{Kind: Number, List: a.List}
	default:
		return Type{List: a.List}
	}
}

func (c *compiler) wantBoolean(n *node, got code) {
	if got.typ.List || !got.typ.Kind.fits(Boolean) {
		c.fail(n, CodeType, "a condition is wanted, this is %s", got.typ)
	}
}

// AsError returns the *Error in err's chain, or nil.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

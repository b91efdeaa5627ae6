package expr

import (
	"strconv"

	"github.com/usher-scim/usher/schema"
)

func (c *compiler) compileCall(n *node, w want) code {
	f := functions[n.name]
	if f == nil {
		c.unknownFunction(n)
		for _, a := range n.args {
			c.compile(a, wantList)
		}
		return failed
	}
	if !c.checkArity(n, f) {
		return failed
	}
	if w == wantPresence && !f.special {
		w = wantList
	}
	switch n.name {
	case "coalesce", "default":
		return c.compileCoalesce(n, w)
	case "isPresent", "isUnset":
		return c.compilePresence(n)
	case "join":
		return c.compileJoin(n)
	case "switch":
		return c.compileSwitch(n, w)
	default:
		return c.compileFunction(n, f, w)
	}
}

func (c *compiler) unknownFunction(n *node) {
	e := unknownFunction(n.name)
	e.Offset, e.Length = n.off, n.length
	c.errs = append(c.errs, e)
}

func unknownFunction(name string) *Error {
	if name == "map" || name == "lookup" {
		return &Error{Code: CodeUnknownFunc, Msg: name + " is a step of pipe, not a function"}
	}
	return &Error{Code: CodeUnknownFunc, Msg: "no function " + quote(name), Suggestion: Suggest(name, functionNames())}
}

func (c *compiler) checkArity(n *node, f *function) bool {
	msg := f.arity(n.name, len(n.args))
	if msg == "" {
		return true
	}
	c.fail(n, CodeType, "%s", msg)
	return false
}

// arity says what is wrong with a number of arguments, "" if nothing.
func (f *function) arity(name string, got int) string {
	least, most := f.min, -1
	if !f.special {
		least, most = len(f.params)-f.optional, len(f.params)
	}
	switch name {
	case "default":
		most = 2
	case "isPresent", "isUnset":
		most = 1
	}
	if got >= least && (most < 0 || got <= most) {
		return ""
	}
	wanted := strconv.Itoa(least)
	switch {
	case most < 0:
		wanted = "at least " + wanted
	case most > least:
		wanted += " or " + strconv.Itoa(most)
	}
	return name + " takes " + wanted + " arguments, not " + strconv.Itoa(got)
}

func (c *compiler) compileFunction(n *node, f *function, w want) code {
	subject := w
	if f.lists {
		subject = wantList
	}
	var args [3]code
	bad := false
	for i, a := range n.args {
		if i > 0 {
			subject = wantOne
		}
		before := len(c.errs)
		args[i] = c.compile(a, subject)
		bad = bad || len(c.errs) > before || !c.checkArgument(n, f, i, args[i])
	}
	if bad {
		return failed
	}
	f, err := f.prepared(args[1], args[2])
	if n.name == "dateDiff" && args[0].isLit && args[0].typ.Kind != Null {
		err = checkInterval(args[0].lit)
	}
	if err != nil {
		err.Offset, err.Length = n.off, n.length
		c.errs = append(c.errs, err)
		return failed
	}
	out := code{typ: f.resultType(n.name, args[0].typ), elements: 1}
	if args[0].typ.Kind == Null {
		out.typ = Type{Kind: Null}
	}
	out.bound(n.name, f, args[0])
	factor := 1 + f.factor
	c.program.cost += args[0].weight()*factor + out.weight()
	out.run = f.closure(n, args[:len(n.args)], factor)
	return out
}

// bound sets the bounds of a function's result.
func (c *code) bound(name string, f *function, in code) {
	switch name {
	case "joinList", "count", "first", "item":
	case "split":
		c.elements = MaxElements
	default:
		if in.typ.List || in.typ.Kind == Any {
			c.elements = in.elements
		}
	}
	if k := c.typ.Kind; isText(k) || k == Any {
		if c.text = min(c.elements*MaxString, MaxResult); f.shrinks {
			c.text = min(c.text, in.text)
		}
	}
}

func (c *compiler) checkArgument(n *node, f *function, i int, got code) bool {
	want := f.params[i]
	switch {
	case got.typ.Kind == Null:
		return true
	case got.typ.Kind == Object, !got.typ.Kind.fits(want):
		c.fail(n.args[i], CodeType, "%s takes %s here, not %s", n.name, want, got.typ)
		return false
	case i > 0 && got.typ.List:
		c.fail(n.args[i], CodeType, "%s takes one value here, not %s", n.name, got.typ)
		return false
	case f.literal == i && i > 0 && !got.isLit:
		c.fail(n.args[i], CodeType, "%s takes a literal here", n.name)
		return false
	}
	return true
}

func (f *function) prepared(a, b code) (*function, *Error) {
	if f.prepare == nil {
		return f, nil
	}
	return f.prepare(f, a.lit, b.lit)
}

// closure is the code of a call: unset arguments make it unset.
func (f *function) closure(n *node, args []code, factor int) run {
	name, subject := n.name, args[0].run
	finish := func(s *Scope, v, a, b schema.Value) schema.Value {
		if !s.spend(weight(v)*factor, n) {
			return schema.Value{}
		}
		r, err := f.each(name, v, a, b)
		if err == nil {
			err = oversize(r)
		}
		if err != nil {
			return s.fail(err, n)
		}
		if !s.spend(weight(r), n) {
			return schema.Value{}
		}
		return r
	}
	switch len(args) {
	case 1:
		return func(s *Scope) schema.Value {
			v := subject(s)
			if v.IsUnset() {
				return v
			}
			return finish(s, v, schema.Value{}, schema.Value{})
		}
	case 2:
		second, want := args[1].run, f.params[1]
		return func(s *Scope) schema.Value {
			v, a := subject(s), second(s)
			if v.IsUnset() || a.IsUnset() {
				return schema.Value{}
			}
			if !holds(a, want, false) {
				return s.fail(misfit(name, want, a), n)
			}
			return finish(s, v, a, schema.Value{})
		}
	default:
		second, third := args[1].run, args[2].run
		wantA, wantB := f.params[1], f.params[2]
		return func(s *Scope) schema.Value {
			v, a, b := subject(s), second(s), third(s)
			if v.IsUnset() || a.IsUnset() || b.IsUnset() {
				return schema.Value{}
			}
			if !holds(a, wantA, false) {
				return s.fail(misfit(name, wantA, a), n)
			}
			if !holds(b, wantB, false) {
				return s.fail(misfit(name, wantB, b), n)
			}
			return finish(s, v, a, b)
		}
	}
}

func (c *compiler) compileCoalesce(n *node, w want) code {
	codes := make([]code, len(n.args))
	runs := make([]run, len(n.args))
	for i, a := range n.args {
		codes[i] = c.compile(a, w)
		runs[i] = codes[i].run
	}
	out := merge(codes...)
	empty := c.env.EmptyString
	out.run = func(s *Scope) schema.Value {
		for _, r := range runs {
			if v := normalize(r(s), empty); !v.IsUnset() {
				return v
			}
		}
		return schema.Value{}
	}
	return out
}

func (c *compiler) compilePresence(n *node) code {
	d := c.compile(n.args[0], wantPresence)
	present, empty := n.name == "isPresent", c.env.EmptyString
	return code{typ: Type{Kind: Boolean}, elements: 1, run: func(s *Scope) schema.Value {
		return schema.BooleanValue(normalize(d.run(s), empty).IsUnset() != present)
	}}
}

func (c *compiler) compileJoin(n *node) code {
	sep := c.compile(n.args[0], wantOne)
	if sep.typ.List || !sep.typ.Kind.fits(String) {
		c.fail(n.args[0], CodeType, "join takes string here, not %s", sep.typ)
	}
	runs := make([]run, len(n.args)-1)
	for i, a := range n.args[1:] {
		d := c.compile(a, wantList)
		c.program.cost += d.weight()
		runs[i] = d.run
	}
	c.program.cost += 1 + MaxString/16
	empty := c.env.EmptyString
	return code{typ: Type{Kind: String}, elements: 1, text: MaxString, run: func(s *Scope) schema.Value {
		return joinTexts(s, n, sep.run, runs, empty)
	}}
}

// joinTexts joins what is set, element by element; it is unset if nothing is.
func joinTexts(s *Scope, n *node, sep run, runs []run, empty bool) schema.Value {
	separator := sep(s).Text()
	var stack [256]byte
	buf := stack[:0]
	found := false
	for _, r := range runs {
		v := r(s)
		if !s.spend(weight(v), n) {
			return schema.Value{}
		}
		if v.Kind() != schema.KindList {
			if v = normalize(v, empty); v.IsUnset() {
				continue
			}
			if found {
				buf = append(buf, separator...)
			}
			var ok bool
			if buf, ok = appendText(buf, v); !ok {
				return s.fail(misfit("join", Any, v), n)
			}
			found = true
			continue
		}
		for i := range v.Len() {
			e := normalize(v.At(i), empty)
			if e.IsUnset() {
				continue
			}
			if found {
				buf = append(buf, separator...)
			}
			var ok bool
			if buf, ok = appendText(buf, e); !ok {
				return s.fail(misfit("join", Any, e), n)
			}
			found = true
			if len(buf) > MaxString {
				break
			}
		}
	}
	switch {
	case len(buf) > MaxString:
		return s.fail(limitError("a text is longer than 4 KiB"), n)
	case !found || !s.spend(1+len(buf)/16, n):
		return schema.Value{}
	}
	return schema.StringValue(string(buf))
}

// appendText appends the text of a scalar; false for anything else.
func appendText(buf []byte, v schema.Value) ([]byte, bool) {
	switch v.Kind() {
	case schema.KindString, schema.KindDecimal:
		return append(buf, v.Text()...), true
	case schema.KindInteger:
		return strconv.AppendInt(buf, integer(v), 10), true
	case schema.KindBoolean:
		return strconv.AppendBool(buf, isTrue(v)), true
	default:
		return buf, false
	}
}

// compileSwitch compiles switch(v, k1, r1, …, [else]).
func (c *compiler) compileSwitch(n *node, w want) code {
	v := c.compile(n.args[0], wantOne)
	cases := n.args[1:]
	var keys, results []code
	literals := true
	for i := 0; i+1 < len(cases); i += 2 {
		k := c.compile(cases[i], wantOne)
		c.checkComparable(cases[i], v.typ, k.typ, true)
		c.program.cost += k.weight()
		_, isText := k.lit.Str()
		literals = literals && isText
		keys = append(keys, k)
		results = append(results, c.compile(cases[i+1], w))
	}
	otherwise := literalCode(schema.Null())
	if len(cases)%2 == 1 {
		otherwise = c.compile(cases[len(cases)-1], w)
	}
	out := merge(append(results[:len(results):len(results)], otherwise)...)
	c.program.cost += v.weight()
	empty := c.env.EmptyString
	instants := v.typ.Kind == Time
	if literals && !instants {
		out.run = switchText(n, v.run, keys, results, otherwise.run, empty)
		return out
	}
	out.run = func(s *Scope) schema.Value {
		x := normalize(v.run(s), empty)
		if !s.spend(weight(x), n) {
			return schema.Value{}
		}
		for i := range keys {
			k := normalize(keys[i].run(s), empty)
			if !s.spend(weight(k), n) {
				return schema.Value{}
			}
			if equal(x, k, instants) {
				return results[i].run(s)
			}
		}
		return otherwise.run(s)
	}
	return out
}

// switchText is the way of a switch whose keys are all literal texts: they are
// looked up at once, the first of two equal ones wins.
func switchText(n *node, subject run, keys, results []code, otherwise run, empty bool) run {
	table := make(map[string]run, len(keys))
	for i, k := range keys {
		key, _ := k.lit.Str()
		if _, ok := table[key]; !ok {
			table[key] = results[i].run
		}
	}
	unset := otherwise
	if r, ok := table[""]; ok && !empty {
		unset = r
	}
	return func(s *Scope) schema.Value {
		x := subject(s)
		text, ok := x.Str()
		switch {
		case x.IsUnset(), text == "" && ok && !empty:
			return unset(s)
		case !ok:
			return otherwise(s)
		case !s.spend(weight(x), n):
			return schema.Value{}
		}
		if r, ok := table[text]; ok {
			return r(s)
		}
		return otherwise(s)
	}
}

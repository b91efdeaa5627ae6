package expr

import (
	"github.com/usher-scim/usher/schema"
)

// Step is one element of a rule's pipe: a function with its literal arguments,
// "lower" or `truncate(40)`, or a reference to a value map or a lookup,
// `map("tz.rails")`. What a reference means is the mapping's.
type Step struct {
	name string
	args []schema.Value
	ref  string
	f    *function // nil for map and lookup
}

// ParseStep reads a step. Errors are *Error with the codes E_SYNTAX,
// E_UNKNOWN_FUNC, E_TYPE (wrong arguments, or none that is a literal) and
// E_COST.
func ParseStep(text string) (*Step, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	s, perr := p.step()
	if perr != nil {
		return nil, perr
	}
	if perr := s.bind(); perr != nil {
		if perr.Length == 0 {
			perr.Length = len(text)
		}
		return nil, perr
	}
	return s, nil
}

func (p *parser) step() (*Step, *Error) {
	p.space()
	off := p.pos
	s := &Step{name: p.word()}
	if s.name == "" || !isNameStart(s.name[0]) {
		p.pos = off
		return nil, p.expected("the name of a function")
	}
	if p.accept("(") {
		args, err := p.arguments()
		if err != nil {
			return nil, err
		}
		for _, a := range args {
			if a.op != opLiteral {
				return nil, errorAt(CodeType, a.off, a.length, "the arguments of a step are literals")
			}
			v := a.value
			if v.IsNull() {
				v = schema.Value{}
			}
			s.args = append(s.args, v)
		}
	}
	if p.space(); p.pos < len(p.text) {
		return nil, p.unexpected()
	}
	return s, nil
}

func (s *Step) bind() *Error {
	if s.name == "map" || s.name == "lookup" {
		if len(s.args) != 1 || s.args[0].Text() == "" {
			return &Error{Code: CodeType, Msg: s.name + " takes one name"}
		}
		s.ref = s.args[0].Text()
		return nil
	}
	f := functions[s.name]
	if f == nil {
		e := unknownFunction(s.name)
		if e.Suggestion == "" {
			e.Suggestion = Suggest(s.name, []string{"map", "lookup"})
		}
		return e
	}
	if s.name == "join" || s.name == "dateDiff" {
		return &Error{Code: CodeType, Msg: s.name + " cannot be a step: its subject is not its first argument"}
	}
	if msg := f.arity(s.name, 1+len(s.args)); msg != "" {
		return &Error{Code: CodeType, Msg: msg + ", the value of the step included"}
	}
	if f.special {
		s.f = s.bindSpecial()
		return nil
	}
	for i, a := range s.args {
		if want := f.params[i+1]; a.IsUnset() || !holds(a, want, false) {
			return misfit(s.name, want, a)
		}
	}
	s.f = f
	if f.prepare != nil {
		g, err := f.prepare(f, s.arg(0), s.arg(1))
		if err != nil {
			return err
		}
		s.f = g
	}
	return nil
}

// bindSpecial makes a function of one that takes unset values and any number of
// arguments.
func (s *Step) bindSpecial() *function {
	f := &function{params: []Kind{Any}, class: None, special: true, lists: true, result: functions[s.name].result}
	args := s.args
	switch s.name {
	case "coalesce", "default":
		f.apply = func(v, _, _ schema.Value) (schema.Value, *Error) {
			for i := 0; normalize(v, false).IsUnset() && i < len(args); i++ {
				v = args[i]
			}
			return v, nil
		}
	case "isPresent", "isUnset":
		present := s.name == "isPresent"
		f.apply = func(v, _, _ schema.Value) (schema.Value, *Error) {
			return schema.BooleanValue(normalize(v, false).IsUnset() != present), nil
		}
	default: // switch
		f.lists = false
		f.apply = func(v, _, _ schema.Value) (schema.Value, *Error) {
			for i := 0; i+1 < len(args); i += 2 {
				if v.Equal(args[i]) {
					return args[i+1], nil
				}
			}
			if len(args)%2 == 1 {
				return args[len(args)-1], nil
			}
			return schema.Value{}, nil
		}
	}
	return f
}

func (s *Step) arg(i int) schema.Value {
	if i < len(s.args) {
		return s.args[i]
	}
	return schema.Value{}
}

// Name returns the function's name: "lower", "map", "lookup".
func (s *Step) Name() string { return s.name }

// Args returns the literal arguments. The slice must not be changed.
func (s *Step) Args() []schema.Value { return s.args }

// Ref returns the name that map or lookup names, "" for other steps.
func (s *Step) Ref() string { return s.ref }

// String returns the step's text in its canonical form.
func (s *Step) String() string {
	if len(s.args) == 0 {
		return s.name
	}
	text := s.name + "("
	for i, a := range s.args {
		if i > 0 {
			text += ", "
		}
		text += literal(a)
	}
	return text + ")"
}

// TakesList reports whether the step takes a list as a whole; else it applies to
// each element.
func (s *Step) TakesList() bool { return s.f != nil && s.f.lists }

// Class returns the step's class. Map and lookup are Iso here; for a map the
// value map's own class counts.
func (s *Step) Class() Class {
	if s.f == nil {
		return Iso
	}
	return s.f.class
}

// Type returns the type that the step makes of a value of type in, or E_TYPE
// where it cannot take one. That of map and lookup is Any.
func (s *Step) Type(in Type) (Type, error) {
	switch {
	case s.f == nil:
		return Type{List: in.List}, nil
	case in.Kind == Null:
		return in, nil
	case in.Kind == Object, !in.Kind.fits(s.f.params[0]):
		return Type{}, &Error{Code: CodeType, Msg: s.name + " takes " + s.f.params[0].String() + ", not " + in.String()}
	case s.f.special && s.f.result == Any:
		return Type{List: in.List && s.f.lists}, nil
	case s.f.special:
		return Type{Kind: s.f.result}, nil
	default:
		return s.f.resultType(s.name, in), nil
	}
}

// Forward applies the step towards the target: to each element of a list, unless
// the step takes lists. Unset stays unset, but for coalesce, default, isPresent,
// isUnset and switch. Map and lookup return v as it is. Errors are *Error with
// the codes E_CONVERT, E_TYPE and E_LIMIT.
func (s *Step) Forward(v schema.Value) (schema.Value, error) {
	if s.f == nil {
		return v, nil
	}
	v = normalize(v, true)
	if v.IsUnset() && !s.f.special {
		return v, nil
	}
	r, err := s.f.each(s.name, v, s.arg(0), s.arg(1))
	if err != nil {
		return schema.Value{}, err
	}
	return r, nil
}

// Backward applies the inverse to a stored value, to each element of a list
// unless the step takes lists. It returns false for what the step cannot take
// back, which reads as unset, and leaves out such elements. Fold and Lossy steps
// return the value as it is, split and joinList each what the other makes. Map
// and lookup return v as it is.
func (s *Step) Backward(v schema.Value) (schema.Value, bool) {
	v = normalize(v, true)
	switch {
	case v.IsUnset():
		return schema.Value{}, false
	case s.f == nil:
		return v, true
	case s.f.back == nil:
		return v, s.f.class != None
	case v.Kind() != schema.KindList, s.name == "wrap", s.name == "split", s.name == "joinList":
		r, ok := s.f.back(v, s.arg(0), s.arg(1))
		if !ok {
			return schema.Value{}, false
		}
		return r, true
	}
	vs := make([]schema.Value, 0, v.Len())
	for i := range v.Len() {
		if r, ok := s.f.back(v.At(i), s.arg(0), s.arg(1)); ok {
			vs = append(vs, r)
		}
	}
	if len(vs) == 0 {
		return schema.Value{}, false
	}
	return schema.ListValue(vs...), true
}

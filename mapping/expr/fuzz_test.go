package expr

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/schema"
)

// FuzzExpr: parsing never panics and what it accepts prints back as an equal
// expression; a program that compiles takes no more steps than its bound, and
// its errors are typed and lie in the text.
func FuzzExpr(f *testing.F) {
	for _, seed := range []string{
		`lower(name.givenName) + "." + $target.first_name`,
		`emails[type eq "work" and primary eq true].value | before("@") | upper`,
		`active && ent:department != "Sales" ? fs:any : $now`,
		`switch(userType, "a", 1, null, -1.5e3, $op)`,
		`joinList(sort(dedupe(split(title, " "))), "-") | truncate(3)`,
		`coalesce(` + entURN + `:manager.displayName, "x\u00e4") == ""`,
		`replaceRegex(title, "(\\w+)", "$1$1") | matches("a+")`,
		`$target.custom_fields."a.b" + 1 + level`,
		`dateAdd(start, "m", 1) < $now || !custom.flag`,
		"“x”", `a ? b:c`, `((((`, `a|f|g`, `1e999 + 0.1`,
	} {
		f.Add(seed)
	}
	fx := newFixture(f)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			if p := AsError(err); p == nil || p.Offset < 0 || p.Length < 0 || p.Offset+p.Length > len(text) {
				t.Fatalf("%q: error %#v", text, err)
			}
			return
		}
		printed := e.String()
		if len(printed) <= MaxLength {
			again, err := Parse(printed)
			if err != nil {
				t.Fatalf("%q prints as %q: %v", text, printed, err)
			}
			if !same(e.root, again.root) || again.String() != printed {
				t.Fatalf("%q prints as %q, that as %q", text, printed, again)
			}
		}
		for _, list := range []bool{false, true} {
			env := fx.env
			env.List = list
			p, errs := Compile(e, &env)
			for _, err := range errs {
				if err.Offset < 0 || err.Offset+err.Length > len(text) {
					t.Fatalf("%q: error %#v", text, err)
				}
			}
			if p == nil {
				if len(errs) == 0 {
					t.Fatalf("%q: neither a program nor an error", text)
				}
				continue
			}
			scope := fx.scope
			v, err := p.Eval(&scope)
			if scope.used > p.Cost() || p.Cost() > MaxSteps {
				t.Fatalf("%q took %d steps, bound %d", text, scope.used, p.Cost())
			}
			if err != nil {
				if AsError(err) == nil {
					t.Fatalf("%q: error %#v", text, err)
				}
				continue
			}
			if oversize(v) != nil || v.IsNull() {
				t.Fatalf("%q gave %s", text, show(v))
			}
			if k, ok := known(v); ok && !k.Fits(p.Type()) {
				t.Fatalf("%q gave %s, its type is %s", text, show(v), p.Type())
			}
		}
	})
}

// known is the type of a value; false for one that has no exact type.
func known(v schema.Value) (Type, bool) {
	if v.IsUnset() {
		return Type{}, false
	}
	if v.Kind() != schema.KindList {
		return Type{Kind: valueKind(v)}, true
	}
	k, ok := known(v.At(0))
	return Type{Kind: k.Kind, List: true}, ok
}

// FuzzValueMap: in a map of any pairs, what is read of a native value is written
// as that value; an Iso map reads back what it wrote; case does not matter where
// the map folds.
func FuzzValueMap(f *testing.F) {
	f.Add("en=en;de=de;pt-BR=pt;de=De", "DE_at", true, false, "x")
	f.Add("Employee=full;Manager=full", "manager", false, true, "")
	f.Add("K=k;ſ=s", "\u212a", true, true, "K")
	f.Add("=;a=", "", false, false, "")
	f.Fuzz(func(t *testing.T, pairs, in string, parent, exact bool, def string) {
		spec := MapSpec{Parent: parent, CaseExact: exact}
		if def != "" {
			spec.Default = schema.StringValue(def)
		}
		for pair := range strings.SplitSeq(pairs, ";") {
			from, to, _ := strings.Cut(pair, "=")
			spec.Entries = append(spec.Entries, Entry{SCIM: schema.StringValue(from), Native: schema.StringValue(to)})
		}
		m, err := NewValueMap(spec)
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b schema.Value) bool {
			return a.Equal(b) || !exact && strings.EqualFold(a.Text(), b.Text())
		}
		for _, e := range spec.Entries {
			scim, ok := m.Backward(e.Native)
			if !ok {
				t.Fatalf("%s does not read", show(e.Native))
			}
			native, ok := m.Forward(scim, e.Native)
			if !ok || !same(native, e.Native) {
				t.Fatalf("%s reads as %s, which is written as %s", show(e.Native), show(scim), show(native))
			}
		}
		out, ok := m.Forward(schema.StringValue(in), schema.Value{})
		if ok != (m.All(schema.StringValue(in)) != nil) {
			t.Fatal("All and Forward disagree")
		}
		if ok && m.Class() == Iso {
			if back, _ := m.Backward(out); !same(back, schema.StringValue(in)) {
				t.Fatalf("iso: %q was written as %s and read as %s", in, show(out), show(back))
			}
		}
		if upper := strings.ToUpper(in); ok && !exact && strings.EqualFold(upper, in) {
			if again, ok := m.Forward(schema.StringValue(upper), schema.Value{}); !ok || !again.Equal(out) {
				t.Fatalf("%q and %q differ", in, upper)
			}
		}
		// The built-in maps take any text.
		for _, name := range BuiltinMaps() {
			v, ok := BuiltinMap(name).Forward(schema.StringValue(in), schema.Value{})
			if ok {
				if _, ok := BuiltinMap(name).Backward(v); !ok {
					t.Fatalf("%s: %q is written as %s, which does not read", name, in, show(v))
				}
			}
		}
	})
}

func FuzzStep(f *testing.F) {
	for _, seed := range []string{`lower`, `truncate(3)`, `map("x")`, `dateFormat("yyyyMMdd", "dd.MM.yyyy")`, `switch("a", null, true)`, `split(",")`} {
		f.Add(seed, "20260102")
	}
	f.Fuzz(func(t *testing.T, text, in string) {
		s, err := ParseStep(text)
		if err != nil {
			if e := AsError(err); e == nil || e.Offset < 0 || e.Offset+e.Length > len(text) {
				t.Fatalf("%q: error %#v", text, err)
			}
			return
		}
		if again, err := ParseStep(s.String()); len(s.String()) <= MaxLength && (err != nil || again.String() != s.String()) {
			t.Fatalf("%q prints as %q: %v", text, s, err)
		}
		for _, v := range []schema.Value{schema.StringValue(in), schema.StringsValue(in, "x"), schema.IntegerValue(5)} {
			out, err := s.Forward(v)
			if err != nil {
				continue
			}
			back, ok := s.Backward(out)
			if !ok {
				continue
			}
			if s.Class() != None && !s.TakesList() {
				if again, err := s.Forward(back); err == nil && s.Class() == Iso && !again.Equal(out) {
					t.Fatalf("%s: %s was read as %s and written as %s", s, show(out), show(back), show(again))
				}
			}
		}
	})
}

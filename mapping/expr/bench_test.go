package expr

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/usher-scim/usher/schema"
)

// The rows of mapping-design.md section 4, with the allocations that each may
// make: a step that changes text allocates its result, nothing else does.
var benchmarks = []struct {
	name, text string
	allocs     float64
}{
	{"concatenation", `lower(name.givenName + "." + name.familyName + "@EXAMPLE.com")`, 2},
	{"concatenation of lower text", `name.givenName + "." + name.familyName`, 1},
	{"switch on 3 strings", `switch(userType, "Employee", "full", "Contractor", "occasional", "Temp", "none")`, 0},
	{"condition", `active && ent:department != "Legal" ? userName : title`, 0},
	{"element of emails", `emails[type eq "work"].value`, 0},
	{"primary of emails", `emails.value`, 0},
	{"isEmail", `isEmail(userName)`, 0},
	{"coalesce", `coalesce(displayName, name.formatted, title)`, 0},
	{"join", `join(" ", name.givenName, name.middleName, name.familyName)`, 1},
	{"before", `before(coalesce(displayName, emails[type eq "work"].value), "@")`, 0},
	{"pattern", `matches(userName, "[^@]+@[^@]+")`, 0},
	{"arguments", `mid(title, 2, 3) + "x"`, 1},
	{"instants", `start < $now`, 0},
}

func TestEval_Allocations(t *testing.T) {
	f := newFixture(t)
	for _, bm := range benchmarks {
		p := f.compile(t, bm.text)
		_, err := p.Eval(&f.scope) // formats $now
		require.NoError(t, err)
		got := testing.AllocsPerRun(100, func() { _, _ = p.Eval(&f.scope) })
		assert.LessOrEqual(t, got, bm.allocs, bm.name)
	}
	m := BuiltinMap("tz.rails")
	zone, stored := schema.StringValue("America/New_York"), schema.StringValue("x")
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.Forward(zone, stored) }), "value map")
	s := step(t, "truncate(3)")
	v := schema.StringValue("abcdef")
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = s.Forward(v) }), "step")
}

func BenchmarkEval(b *testing.B) {
	f := newFixture(b)
	for _, bm := range benchmarks {
		b.Run(bm.name, func(b *testing.B) {
			p := f.compile(b, bm.text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(&f.scope); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	f := newFixture(b)
	for _, bm := range benchmarks[:5] {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e, err := Parse(bm.text)
				if err != nil {
					b.Fatal(err)
				}
				if _, errs := Compile(e, &f.env); errs != nil {
					b.Fatal(errs)
				}
			}
		})
	}
}

func BenchmarkValueMap(b *testing.B) {
	m := BuiltinMap("tz.rails")
	zone := schema.StringValue("America/New_York")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := m.Forward(zone, schema.Value{}); !ok {
			b.Fatal("not found")
		}
	}
}

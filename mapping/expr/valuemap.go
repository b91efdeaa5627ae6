package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// Entry is one pair of a value map.
type Entry struct{ SCIM, Native schema.Value }

// MapSpec describes a [ValueMap]. Several entries may share a SCIM value, the
// first of them is what is written; several may share a native value, the first
// of them is what is read.
type MapSpec struct {
	Entries     []Entry
	CaseExact   bool         // strings are compared with case (fold: false)
	Parent      bool         // fallback: parent, "de-AT" counts as "de"
	Default     schema.Value // native value of what no entry has; unset: none
	Passthrough bool         // what no entry has stands for itself
}

// ValueMap maps SCIM values to those of a target and back.
type ValueMap struct {
	spec     MapSpec
	natives  map[key][]schema.Value
	scim     map[key]schema.Value
	several  bool
	doubles  bool
	fallback []schema.Value // the default as a list
	// candidates, if set, yields what to look for in place of a text, in order.
	candidates func(s string, yield func(string) bool)
	lossy      bool // though no entry says so
}

// key is the form in which values are compared: type and value, without case if
// the map folds.
type key struct {
	kind schema.Kind
	num  int64
	text string
}

// NewValueMap returns a value map. It fails with E_TYPE where a value is unset,
// a list or an object.
func NewValueMap(spec MapSpec) (*ValueMap, error) {
	m := &ValueMap{spec: spec, natives: make(map[key][]schema.Value, len(spec.Entries)), scim: make(map[key]schema.Value, len(spec.Entries))}
	for _, e := range spec.Entries {
		if !scalar(e.SCIM) || !scalar(e.Native) {
			return nil, &Error{Code: CodeType, Msg: "an entry of a value map is a pair of texts, numbers or booleans"}
		}
		from, to := m.key(e.SCIM), m.key(e.Native)
		if _, ok := m.scim[to]; !ok {
			m.scim[to] = e.SCIM
		} else if m.key(m.scim[to]) != from {
			m.doubles = true
		} else {
			continue // the same pair again
		}
		m.natives[from] = append(m.natives[from], e.Native)
		m.several = m.several || len(m.natives[from]) > 1
	}
	if d := spec.Default; !d.IsUnset() {
		if !scalar(d) {
			return nil, &Error{Code: CodeType, Msg: "the default of a value map is a text, a number or a boolean"}
		}
		m.fallback = []schema.Value{d}
	}
	return m, nil
}

func scalar(v schema.Value) bool {
	switch v.Kind() {
	case schema.KindString, schema.KindInteger, schema.KindDecimal, schema.KindBoolean:
		return true
	default:
		return false
	}
}

func (m *ValueMap) key(v schema.Value) key {
	switch v.Kind() {
	case schema.KindString:
		s := v.Text()
		if !m.spec.CaseExact {
			s = foldText(s)
		}
		return key{kind: schema.KindString, text: s}
	case schema.KindInteger:
		return key{kind: schema.KindInteger, num: integer(v)}
	case schema.KindBoolean:
		if isTrue(v) {
			return key{kind: schema.KindBoolean, num: 1}
		}
		return key{kind: schema.KindBoolean}
	default:
		return key{kind: v.Kind(), text: v.Text()}
	}
}

// foldText gives texts that are equal by strings.EqualFold the same form.
func foldText(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToUpper(s)
	}
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}

// find looks the native values of one SCIM value up. For ASCII text of usual
// length it allocates nothing.
func (m *ValueMap) find(v schema.Value) []schema.Value {
	s, ok := v.Str()
	var stack [64]byte
	if !ok || m.spec.CaseExact || len(s) > len(stack) {
		return m.natives[m.key(v)]
	}
	folded := stack[:len(s)]
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return m.natives[m.key(v)]
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		folded[i] = c
	}
	return m.natives[key{kind: schema.KindString, text: string(folded)}]
}

// Class returns Iso if every native value stands for one SCIM value and there is
// neither fallback nor default, else Lossy.
func (m *ValueMap) Class() Class {
	if m.doubles || m.lossy || m.spec.Parent || !m.spec.Default.IsUnset() {
		return Lossy
	}
	return Iso
}

// Several reports whether some SCIM value stands for more than one native value.
func (m *ValueMap) Several() bool { return m.several }

// Forward returns the native value of v: the stored one (unset: none) if v stands
// for it, else the first. It returns false where there is none. The value passed
// through a map with Passthrough is v itself.
func (m *ValueMap) Forward(v, stored schema.Value) (schema.Value, bool) {
	natives := m.lookup(v)
	if natives == nil {
		return v, m.spec.Passthrough && scalar(v)
	}
	if len(natives) > 1 && scalar(stored) {
		want := m.key(stored)
		for _, n := range natives {
			if m.key(n) == want {
				return n, true
			}
		}
	}
	return natives[0], true
}

// All returns every native value that v stands for, nil for none. The slice must
// not be changed.
func (m *ValueMap) All(v schema.Value) []schema.Value {
	natives := m.lookup(v)
	if natives == nil && m.spec.Passthrough && scalar(v) {
		return []schema.Value{v}
	}
	return natives
}

func (m *ValueMap) lookup(v schema.Value) []schema.Value {
	if !scalar(v) {
		return nil
	}
	if natives := m.find(v); natives != nil {
		return natives
	}
	s, isText := v.Str()
	if isText && m.candidates != nil {
		var found []schema.Value
		m.candidates(s, func(candidate string) bool {
			found = m.find(schema.StringValue(candidate))
			return found == nil
		})
		if found != nil {
			return found
		}
	}
	for isText && m.spec.Parent {
		i := strings.LastIndexAny(s, "-_")
		if i < 0 {
			break
		}
		s = s[:i]
		if natives := m.find(schema.StringValue(s)); natives != nil {
			return natives
		}
	}
	return m.fallback
}

// Backward returns the SCIM value of a native one: of the first entry that has
// it. It returns false where there is none.
func (m *ValueMap) Backward(native schema.Value) (schema.Value, bool) {
	if !scalar(native) {
		return schema.Value{}, false
	}
	if v, ok := m.scim[m.key(native)]; ok {
		return v, true
	}
	if m.spec.Passthrough {
		return native, true
	}
	return schema.Value{}, false
}

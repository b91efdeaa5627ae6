package expr

import (
	"strconv"
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
	natives  map[string][]schema.Value // by key
	scim     map[string]schema.Value   // by key
	several  bool
	doubles  bool
	fallback []schema.Value // the default as a list
	// candidates, if set, yields what to look for in place of a text, in order.
	candidates func(s string, yield func(string) bool)
	lossy      bool // though no entry says so
}

// NewValueMap returns a value map. It fails with E_TYPE where a value is unset,
// a list or an object.
func NewValueMap(spec MapSpec) (*ValueMap, error) {
	m := &ValueMap{spec: spec, natives: make(map[string][]schema.Value, len(spec.Entries)), scim: make(map[string]schema.Value, len(spec.Entries))}
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

// key is the form in which values are compared: kind and value, without case if
// the map folds.
func (m *ValueMap) key(v schema.Value) string { return string(m.appendKey(nil, v)) }

// appendKey appends the key of a scalar. Looking up what was appended to a
// buffer on the stack allocates nothing, for ASCII text of usual length.
func (m *ValueMap) appendKey(dst []byte, v schema.Value) []byte {
	dst = append(dst, byte('a'+v.Kind()))
	s, ok := v.Str()
	switch {
	case v.Kind() == schema.KindInteger:
		return strconv.AppendInt(dst, integer(v), 10)
	case !ok || m.spec.CaseExact:
		return append(dst, v.Text()...)
	default:
		return appendFold(dst, s)
	}
}

// appendFold appends the same for all texts that are equal by
// strings.EqualFold.
func appendFold(dst []byte, s string) []byte {
	start := len(dst)
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return append(dst[:start], foldRunes(s)...)
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// foldRunes puts the least of the runes that differ by case only in the place of
// each.
func foldRunes(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}

// maxKey is how long a key may get without an allocation.
const maxKey = 64

// find looks the native values of one SCIM value up.
func (m *ValueMap) find(v schema.Value) []schema.Value {
	var stack [maxKey]byte
	return m.natives[string(m.appendKey(stack[:0], v))]
}

// Class returns Iso if every native value stands for one SCIM value and there is
// neither fallback nor default, else Lossy.
func (m *ValueMap) Class() Class {
	if m.doubles || m.lossy || m.spec.Parent || !m.spec.Default.IsUnset() {
		return Lossy
	}
	return Iso
}

// Folds reports whether texts are compared without case.
func (m *ValueMap) Folds() bool { return !m.spec.CaseExact }

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
	var stack [maxKey]byte
	if v, ok := m.scim[string(m.appendKey(stack[:0], native))]; ok {
		return v, true
	}
	if m.spec.Passthrough {
		return native, true
	}
	return schema.Value{}, false
}

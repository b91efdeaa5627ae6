package expr

import (
	"time"

	"github.com/usher-scim/usher/schema"
)

// Limits of what an expression may make. Past them an evaluation ends with
// E_LIMIT.
const (
	MaxString   = 4 << 10  // bytes of one text
	MaxElements = 1000     // elements of one list
	MaxResult   = 64 << 10 // bytes of all texts of one list
	// MaxSteps is the most work an expression may take: a step is an operation on
	// a value, or on 16 bytes of text. Compile refuses with E_COST what could
	// take more.
	MaxSteps = 100_000
)

// Scope is what expressions are evaluated over. One scope serves any number of
// programs, one at a time; all of its exported fields may be changed in
// between.
type Scope struct {
	Resource *schema.Record // of Env.Resource; nil: every SCIM path is unset
	Target   *schema.Record // of Env.Target; nil: every $target path is unset
	Op       string         // $op: create, replace or patch; "": unset
	Now      time.Time      // $now; the zero time: unset
	// Steps is the work that one evaluation may take; 0 means MaxSteps.
	Steps int

	used, limit int
	err         *Error // the first; what follows it does not count
	nowText     string // of nowTime
	nowTime     time.Time
}

func (s *Scope) begin() {
	s.used, s.err = 0, nil
	if s.limit = s.Steps; s.limit <= 0 {
		s.limit = MaxSteps
	}
}

// fail records the first error of an evaluation.
func (s *Scope) fail(err *Error, at *node) schema.Value {
	if s.err == nil {
		err.Offset, err.Length = at.off, at.length
		s.err = err
	}
	return schema.Value{}
}

// spend counts work and reports whether there may be more.
func (s *Scope) spend(steps int, at *node) bool {
	if s.err != nil {
		return false
	}
	if s.used += steps; s.used > s.limit {
		s.fail(&Error{Code: CodeLimit, Msg: "the expression takes too many steps"}, at)
		return false
	}
	return true
}

// now returns $now, formatted once.
func (s *Scope) now() schema.Value {
	if s.Now.IsZero() {
		return schema.Value{}
	}
	if s.nowText == "" || !s.nowTime.Equal(s.Now) {
		s.nowTime, s.nowText = s.Now, s.Now.UTC().Format(time.RFC3339)
	}
	return schema.StringValue(s.nowText)
}

// weight is the work of going through v: a step, and one for 16 bytes of text;
// for a list that of its elements.
func weight(v schema.Value) int {
	if v.Kind() != schema.KindList {
		s, _ := v.Str()
		return 1 + len(s)/16
	}
	w := 1
	for i := range v.Len() {
		w += weight(v.At(i))
	}
	return w
}

// oversize returns the limit that v exceeds, nil if none.
func oversize(v schema.Value) *Error {
	switch v.Kind() {
	case schema.KindString:
		if s, _ := v.Str(); len(s) > MaxString {
			return limitError("a text is longer than 4 KiB")
		}
	case schema.KindList:
		if v.Len() > MaxElements {
			return limitError("a list has more than 1000 elements")
		}
		total := 0
		for i := range v.Len() {
			s, _ := v.At(i).Str()
			if len(s) > MaxString {
				return limitError("a text is longer than 4 KiB")
			}
			total += len(s)
		}
		if total > MaxResult {
			return limitError("the texts of a list are longer than 64 KiB")
		}
	}
	return nil
}

func limitError(msg string) *Error { return &Error{Code: CodeLimit, Msg: msg} }

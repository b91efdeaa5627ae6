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
// between. Work is counted twice: for the evaluation at hand, and for all of
// them together.
type Scope struct {
	Resource *schema.Record // of Env.Resource; nil: every SCIM path is unset
	Target   *schema.Record // of Env.Target; nil: every $target path is unset
	Op       string         // $op: create, replace or patch; "": unset
	Now      time.Time      // $now; the zero time: unset
	// Steps is the work that one evaluation may take; 0 means MaxSteps.
	Steps int
	// Total is the work that all evaluations may take together; 0 for no bound.
	Total int

	used, limit int
	spent       int    // in all, but for the evaluation under way
	err         *Error // the first; what follows it does not count
	nowText     string // of nowTime
	nowTime     time.Time
}

func (s *Scope) begin() {
	s.used, s.err = 0, nil
	if s.limit = s.Steps; s.limit <= 0 {
		s.limit = MaxSteps
	}
	if s.Total > 0 {
		s.limit = min(s.limit, s.Total-s.spent)
	}
}

// end adds what an evaluation took to the whole.
func (s *Scope) end() {
	if s.spent += s.used; s.Total > 0 {
		s.spent = min(s.spent, s.Total)
	}
}

// Spend counts work that is to be done beside evaluations, and reports whether
// it may be; if not, nothing is left.
func (s *Scope) Spend(steps int) bool {
	if s.Total > 0 && steps > s.Total-s.spent {
		s.spent = s.Total
		return false
	}
	s.spent += steps
	return true
}

// Spent returns the work done since the last [Scope.Restart], Total at most.
func (s *Scope) Spent() int { return s.spent }

// Restart counts the whole of the work anew.
func (s *Scope) Restart() { s.spent = 0 }

// TooMuch is the message of E_LIMIT where Scope.Total is exceeded.
const TooMuch = "all rules together take too many steps"

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
	if s.used += steps; s.used <= s.limit {
		return true
	}
	if s.Total > 0 && s.spent+s.used > s.Total {
		s.fail(limitError(TooMuch), at)
	} else {
		s.fail(limitError("the expression takes too many steps"), at)
	}
	return false
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

// Weight returns the work of going through v: a step, and one for 16 bytes of
// text; for a list that of its elements.
func Weight(v schema.Value) int {
	if s, ok := v.Str(); ok {
		return 1 + len(s)/16
	}
	return weight(v)
}

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

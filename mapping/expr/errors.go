package expr

import (
	"fmt"
	"strconv"

	"github.com/usher-scim/usher/schema"
)

// Code is the stable name of an [Error]. Mapping documents and logs show it.
type Code string

// Codes of errors found when an expression is parsed or compiled.
const (
	CodeSyntax           Code = "E_SYNTAX"            // the text does not follow the grammar
	CodeUnknownAttribute Code = "E_UNKNOWN_ATTRIBUTE" // no such SCIM attribute
	CodeUnknownField     Code = "E_UNKNOWN_FIELD"     // no such field of the target
	CodeUnknownFunc      Code = "E_UNKNOWN_FUNC"      // no such function
	CodeUnknownPrefix    Code = "E_UNKNOWN_PREFIX"    // no such prefix
	CodeCost             Code = "E_COST"              // too long, too deep or too expensive
)

// Codes of errors found when an expression is compiled or evaluated.
const (
	CodeType      Code = "E_TYPE"            // a value of the wrong kind
	CodeConvert   Code = "E_CONVERT"         // a text that cannot be converted
	CodeAmbiguous Code = "E_AMBIGUOUS_VALUE" // several values where one is wanted (pick: error)
	CodeLimit     Code = "E_LIMIT"           // a result or the work exceeds its limit
)

// Error is an error in an expression. It matches another *Error in errors.Is if
// the codes are equal.
type Error struct {
	Code Code
	// Offset and Length say what part of the text is at fault, in bytes from 0.
	// Length is 0 where only a place is known.
	Offset, Length int
	// Msg says what is wrong, without the data at fault.
	Msg string
	// Suggestion is the nearest known name, "" when none is near.
	Suggestion string
	// Value is the value at fault at run time, unset when there is none. It may
	// be personal or secret.
	Value schema.Value
}

// Error returns the message, with the suggestion but without position, code and
// value.
func (e *Error) Error() string {
	if e.Suggestion != "" {
		return e.Msg + "; did you mean " + e.Suggestion + "?"
	}
	return e.Msg
}

// Reason returns the message with the value at fault, or with [redacted] in its
// place.
func (e *Error) Reason(redact bool) string {
	if e.Value.IsUnset() {
		return e.Error()
	}
	if redact {
		return e.Msg + ": [redacted]"
	}
	return e.Msg + ": " + literal(e.Value)
}

// Is reports whether target is an *Error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

func errorAt(code Code, offset, length int, format string, args ...any) *Error {
	return &Error{Code: code, Offset: offset, Length: length, Msg: fmt.Sprintf(format, args...)}
}

func convertError(msg string, v schema.Value) *Error {
	return &Error{Code: CodeConvert, Msg: msg, Value: v}
}

// literal is v as the language writes it: strings in plain JSON quotes.
func literal(v schema.Value) string {
	switch s, ok := v.Str(); {
	case ok:
		return quote(s)
	case v.Kind() == schema.KindInteger:
		return strconv.FormatInt(integer(v), 10)
	default:
		return string(v.AppendJSON(nil))
	}
}

func integer(v schema.Value) int64 { n, _ := v.Integer(); return n }

package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// ErrorKind says what a [SyntaxError] is about.
type ErrorKind uint8

// The kinds of errors.
const (
	KindSyntax  ErrorKind = iota // the text does not follow its grammar
	KindUnknown                  // it names an attribute that the type does not have
	KindType                     // an operator or a value does not fit the attribute
	KindLimit                    // it is too long, too deep, or has too many terms
)

// SyntaxError is an error in a filter, a path or a JSON document, found when it
// was parsed or bound to a type. Its text is fit for a client: it quotes names
// and operators, never values.
type SyntaxError struct {
	Kind   ErrorKind
	Text   string // the name or operator at fault, may be empty
	Offset int    // where it stands, in bytes from 0; -1 where that is not known
	Msg    string
}

// Error returns the message with the name at fault and the position.
func (e *SyntaxError) Error() string {
	s := e.Msg
	if e.Text != "" {
		s += ": " + quoteShort(e.Text)
	}
	if e.Offset >= 0 {
		s += fmt.Sprintf(" (at %d)", e.Offset)
	}
	return s
}

// maxQuoted is how much of a name is quoted, in bytes: whoever sends a name of a
// megabyte does not need it back.
const maxQuoted = 100

func quoteShort(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(strings.ToValidUTF8(s[:maxQuoted], "")) + "..."
	}
	return strconv.Quote(s)
}

// Limits of what ParseFilter and ParsePath accept.
const (
	MaxFilterLength = 4096 // bytes
	MaxFilterDepth  = 32   // nested parentheses, brackets and nots
	MaxFilterTerms  = 200  // comparisons
)

package mapping

import (
	"fmt"
	"strings"
)

// Diagnostic is a problem of a document.
type Diagnostic struct {
	Code Code
	// At is the JSON pointer (RFC 6901) of the member at fault, which need not be
	// present.
	At   string
	File string
	// Line and Column count from 1, columns in characters; 0 where the place is
	// not known.
	Line, Column int
	Msg          string
	// Suggestion is the nearest known name, "" when none is near.
	Suggestion string
	// Snippet is the line of the document with a caret below the column, "" where
	// the place is not known.
	Snippet string
}

// Error returns place, message and code on one line.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if d.File != "" {
		b.WriteString(d.File + ":")
	}
	if d.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", d.Line, d.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if d.Line == 0 && d.At != "" {
		b.WriteString(d.At + ": ")
	}
	b.WriteString(d.Msg)
	if d.Suggestion != "" {
		b.WriteString("; did you mean " + d.Suggestion + "?")
	}
	b.WriteString(" [" + string(d.Code) + "]")
	return b.String()
}

// Diagnostics are the problems of one or more documents, in document order.
type Diagnostics []Diagnostic

// Err returns d as an error, nil when there are no problems.
func (d Diagnostics) Err() error {
	if len(d) == 0 {
		return nil
	}
	return &DiagnosticsError{List: d}
}

// String returns all problems, each with its snippet.
func (d Diagnostics) String() string {
	var b strings.Builder
	for i := range d {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(d[i].Error())
		if d[i].Snippet != "" {
			b.WriteString("\n" + d[i].Snippet)
		}
	}
	return b.String()
}

// DiagnosticsError is [Diagnostics] as an error.
type DiagnosticsError struct{ List Diagnostics }

// Error returns all problems, each with its snippet.
func (e *DiagnosticsError) Error() string { return e.List.String() }

// maxSnippet is how many characters of a line a snippet shows.
const maxSnippet = 160

// snippet shows a line and marks a column, both from 1. Long lines are cut
// around the mark; control characters become spaces, so that the caret stays
// below its character.
func snippet(line string, column int) string {
	runes := []rune(line)
	if column < 1 || column > len(runes)+1 {
		return ""
	}
	start := 0
	if column > maxSnippet/2 {
		start = column - maxSnippet/2
	}
	end := min(len(runes), start+maxSnippet)
	var b strings.Builder
	b.WriteString("    ")
	for _, r := range runes[start:end] {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		b.WriteRune(r)
	}
	b.WriteString("\n    " + strings.Repeat(" ", column-1-start) + "^")
	return b.String()
}

package scimtest

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The most bytes that messages show of a value and of a body.
const (
	shownValue = 300
	shownBody  = 2000
)

// Failure is one unmet expectation.
type Failure struct {
	// Place is what was looked at: "status", "header Location", "body",
	// "document" ([Matcher]), "request" (no answer), "before" or "after" (a hook).
	Place string
	// Pointer is the place in the actual body as a JSON pointer (RFC 6901); empty
	// for the whole.
	Pointer string
	// Expected is the matcher as JSON, variables filled in, or words.
	Expected string
	// Actual is the actual value as JSON, or words.
	Actual string
	// Detail says more, such as how the nearest array element differs; it may be
	// empty. For "request" and hooks it is the error.
	Detail string

	err error // what Detail says, for errors.Is
}

// String returns the failure as one sentence, with long values shortened.
func (f Failure) String() string {
	var b strings.Builder
	b.WriteString(f.Place)
	if f.Pointer != "" {
		b.WriteString(" " + f.Pointer)
	}
	if f.Expected != "" || f.Actual != "" {
		fmt.Fprintf(&b, ": expected %s, got %s", shorten(f.Expected, shownValue), shorten(f.Actual, shownValue))
		if f.Detail != "" {
			b.WriteString(" (" + f.Detail + ")")
		}
		return b.String()
	}
	return b.String() + ": " + f.Detail
}

// FailedError is the error of a conversation that ran and did not go as
// expected.
type FailedError struct {
	// Result is the whole result.
	Result *Result
}

// Error describes the step that failed over several lines.
func (e *FailedError) Error() string {
	c := e.Result.Conversation
	var b strings.Builder
	fmt.Fprintf(&b, "conversation %s", c.ID())
	if c.ID() != c.Name {
		fmt.Fprintf(&b, " (%s)", c.Name)
	}
	for _, s := range e.Result.Steps {
		if len(s.Failures) > 0 {
			s.describe(&b, len(c.Steps))
		}
	}
	return b.String()
}

// Unwrap returns the errors behind the failures: of the network and of hooks.
func (e *FailedError) Unwrap() []error {
	var out []error
	for _, s := range e.Result.Steps {
		for _, f := range s.Failures {
			if f.err != nil {
				out = append(out, f.err)
			}
		}
	}
	return out
}

func (s *StepResult) describe(b *strings.Builder, steps int) {
	fmt.Fprintf(b, ": step %d of %d failed\n  %s", s.Index+1, steps, s.Line)
	if s.Answer != nil {
		fmt.Fprintf(b, " answered %d", s.Status)
	} else {
		b.WriteString(" has no answer")
	}
	if s.Note != "" {
		fmt.Fprintf(b, "\n  note: %s", s.Note)
	}
	for _, f := range s.Failures {
		b.WriteString("\n  - " + f.String())
	}
	if s.sent != "" {
		b.WriteString("\n  sent: " + shorten(s.sent, shownBody))
	}
	if s.got != "" {
		b.WriteString("\n  got: " + shorten(s.got, shownBody))
	}
}

// shorten cuts s at a letter and says how long it was.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:end], len(s))
}

// TB is the part of *testing.T and *testing.B that RunT uses.
type TB interface {
	Helper()
	Context() context.Context
	Skipf(format string, args ...any)
	Errorf(format string, args ...any)
}

// RunT runs a conversation and reports its result to t: a skip, an error or
// nothing. Call it in a subtest of its own, because a skip ends the test.
func RunT(t TB, target Target, c *Conversation, opts *Options) *Result {
	t.Helper()
	result := Run(t.Context(), target, c, opts)
	if result.Skipped != "" {
		t.Skipf("%s: %s", c.ID(), result.Skipped)
	}
	if err := result.Err(); err != nil {
		t.Errorf("%v", err)
	}
	return result
}

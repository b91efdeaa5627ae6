package scim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/usher-scim/usher/schema"
)

// The scimType keywords of RFC 7644 section 3.12 and, the last three, of RFC 9865
// section 2.1.
const (
	InvalidFilter = "invalidFilter"
	TooMany       = "tooMany"
	Uniqueness    = "uniqueness"
	Mutability    = "mutability"
	InvalidSyntax = "invalidSyntax"
	InvalidPath   = "invalidPath"
	NoTarget      = "noTarget"
	InvalidValue  = "invalidValue"
	InvalidVers   = "invalidVers"
	Sensitive     = "sensitive"
	InvalidCursor = "invalidCursor"
	ExpiredCursor = "expiredCursor"
	InvalidCount  = "invalidCount"
)

// Error is an error that a client gets to see (RFC 7644 section 3.12).
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Type is the scimType keyword; "" for none.
	Type string
	// Detail is a sentence for the client's administrator. It has no secret and
	// no text of a third party in it.
	Detail string
	// RetryAfter is sent as Retry-After, rounded up to seconds, when it is not 0.
	RetryAfter time.Duration
	// Err is the cause, for the log; a client never sees it.
	Err error
}

// Errorf returns an error with status, scimType keyword and detail.
func Errorf(status int, scimType, format string, args ...any) *Error {
	return &Error{Status: status, Type: scimType, Detail: fmt.Sprintf(format, args...)}
}

// Error returns status, keyword, detail and cause, for logs.
func (e *Error) Error() string {
	s := fmt.Sprintf("scim: %d", e.Status)
	if e.Type != "" {
		s += " " + e.Type
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func invalidValue(path, why string) *Error {
	return Errorf(http.StatusBadRequest, InvalidValue, "Attribute %s: %s.", path, why)
}

func mutability(path, why string) *Error {
	return Errorf(http.StatusBadRequest, Mutability, "Attribute %s: %s.", path, why)
}

func noTarget(op *Op) *Error {
	return Errorf(http.StatusBadRequest, NoTarget, "Path %s: no value of the resource matches it.", attributePath(op.Target))
}

// attributePath is the selector's text without the filter's values, which may be
// personal.
func attributePath(s schema.Selector) string {
	text := s.Type.Path(s.Slot)
	if s.Filter != nil {
		text += "[…]"
	}
	if s.Sub != schema.NoSlot {
		text += "." + s.Leaf().Name
	}
	return text
}

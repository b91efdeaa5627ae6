package gateway

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
)

// Code says in a word why something about connections was refused.
type Code string

// The codes.
const (
	Invalid       Code = "invalid"        // a member is missing, malformed or unknown
	UnknownTarget Code = "unknown_target" // no application has that name
	Exists        Code = "exists"         // the id, or the hash of a token, is taken
	NotFound      Code = "not_found"      // no such connection
	Refused       Code = "refused"        // the target does not accept the credentials
	Closed        Code = "closed"         // the gateway has been closed
)

// Error is the error of a gateway's methods. Its text is fit for administrators:
// it has no secret in it.
type Error struct {
	Code Code
	// Field is the member that is at fault ("settings.domain"); "" for none.
	Field string
	Msg   string
	// Err is the cause; nil for none.
	Err error
}

// Error returns field and message.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Msg
	}
	return e.Msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// status is the HTTP status of an error's answer.
func (e *Error) status() int {
	switch e.Code {
	case Exists:
		return http.StatusConflict
	case NotFound:
		return http.StatusNotFound
	case Closed:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// openError gives an error of the registry the form of an *Error.
func openError(err error) *Error {
	if e, ok := errors.AsType[*connector.SettingError](err); ok {
		return &Error{Code: Invalid, Field: e.Field, Msg: e.Msg, Err: err}
	}
	out := &Error{Code: Invalid, Field: "target", Msg: oneLine(err.Error()), Err: err}
	if e, ok := errors.AsType[*connector.Error](err); ok && e.Code == connector.NotFound {
		out.Code, out.Msg = UnknownTarget, e.Reason
	}
	return out
}

// oneLine joins the lines of joined errors.
func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "; ") }

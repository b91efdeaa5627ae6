package freshservicetest

import (
	"cmp"
	"net/http"

	"github.com/usher-scim/usher/internal/simulator"
)

// answer is a whole answer, built under the lock and written after it.
type answer = simulator.Answer

// fieldError is one entry of a validation failure (§1.5).
type fieldError struct {
	Field   string          `json:"field,omitempty"`
	Message string          `json:"message"`
	Code    string          `json:"code"`
	Info    *additionalInfo `json:"additional_info,omitempty"`
}

type additionalInfo struct {
	UserID int64 `json:"user_id"`
}

// The messages that the reference quotes (§1.5, §8.2), and our own.
const (
	messagePositiveInteger = `["It should be a/an Positive Integer"]`
	messageChoice          = `["It should be one of the choice value."]`
	messageEmpty           = "This field cannot be empty"
	messageUnexpected      = "Unexpected/invalid field in request"
)

func jsonAnswer(status int, v any) answer {
	ans, err := simulator.JSON(status, v)
	if err != nil {
		return flat(http.StatusInternalServerError, "internal", "freshservicetest: "+err.Error())
	}
	return ans
}

// wrapped is an answer of one object or list below its key (§1.3).
func wrapped(status int, key string, v any) answer {
	return jsonAnswer(status, map[string]any{key: v})
}

func emptyOK() answer { return simulator.Empty(http.StatusOK) }

func noContent() answer { return simulator.Empty(http.StatusNoContent) }

// flat is the error shape of everything but validation (§1.5).
func flat(status int, code, message string) answer {
	return jsonAnswer(status, map[string]string{"code": code, "message": message})
}

// failed is the error shape of a validation failure (§1.5).
func failed(status int, errs ...fieldError) answer {
	return jsonAnswer(status, struct {
		Description string       `json:"description"`
		Errors      []fieldError `json:"errors"`
	}{"Validation failed", errs})
}

// invalid is a validation failure under the account's rules.
func (a *Account) invalid(errs ...fieldError) answer {
	return failed(cmp.Or(a.rules.ValidationStatus, http.StatusBadRequest), errs...)
}

// mismatch is the error for a wrong JSON type; want is "String", "Boolean" …
func (a *Account) mismatch(field, want string) fieldError {
	code := "datatype_mismatch"
	if a.rules.TypeErrorsAsInvalidValue {
		code = "invalid_value"
	}
	return fieldError{Field: field, Message: `["It should be a/an ` + want + `"]`, Code: code}
}

func invalidValue(field, message string) fieldError {
	return fieldError{Field: field, Message: message, Code: "invalid_value"}
}

func missing(field string) fieldError {
	return fieldError{Field: field, Message: messageEmpty, Code: "missing_field"}
}

func unexpected(field string) fieldError {
	return fieldError{Field: field, Message: messageUnexpected, Code: "invalid_field"}
}

func (a *Account) readonly(field string) fieldError {
	if a.rules.ReadonlyAsInvalidField {
		return unexpected(field)
	}
	return fieldError{Field: field, Message: "This field is read only", Code: "readonly_field"}
}

// duplicate is the answer for a value that somebody else has (§9.1).
func (a *Account) duplicate(field string, owner int64) answer {
	status := cmp.Or(a.rules.DuplicateStatus, http.StatusConflict)
	e := fieldError{Field: field, Message: "It should be a unique value", Code: cmp.Or(a.rules.DuplicateCode, "duplicate_value")}
	if a.rules.DuplicateNamesUser && owner != 0 {
		e.Info = &additionalInfo{UserID: owner}
	}
	switch a.rules.DuplicateShape {
	case DuplicateFlat:
		return flat(status, e.Code, e.Message)
	case DuplicateWithoutField:
		e.Field = ""
	}
	return failed(status, e)
}

// notFound is the answer for an unknown id (§1.5).
func (a *Account) notFound() answer {
	if a.rules.NotFoundBody {
		return flat(http.StatusNotFound, "not_found", "The requested resource was not found")
	}
	return simulator.Empty(http.StatusNotFound)
}

// refusal is the answer for a user who is active, or not, where the call needs
// the contrary, with a status that a rule sets.
func (a *Account) refusal(status int, message string) answer {
	return a.refusalOf("active", status, message)
}

// refusalOf is the answer for a record that is in the wrong state by a field.
func (a *Account) refusalOf(field string, status int, message string) answer {
	switch status {
	case http.StatusNotFound:
		return a.notFound()
	case http.StatusBadRequest:
		return failed(status, fieldError{Field: field, Message: message, Code: "incompatible_field"})
	}
	return flat(status, "inconsistent_state", message)
}

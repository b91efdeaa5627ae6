package zendesktest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/internal/simulator"
)

// answer is a whole answer, built under the lock and written after it.
type answer = simulator.Answer

func jsonAnswer(status int, v any) answer {
	ans, err := simulator.JSON(status, v)
	if err != nil {
		return titled(http.StatusInternalServerError, "Internal", "zendesktest: "+err.Error())
	}
	return ans
}

func textAnswer(status int, text string) answer {
	h := http.Header{}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	return answer{Status: status, Header: h, Body: []byte(text)}
}

// wrapped is an answer of one object or list below its key.
func wrapped(status int, key string, v any) answer {
	return jsonAnswer(status, map[string]any{key: v})
}

func noContent() answer { return simulator.Empty(http.StatusNoContent) }

// named is the error shape {"error": code, "description": …} (§2.4).
func named(status int, code, description string) answer {
	return jsonAnswer(status, map[string]any{"error": code, "description": description})
}

// titled is the error shape {"error": {"title": …, "message": …}} (§2.4).
func titled(status int, title, message string) answer {
	return jsonAnswer(status, map[string]any{"error": map[string]string{"title": title, "message": message}})
}

// listed is the error shape {"errors": [{"code": …}]} (§2.4).
func listed(status int, code, title, detail string) answer {
	return jsonAnswer(status, map[string]any{"errors": []map[string]string{{"code": code, "title": title, "detail": detail}}})
}

func notFound() answer { return named(http.StatusNotFound, "RecordNotFound", "Not found") }

func forbidden(message string) answer {
	return titled(http.StatusForbidden, "Forbidden", message)
}

// notAllowed is the refusal of something that the caller may not do.
func notAllowed() answer { return forbidden("You do not have access to this page.") }

// couldNot is the refusal of missing or wrong credentials (§1.5).
func couldNot() answer {
	return jsonAnswer(http.StatusUnauthorized, map[string]string{"error": "Couldn't authenticate you"})
}

// detail is one entry of a validation failure (§2.4).
type detail struct {
	Description string `json:"description"`
	Error       string `json:"error,omitempty"`
}

// problems are the failures of a record by field; "base" is the whole record.
type problems map[string][]detail

func (p problems) add(field, code, description string) {
	p[field] = append(p[field], detail{Description: description, Error: code})
}

// The codes inside details. Only DuplicateValue was seen verbatim (§2.4).
const (
	duplicateValue = "DuplicateValue"
	blankValue     = "BlankValue"
	invalidValue   = "InvalidValue"
	invalidFormat  = "InvalidFormat"
)

// recordInvalid is the answer for a record that fails validation (§2.4).
func (a *Account) recordInvalid(p problems) answer {
	if a.rules.DetailsWithoutCodes {
		for _, list := range p {
			for i := range list {
				list[i].Error = ""
			}
		}
	}
	return jsonAnswer(http.StatusUnprocessableEntity, map[string]any{
		"error": "RecordInvalid", "description": "Record validation errors", "details": p,
	})
}

// refused is recordInvalid for one field.
func (a *Account) refused(field, code, description string) answer {
	p := problems{}
	p.add(field, code, description)
	return a.recordInvalid(p)
}

// wrongType is the answer for a value of the wrong JSON type, in the shape that
// is known from the parameter page (§3).
func (a *Account) wrongType(field, want string) answer {
	if a.rules.TypeErrorsAsRecordInvalid {
		return a.refused(field, invalidValue, label(field)+": is invalid")
	}
	return invalidParameter(field, "must be "+want)
}

// invalidParameter is the answer for a parameter or a body that is not what it
// should be (§3).
func invalidParameter(name, what string) answer {
	return titled(http.StatusBadRequest, "Invalid attribute",
		"You passed an invalid value for the "+name+" attribute. Invalid parameter: "+name+" "+what)
}

// reason is what an item of a job says of a refusal (§9): the code, and the texts
// in one.
func reason(refusal answer) (code, details string) {
	var v struct {
		Error       any                 `json:"error"`
		Description string              `json:"description"`
		Details     map[string][]detail `json:"details"`
	}
	if json.Unmarshal(refusal.Body, &v) != nil {
		return "Error", string(refusal.Body)
	}
	code, _ = v.Error.(string)
	if inner, ok := v.Error.(map[string]any); ok {
		code, _ = inner["title"].(string)
		v.Description, _ = inner["message"].(string)
	}
	var texts []string
	for _, field := range sortedKeys(v.Details) {
		for _, d := range v.Details[field] {
			texts = append(texts, d.Description)
		}
	}
	if len(texts) == 0 {
		return code, v.Description
	}
	return code, strings.Join(texts, ", ")
}

// label is a field's name as messages write it.
func label(field string) string {
	s := strings.ReplaceAll(field, "_", " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

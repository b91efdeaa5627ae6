package freshservice

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/oauth2"
	"github.com/usher-scim/usher/schema"
)

// Error codes of the API (api.freshservice.com, "Client Errors").
const (
	codeDuplicate        = "duplicate_value"
	codeMissing          = "missing_field"
	codeInvalidValue     = "invalid_value"
	codeMismatch         = "datatype_mismatch"
	codeInvalidField     = "invalid_field"
	codeReadonly         = "readonly_field"
	codeInaccessible     = "inaccessible_field"
	codeIncompatible     = "incompatible_field"
	codeFeature          = "require_feature"
	codeSuspended        = "account_suspended"
	codeLockout          = "password_lockout"
	codePasswordExpired  = "password_expired"
	codeBadCredentials   = "invalid_credentials"
	codeBadAuthorization = "unsupported_authentication_type"
	codeTokenInvalid     = "access_token_invalid"
	codeTokenExpired     = "access_token_expired"
)

// refusal is what an error answer says: its codes and fields. Its messages are
// the vendor's words, and may quote values, so they are not even read.
type refusal struct {
	code   string // of the flat form
	fields []refusedField
}

type refusedField struct{ field, code string }

// readRefusal reads either form of an error body. Anything else, an empty body or
// the HTML of a proxy, is a refusal without words.
func readRefusal(body []byte) refusal {
	v, err := schema.ParseJSON(body)
	if err != nil {
		return refusal{}
	}
	r := refusal{code: v.Member("code").Text()}
	for e := range v.Member("errors").Elements() {
		r.fields = append(r.fields, refusedField{field: e.Member("field").Text(), code: e.Member("code").Text()})
	}
	return r
}

// has reports whether a code is in the refusal.
func (r refusal) has(code string) bool {
	for _, f := range r.fields {
		if f.code == code {
			return true
		}
	}
	return r.code == code
}

// request says of a failed request what its error has to know.
type request struct {
	// typ is the type of the record that was sent or asked for; may be nil.
	typ *schema.Type
	// byID says that the path named a record, which a 404 then means.
	byID bool
	// create says that a record was to be made: an open outcome is Ambiguous.
	create bool
	// address is the field of an e-mail address that was sent, "" if none was.
	address string
}

// fail gives an error of the HTTP client, or of reading its answer, a code.
func fail(err error, req request) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		var own *connector.Error
		if req.create && errors.As(err, &own) && own.Code == connector.Internal {
			// The answer was good but for its body, so the record was made.
			return &connector.Error{Code: connector.Ambiguous, Err: err}
		}
		return err
	}
	out := &connector.Error{RetryAfter: e.RetryAfter, Err: e}
	if req.create && e.Ambiguous() {
		out.Code = connector.Ambiguous
		return out
	}
	switch e.Kind {
	case httpx.KindStatus:
		readStatus(out, e, req)
	case httpx.KindRateLimited:
		out.Code = connector.RateLimited
	case httpx.KindUnavailable, httpx.KindRefused:
		out.Code = connector.Unavailable
	case httpx.KindAmbiguous:
		out.Code = connector.Ambiguous
	case httpx.KindCanceled:
		out.Code = connector.Canceled
	case httpx.KindDeadlineExceeded:
		out.Code = connector.DeadlineExceeded
	case httpx.KindCredentials:
		out.Code, out.Reason = connector.Unauthenticated, "the credential could not be used"
		if t, ok := errors.AsType[*oauth2.Error](e.Err); ok {
			out.Code, out.Reason = t.Code, t.Reason
		}
	case httpx.KindDryRun:
		out.Code = connector.Unknown
	default:
		out.Code = connector.Internal
	}
	return out
}

// readStatus sets code, field and reason from an answer that refuses.
func readStatus(out *connector.Error, e *httpx.Error, req request) {
	r := readRefusal(e.Body)
	switch e.Status {
	case http.StatusUnauthorized:
		out.Code, out.Reason = connector.Unauthenticated, "Freshservice does not accept the credential"
	case http.StatusForbidden:
		readForbidden(out, r)
	case http.StatusNotFound:
		if req.byID {
			out.Code = connector.NotFound
			return
		}
		out.Code, out.Reason = connector.Unavailable, "Freshservice has no such account, or the account no such feature"
	case http.StatusConflict:
		readConflict(out, r, req)
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		readInvalid(out, r, req)
	default:
		out.Code = connector.Internal
	}
}

func readForbidden(out *connector.Error, r refusal) {
	out.Code = connector.Denied
	switch {
	case r.has(codeBadCredentials), r.has(codeBadAuthorization), r.has(codePasswordExpired), r.has(codeTokenInvalid), r.has(codeTokenExpired):
		out.Code, out.Reason = connector.Unauthenticated, "Freshservice does not accept the credential"
	case r.has(codeLockout):
		out.Reason = "the agent whose credential is used is locked out for too many failed logins"
	case r.has(codeFeature):
		out.Reason = "the account's plan does not have this feature"
	case r.has(codeSuspended):
		out.Reason = "the account is suspended"
	default:
		out.Reason = "the agent whose credential is used may not do this"
	}
}

// readConflict tells a taken address from a record in the wrong state. The
// documentation gives duplicates no status, so the code decides, then the field.
func readConflict(out *connector.Error, r refusal, req request) {
	for _, f := range r.fields {
		field := fieldName(req.typ, f.field)
		if f.code == codeDuplicate || isAddress(field) {
			duplicate(out, field, req)
			return
		}
	}
	switch {
	case r.code == codeDuplicate, req.create && r.code == "" && len(r.fields) == 0:
		duplicate(out, "", req)
	default:
		out.Code, out.Reason = connector.Conflict, "Freshservice does not allow it in the record's present state"
	}
}

func readInvalid(out *connector.Error, r refusal, req request) {
	refused := false
	for _, f := range r.fields {
		if f.code != codeDuplicate {
			refused = true
		}
	}
	if !refused && r.has(codeDuplicate) {
		field := ""
		if len(r.fields) > 0 {
			field = fieldName(req.typ, r.fields[0].field)
		}
		duplicate(out, field, req)
		return
	}
	out.Code, out.Reason = connector.Invalid, "Freshservice does not take the request"
	if req.typ == nil {
		// A list: what was refused is a parameter that the driver made.
		out.Code, out.Reason = connector.Internal, ""
	}
	var others []string
	for _, f := range r.fields {
		name := fieldName(req.typ, f.field)
		switch {
		case f.code == codeDuplicate || name == "":
		case out.Field == "":
			out.Field, out.Reason = name, reasonFor(f.code, req.typ.Lookup(name))
		case name != out.Field:
			others = append(others, name)
		}
	}
	switch {
	case out.Field != "" && len(others) > 0:
		out.Reason += "; also refused: " + strings.Join(others, ", ")
	case out.Field == "" && req.typ != nil:
		// Perhaps a field that an administrator has just made mandatory.
		for _, f := range r.fields {
			if f.code != codeDuplicate && isFieldName(f.field) {
				out.Reason = "Freshservice refuses its field " + f.field + ", which is not known here"
				break
			}
		}
	}
}

// isFieldName reports whether a name that the type does not have can be shown: it
// has the form of the API's names, which leaves no room for anything else.
func isFieldName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && c != '.' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return strings.Contains(s, "_") && len(s) <= 64
}

func duplicate(out *connector.Error, field string, req request) {
	if field == "" {
		// Addresses are the only values that are documented as unique.
		field = req.address
	}
	out.Code, out.Field, out.Reason = connector.AlreadyExists, field, "another one has it"
	if field == "" || isAddress(field) {
		out.Reason = "another requester or agent has it, active or not"
	}
}

func reasonFor(code string, a *schema.Attribute) string {
	switch code {
	case codeMissing:
		return "Freshservice wants a value"
	case codeMismatch:
		return "Freshservice wants a value of another type"
	case codeInvalidField:
		return "Freshservice does not know the field"
	case codeReadonly, codeInaccessible:
		return "Freshservice does not let it be written"
	case codeIncompatible:
		return "Freshservice does not let it be changed in the record's present state"
	}
	if n := len(a.Choices); code == codeInvalidValue && n > 0 && n <= 20 {
		return "not one of " + strings.Join(a.Choices, ", ")
	}
	return "Freshservice does not take the value"
}

// fieldName translates a field in an error answer to the name in the type: API
// names, those of field discovery, custom fields with and without their
// container. It is "" for what the type does not have, which could be anything.
func fieldName(t *schema.Type, name string) string {
	if t == nil || name == "" {
		return ""
	}
	translated, other := apiName(t.Name(), name)
	if other && t.Name() == ObjectAgent {
		name = translated // its assignments are a field that nothing writes as such
	}
	for _, n := range [...]string{name, translated, customName(name)} {
		if a := t.Lookup(n); n != "" && a != nil {
			return a.Name
		}
	}
	return ""
}

func isAddress(field string) bool {
	return field == "primary_email" || field == "secondary_emails" || field == "email"
}

// malformed is the error of an answer that cannot be read. Nothing of the answer
// is in it.
func malformed(method, path, what string) error {
	return &connector.Error{Code: connector.Internal, Err: fmt.Errorf("%s: %s", strings.TrimSpace(method+" "+path), what)}
}

// statusOf returns the HTTP status behind an error, 0 if there is none.
func statusOf(err error) int {
	if e, ok := errors.AsType[*httpx.Error](err); ok {
		return e.Status
	}
	return 0
}

// refusesField reports whether the API does not let a field be sent at all.
func refusesField(err error, field string) bool {
	own, ok := errors.AsType[*connector.Error](err)
	if !ok || own.Code != connector.Invalid {
		return false
	}
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return false
	}
	for _, f := range readRefusal(e.Body).fields {
		switch f.code {
		case codeInvalidField, codeReadonly, codeInaccessible:
			if f.field == field {
				return true
			}
		}
	}
	return false
}

// refusedValue returns the field whose value the API refused as a value.
func refusedValue(err error) (string, bool) {
	own, ok := errors.AsType[*connector.Error](err)
	if !ok || own.Code != connector.Invalid || own.Field == "" {
		return "", false
	}
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return "", false
	}
	r := readRefusal(e.Body)
	return own.Field, r.has(codeInvalidValue) || r.has(codeMismatch) || r.has(codeMissing)
}

package zendesk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/oauth2"
	"github.com/usher-scim/usher/schema"
)

// Error codes of the API. Those inside details are an open set, of which the
// vendor documents little.
const (
	codeDuplicate       = "DuplicateValue"
	codeBlank           = "BlankValue"
	codeInvalidEndpoint = "InvalidEndpoint"
)

// refusal is what an error answer says: its code and fields. Its descriptions
// are the vendor's words, and quote values, so they are not even read.
type refusal struct {
	isJSON bool
	code   string
	fields []refusedField
}

// refusedField is one entry of details. Name is base for what is about the record
// as a whole, code may be "".
type refusedField struct{ name, code string }

const wholeRecord = "base"

// readRefusal reads the forms of an error body: an error's code with details by
// field, an error with a title, a list of errors. Anything else, plain text or the
// HTML of a proxy, is a refusal without words.
func readRefusal(data []byte) refusal {
	v, err := schema.ParseJSON(data)
	if err != nil || v.Kind() != schema.KindObject {
		return refusal{}
	}
	r := refusal{isJSON: true, code: v.Member("error").Text()}
	if r.code == "" {
		r.code = v.Member("errors").At(0).Member("code").Text()
	}
	for name, list := range v.Member("details").Members() {
		f := refusedField{name: name}
		for e := range list.Elements() {
			// Of several, a duplicate says most.
			if code := e.Member("error").Text(); code != "" && (f.code == "" || code == codeDuplicate) {
				f.code = code
			}
		}
		r.fields = append(r.fields, f)
	}
	return r
}

// request says of a failed request what its error has to know.
type request struct {
	// typ is the type of the record that was sent or asked for; may be nil.
	typ *schema.Type
	// byID says that the path named a record, which a 404 then means.
	byID bool
	// create says that a record was to be made: an open outcome is Ambiguous.
	create bool
	// deletes says that the record was to be deleted.
	deletes bool
	// raises says that the request makes somebody an agent or administrator.
	raises bool
	// takes says that the request suspends somebody or takes rights away.
	takes bool
	// value is the field that an identity's value stands for, "" for none.
	value string
}

// fail gives an error of the HTTP client, or of reading its answer, a code.
func (d *driver) fail(err error, req request) error {
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
		d.readStatus(out, e, req)
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
		out.Code, out.Reason = connector.Unauthenticated, "no access token could be had"
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
func (d *driver) readStatus(out *connector.Error, e *httpx.Error, req request) {
	r := readRefusal(e.Body)
	switch e.Status {
	case http.StatusUnauthorized:
		out.Code, out.Reason = connector.Unauthenticated, d.auth.words()
	case http.StatusForbidden:
		out.Code, out.Reason = connector.Denied, "the user whom the credential belongs to may not do this, or the account's plan does not have it"
		switch missing := d.auth.lacking(); {
		case len(missing) > 0:
			out.Reason = "the access token lacks the scopes " + strings.Join(missing, " ")
		case req.raises && d.isAdmin():
			// An administrator may make agents: it is not a matter of rights.
			out.Code, out.Field, out.Reason = connector.Exhausted, "role", noSeatWords
		}
	case http.StatusNotFound:
		d.readNotFound(out, r, req, len(e.Body) == 0)
	case http.StatusConflict:
		readConflict(out, r, req)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		readInvalid(out, r, req)
	default:
		out.Code = connector.Internal
	}
}

// readNotFound tells a record that is gone from a path that the account does not
// have, and both from the page that answers for an account that does not exist:
// taken for records that are gone, it would make everybody look deleted.
func (d *driver) readNotFound(out *connector.Error, r refusal, req request, empty bool) {
	switch {
	case !r.isJSON && !empty:
		out.Code, out.Reason = connector.Unavailable, "there is no Zendesk account at "+d.account
	case req.byID && r.code != codeInvalidEndpoint:
		out.Code = connector.NotFound
	default:
		out.Code, out.Reason = connector.Unavailable, "the account does not have this feature"
	}
}

// readConflict tells a taken value from writes that met. A create that met
// another write may have met one of the same values: it counts as one whose
// outcome is open, so that it is looked for before it is made again.
func readConflict(out *connector.Error, r refusal, req request) {
	switch {
	case len(r.fields) > 0:
		readInvalid(out, r, req)
	case req.create:
		out.Code = connector.Ambiguous
	case req.deletes || req.takes:
		// Not a user who cannot be deleted or disabled: the next attempt will do.
		out.Code, out.Reason = connector.Unavailable, "somebody else is changing the record"
	default:
		out.Code, out.Reason = connector.Conflict, "somebody else is changing the record"
	}
}

func readInvalid(out *connector.Error, r refusal, req request) {
	out.Code, out.Reason = connector.Invalid, "Zendesk does not take the request"
	if req.typ == nil {
		// A list: what was refused is a parameter that the driver made.
		out.Code, out.Reason = connector.Internal, ""
		return
	}
	if req.deletes {
		out.Code, out.Reason = connector.Conflict, keptWords(req.typ)
		return
	}
	var others []string
	for _, f := range r.fields {
		a := fieldOf(req, f.name)
		switch {
		case a == nil:
		case f.code == codeDuplicate:
			if out.Code != connector.AlreadyExists {
				out.Code, out.Field, out.Reason = connector.AlreadyExists, a.Name, takenWords(req.typ)
			}
		case out.Field == "":
			out.Field, out.Reason = a.Name, reasonFor(f.code, a)
		case a.Name != out.Field:
			others = append(others, a.Name)
		}
	}
	switch {
	case out.Code == connector.Invalid && req.raises && isAboutRole(r):
		out.Code, out.Field = connector.Exhausted, "role"
		out.Reason = noSeatWords
	case out.Code == connector.Invalid && req.takes && isAboutRole(r):
		out.Code, out.Field = connector.Denied, ""
		out.Reason = "Zendesk does not let the user be suspended or lose the role; most likely it is the account's owner"
	case out.Code == connector.Invalid && out.Field != "" && len(others) > 0:
		out.Reason += "; also refused: " + strings.Join(others, ", ")
	case out.Code == connector.Invalid && out.Field == "":
		// Perhaps a field that an administrator has just made.
		for _, f := range r.fields {
			if f.name != wholeRecord && isFieldName(f.name) {
				out.Reason = "Zendesk refuses its field " + f.name + ", which is not known here"
				break
			}
		}
	}
}

// noSeatWords is the reason of a promotion that is refused for no fault of its own.
const noSeatWords = "Zendesk does not take the user as an agent; most likely every agent seat of the subscription is taken"

func takenWords(t *schema.Type) string { return "another " + t.Name() + " has it" }

// keptWords says why a record may not be deleted.
func keptWords(t *schema.Type) string {
	switch t.Name() {
	case ObjectGroup:
		return "Zendesk refuses to delete the group; most likely it is the account's default group"
	case ObjectUser:
		return "Zendesk refuses to delete the user, for example one who has asked for tickets that are still open, or who owns the account"
	default:
		return "Zendesk refuses to delete it"
	}
}

// isAboutRole reports whether a refusal is about the role or the record as a
// whole, and nothing else. How the API says that the seats are used up is not
// documented; a role itself is never wrong here.
func isAboutRole(r refusal) bool {
	if len(r.fields) == 0 {
		return false
	}
	return !slices.ContainsFunc(r.fields, func(f refusedField) bool {
		return f.name != wholeRecord && f.name != "role" && f.name != "custom_role_id" && f.name != "suspended"
	})
}

// isFieldName reports whether a name that the type does not have can be shown: it
// has the form of the API's names, which leaves no room for anything else.
func isFieldName(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return strings.Contains(s, "_") && len(s) <= 64
}

func reasonFor(code string, a *schema.Attribute) string {
	if code == codeBlank {
		return "Zendesk wants a value"
	}
	if n := len(a.Choices); n > 0 && n <= 20 {
		return "not one of " + strings.Join(a.Choices, ", ")
	}
	return "Zendesk does not take the value"
}

// fieldOf finds the field that an error answer names: built-in ones by their
// names, custom ones with and without their container, an identity's value.
func fieldOf(req request, name string) *schema.Attribute {
	switch {
	case name == "value" && req.value != "":
		name = req.value
	case name == "" || name == wholeRecord:
		return nil
	}
	for _, try := range [...]string{name, connector.JoinField(userContainer, name), connector.JoinField(organizationContainer, name)} {
		if a := req.typ.Lookup(try); a != nil {
			return a
		}
	}
	return nil
}

// words says that the credential is not accepted.
func (a *authorizer) words() string {
	switch a.auth.kind {
	case byAuthorizationCode:
		return "Zendesk does not accept the access token of the user who authorized the OAuth client; the user may have been suspended"
	case byClientCredentials:
		return "Zendesk does not accept the OAuth client's access token; the user whom the client belongs to may have been suspended"
	}
	return "Zendesk does not accept the e-mail address and API token"
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

// refusedWithoutCode returns the unique field whose value was refused in an
// answer that does not say why.
func refusedWithoutCode(err error, req request) (string, bool) {
	own, ok := errors.AsType[*connector.Error](err)
	if !ok || own.Code != connector.Invalid || !isKey(req.typ, own.Field) {
		return "", false
	}
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok {
		return "", false
	}
	for _, f := range readRefusal(e.Body).fields {
		if a := fieldOf(req, f.name); a != nil && a.Name == own.Field {
			return own.Field, f.code == ""
		}
	}
	return "", false
}

// isKey reports whether a field's value belongs to one record only, or may be set
// up to.
func isKey(t *schema.Type, field string) bool {
	a := t.Lookup(field)
	return a != nil && (a.Uniqueness == schema.UniqueServer || t.Name() == ObjectGroup && field == "name")
}

package provision

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// retryLater is the Retry-After of a target that is down and does not say for
// how long.
const retryLater = 30 * time.Second

// answer is how a connector's code reaches a client.
type answer struct {
	status   int
	scimType string
	retry    bool   // a Retry-After goes with it
	detail   string // used where the error gives no reason
}

// answers is the one table from codes to answers (design D12). A code that is not
// here is answered by status 500 and a fixed sentence.
var answers = map[connector.Code]answer{
	connector.NotFound:         {status: http.StatusNotFound, detail: "no such resource"},
	connector.AlreadyExists:    {status: http.StatusConflict, scimType: scim.Uniqueness, detail: "a value that has to be unique is taken"},
	connector.Invalid:          {status: http.StatusBadRequest, scimType: scim.InvalidValue, detail: "the target refused a value"},
	connector.Conflict:         {status: http.StatusConflict, detail: "the record is in a state that does not allow it"},
	connector.Precondition:     {status: http.StatusPreconditionFailed, detail: "the resource has changed meanwhile"},
	connector.Denied:           {status: http.StatusForbidden, detail: "the target does not allow it"},
	connector.Unauthenticated:  {status: http.StatusBadGateway, detail: "the target does not accept the connection's credential"},
	connector.RateLimited:      {status: http.StatusTooManyRequests, retry: true, detail: "the target's rate limit is used up"},
	connector.Unsupported:      {status: http.StatusNotImplemented, detail: "the target cannot do this"},
	connector.Unavailable:      {status: http.StatusServiceUnavailable, retry: true, detail: "the target cannot be reached"},
	connector.Canceled:         {status: http.StatusServiceUnavailable, retry: true, detail: "the request was given up"},
	connector.DeadlineExceeded: {status: http.StatusServiceUnavailable, retry: true, detail: "the target did not answer in time"},
	connector.Internal:         {status: http.StatusBadGateway, detail: "the target's answer makes no sense"},
	connector.Ambiguous:        {status: http.StatusServiceUnavailable, retry: true, detail: "the target's answer was lost"},
	connector.Exhausted:        {status: http.StatusForbidden, detail: "the target has no licence left"},
	connector.ReadOnly:         {status: http.StatusBadRequest, scimType: scim.Mutability, detail: "the target does not let it be changed from outside"},
}

// toSCIM gives an error the form that a client may see. It never returns nil.
func (b *Backend) toSCIM(bind *binding, err error) *scim.Error {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*mapping.Errors](err); ok {
		return mappingError(e)
	}
	code := connector.CodeOf(err)
	a, ok := answers[code]
	if !ok {
		return &scim.Error{Status: http.StatusInternalServerError, Err: err}
	}
	out := &scim.Error{Status: a.status, Type: a.scimType, Detail: a.detail, Err: err}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		if e.Reason != "" {
			out.Detail = e.Reason
		}
		if e.Field != "" {
			out.Detail = b.blame(bind, code, e.Field, e.Reason)
		}
		out.RetryAfter = e.RetryAfter
	}
	if a.retry && out.RetryAfter <= 0 {
		out.RetryAfter = retryLater
	}
	return out
}

// forgotten is the answer when the connection's State cannot be asked: nothing is
// wrong with the request, and it can be sent again.
func forgotten(err error) error {
	if connector.CodeOf(err) != connector.Unknown {
		return err // the client has gone, or the State knows better
	}
	return &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: retryLater, Detail: "what this connection remembers cannot be read just now", Err: err}
}

// blame says that the target refused a field, under the name of the SCIM
// attribute behind it.
func (b *Backend) blame(bind *binding, code connector.Code, field, reason string) string {
	path, rule := "", ""
	if bind != nil && bind.plan != nil {
		path, rule = bind.plan.RuleFor(field)
	}
	s := "the target refused " + field
	if code == connector.AlreadyExists {
		s = "somebody has this " + field + " already"
	}
	if path != "" {
		s += " (SCIM " + path + ")"
	}
	if reason != "" {
		s += ": " + reason
	}
	if rule != "" {
		s += "; mapping rule " + bind.plan.Name() + "/" + rule
	}
	return s
}

// mappingError joins the errors of a mapping, one line each.
func mappingError(errs *mapping.Errors) *scim.Error {
	out := &scim.Error{Status: http.StatusBadRequest, Type: scim.InvalidValue, Detail: errs.Error(), Err: errs}
	if status := errs.Status(); status != 0 {
		out.Status, out.Type = status, errs.SCIMType()
	}
	return out
}

// codeText is what an event's Code says of an error.
func codeText(err error) string {
	if e, ok := errors.AsType[*mapping.Errors](err); ok && len(e.All) > 0 {
		return string(e.All[0].Code)
	}
	if e, ok := errors.AsType[*connector.Error](err); ok {
		return e.Code.String()
	}
	if e, ok := errors.AsType[*scim.Error](err); ok {
		if e.Type != "" {
			return e.Type
		}
		return http.StatusText(e.Status)
	}
	return connector.CodeOf(err).String()
}

// words says in a sentence what a request asked for and what became of it.
func words(ev *Event, e *scim.Error) string {
	who := ev.Request.Actor
	if who == "" {
		who = "a client"
	}
	what := ev.User
	switch {
	case what != "":
	case ev.Ref.ID != "":
		what = ev.Ref.Type + " " + ev.Ref.ID
	default:
		what = ev.Ref.Type + "s"
		if ev.Action == ActionCreate {
			what = "a " + ev.Ref.Type
		}
	}
	s := fmt.Sprintf("%s asked to %s %s", who, ev.Action, what)
	switch {
	case e != nil && e.Detail != "":
		s += "; " + logged(e)
		if ev.Action != ActionGet && ev.Action != ActionList && len(ev.Changed) == 0 && len(ev.Done) == 0 {
			s = ended(s) + " " + ev.leftBehind()
		}
	case e != nil:
		s += "; it failed unexpectedly"
	case ev.Outcome == Unchanged:
		s += "; there was nothing to change"
	default:
		if len(ev.Done) > 0 {
			s += "; done: " + strings.Join(ev.Done, ", ")
		}
		if len(ev.Changed) > 0 {
			s += "; wrote " + strings.Join(ev.Changed, ", ")
		}
	}
	for _, w := range ev.Warnings {
		s = ended(s) + " " + w
	}
	return ended(s)
}

// leftBehind says what became of the target where an operation failed before it was
// through: one of several calls for it may have been carried out, and one whose
// answer was lost as well.
func (e *Event) leftBehind() string {
	open := false
	for _, c := range e.Calls {
		switch {
		case c.Method == http.MethodGet, strings.HasSuffix(strings.TrimSuffix(c.Path, "s"), "/token"):
			// OAuth tokens are asked for by POST, and are no part of the target's data.
		case c.Status >= 200 && c.Status < 300:
			return "Part of it was written before"
		case c.Status == 0, c.Status >= http.StatusInternalServerError:
			open = true
		}
	}
	if open {
		return "Whether anything was written is not known"
	}
	return "Nothing was written"
}

// ended puts a full stop behind a sentence that has none: details come from many
// places, and some bring theirs.
func ended(s string) string {
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// logged is an error's detail as an event may keep it: the client may see the
// value that it sent, the log may not, unless it is one of a closed list that the
// administrator has to look at.
func logged(e *scim.Error) string {
	errs, ok := errors.AsType[*mapping.Errors](e.Err)
	if !ok {
		return e.Detail
	}
	lines := make([]string, len(errs.All))
	for i, one := range errs.All {
		if one.Code != mapping.CodeLookupMissing && one.Code != mapping.CodeLookupAmbiguous && !strings.Contains(one.Reason, " is not one of ") {
			one.Reason = withoutValue(one.Reason)
		}
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// withoutValue takes the value off the front of a reason.
func withoutValue(reason string) string {
	if !strings.HasPrefix(reason, `"`) {
		return reason
	}
	for _, what := range []string{" fails pattern ", " is longer than "} {
		if at := strings.LastIndex(reason, what); at >= 0 {
			return "the value" + reason[at:]
		}
	}
	if value, err := strconv.QuotedPrefix(reason); err == nil {
		return "the value" + reason[len(value):]
	}
	return "the value does not fit"
}

// notFound is the answer for an id that nobody has, or that SCIM must not see.
func notFound(ref scim.Ref) error {
	return scim.Errorf(http.StatusNotFound, "", "no %s with this id", ref.Type)
}

package scim

import (
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options are the settings of a [Handler]. BaseURL and Auth have to be set, the
// zero value of everything else is the default.
type Options struct {
	// BaseURL is the address under which clients reach the service provider
	// (https://scim.example.com/scim/v2), without query and fragment. Locations
	// are made from it, never from the Host header. Its path is taken off
	// requests' paths; a request whose path does not begin with it is served as
	// it is, so that http.StripPrefix or a proxy may have done that before.
	BaseURL string
	// Auth decides who may pass, see [BearerToken], [BearerTokens], [Basic], [AnyOf],
	// [AuthFunc] and [NoAuth].
	Auth Authenticator
	// AuthSchemes are what ServiceProviderConfig announces and what WWW-Authenticate
	// asks for. By default that is what Auth takes; a bearer token, where that is not
	// one of this package.
	AuthSchemes []AuthScheme
	// DocumentationURI is announced in ServiceProviderConfig when it is set.
	DocumentationURI string
	// Profile says which departures of clients from the RFCs are put right. The
	// zero Profile is [ProfileCompatible].
	Profile Profile
	// Logger gets what goes wrong inside (Error), what a backend refuses and what
	// a client does not wait for (Warn), and names that requests have and the types
	// do not (Debug). Values of attributes are never logged. Nil: nothing is logged.
	Logger *slog.Logger
	// Refused is told of each request that is answered with an error, after the
	// backend or instead of it, before the answer is sent; of a panic as well. It must
	// not change the error. Of an operation of a bulk request it is told as if that
	// were a request of its own, with the operation's method and path (see
	// [BulkOperation]). Nil: nobody is told.
	Refused func(r *http.Request, e *Error)
	// RequestID makes the ids of requests that bring none. Nil: 26 random
	// characters. See [RequestID].
	RequestID func() string

	// MaxBody is the largest request body in bytes, 1 MiB by default. More is
	// answered with status 413.
	MaxBody int
	// MaxFilterLength is the longest filter in bytes, schema.MaxFilterLength by
	// default and at most.
	MaxFilterLength int
	// MaxPatchOps is the most operations in a PATCH, 1,000 by default.
	MaxPatchOps int
	// MaxMembers is the most values of one attribute in a request, 50,000 by
	// default.
	MaxMembers int
	// DefaultCount is how many resources a list has when the client does not
	// say, 100 by default.
	DefaultCount int
	// MaxCount is the most resources in a list, 1,000 by default; a client that
	// asks for more gets that many.
	MaxCount int
	// ExactTotals demands exact totals from the backend even where the profile
	// allows an estimate.
	ExactTotals bool

	// NoBulk switches /Bulk off: it is answered with status 501.
	NoBulk bool
	// MaxBulkOps is the most operations in a bulk request, 1,000 by default. More
	// are answered with status 413.
	MaxBulkOps int
	// MaxBulkBody is the largest bulk request in bytes, MaxBody by default. More is
	// answered with status 413.
	MaxBulkBody int
	// BulkWorkers is how many operations of a bulk request are carried out at the
	// same time, 4 by default and 1 at least. Only those that do not depend on each
	// other are.
	BulkWorkers int

	// CursorKey protects the cursors that clients get (RFC 9865): 32 random bytes,
	// the same in every replica. Nil: a key of the handler's own, so that cursors
	// are good for this handler only.
	CursorKey []byte
	// CursorTimeout is how long a cursor is good for, an hour by default.
	CursorTimeout time.Duration
	// Clock tells the time. Nil: time.Now.
	Clock func() time.Time

	// Me returns the resource of the principal who asks, for /Me (RFC 7644 section
	// 3.11); a *[Error] with status 404 where there is none. It can be read, replaced,
	// patched and deleted there, not created. Nil: /Me is answered with status 501.
	Me func(ctx context.Context) (Ref, error)

	// PatchUserStatus is the status of a PATCH of a user: 200, the default, with
	// the user, or 204.
	PatchUserStatus int
	// PatchGroupStatus is the status of a PATCH of a group: 204, the default, or
	// 200 with the group. A request with the parameter attributes is always
	// answered with 200. Resources of other types are answered as users are.
	PatchGroupStatus int
}

// settings are Options that have been checked, with the defaults filled in.
type settings struct {
	Options
	base    string // BaseURL without a slash at its end
	prefix  string // the path of base
	repairs repairSet
	// challenges are the values of WWW-Authenticate.
	challenges []string
	cursors    cipher.AEAD // made from CursorKey
}

func newSettings(o *Options) (settings, error) {
	if o == nil {
		o = &Options{}
	}
	s := settings{Options: *o}
	u, err := url.Parse(o.BaseURL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return s, errors.New("scim: BaseURL has to be an absolute http or https URL without user, query and fragment")
	case o.Auth == nil:
		return s, errors.New("scim: Auth is not set: use BearerToken, AuthFunc, or NoAuth where something else authenticates")
	}
	if k, ok := o.Auth.(known); ok {
		if err := k.check(); err != nil {
			return s, err
		}
	}
	s.prefix = strings.TrimRight(u.Path, "/")
	s.base = strings.TrimRight(u.String(), "/")
	if s.repairs, err = o.Profile.compile(); err != nil {
		return s, err
	}
	for _, l := range []struct {
		name  string
		value *int
		def   int
		most  int
	}{
		{"MaxBody", &s.MaxBody, 1 << 20, 1 << 30},
		{"MaxFilterLength", &s.MaxFilterLength, maxFilterLength, maxFilterLength},
		{"MaxPatchOps", &s.MaxPatchOps, 1000, 1 << 20},
		{"MaxMembers", &s.MaxMembers, 50_000, 1 << 24},
		{"DefaultCount", &s.DefaultCount, 100, 1 << 20},
		{"MaxCount", &s.MaxCount, 1000, 1 << 20},
		{"MaxBulkOps", &s.MaxBulkOps, 1000, 1 << 20},
		{"MaxBulkBody", &s.MaxBulkBody, cmp.Or(o.MaxBody, 1<<20), 1 << 30},
		{"BulkWorkers", &s.BulkWorkers, 4, 256},
	} {
		if *l.value < 0 || *l.value > l.most {
			return s, fmt.Errorf("scim: %s has to be between 0 (for %d) and %d", l.name, l.def, l.most)
		}
		if *l.value == 0 {
			*l.value = l.def
		}
	}
	if s.DefaultCount > s.MaxCount {
		if o.DefaultCount != 0 && o.MaxCount != 0 {
			return s, errors.New("scim: DefaultCount is larger than MaxCount")
		}
		if o.DefaultCount != 0 {
			s.MaxCount = s.DefaultCount
		} else {
			s.DefaultCount = s.MaxCount
		}
	}
	if err := patchStatus("PatchUserStatus", &s.PatchUserStatus, http.StatusOK); err != nil {
		return s, err
	}
	if err := patchStatus("PatchGroupStatus", &s.PatchGroupStatus, http.StatusNoContent); err != nil {
		return s, err
	}
	if s.CursorKey == nil {
		s.CursorKey = newCursorKey()
	}
	if len(s.CursorKey) != cursorKeySize {
		return s, fmt.Errorf("scim: CursorKey has to have %d bytes", cursorKeySize)
	}
	if s.cursors, err = newCursorCipher(s.CursorKey); err != nil {
		return s, fmt.Errorf("scim: CursorKey: %w", err)
	}
	switch {
	case s.CursorTimeout < 0:
		return s, errors.New("scim: CursorTimeout is negative")
	case s.CursorTimeout == 0:
		s.CursorTimeout = time.Hour
	}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.RequestID == nil {
		s.RequestID = rand.Text
	}
	if len(s.AuthSchemes) == 0 {
		s.AuthSchemes = authSchemes(o.Auth)
	}
	s.challenges = challenges(s.AuthSchemes)
	return s, nil
}

// cursorKeySize is the length of [Options].CursorKey in bytes.
const cursorKeySize = 32

// newCursorKey is the default of [Options].CursorKey.
func newCursorKey() []byte {
	key := make([]byte, cursorKeySize)
	_, _ = rand.Read(key) // never fails
	return key
}

func patchStatus(name string, status *int, def int) error {
	switch *status {
	case 0:
		*status = def
	case http.StatusOK, http.StatusNoContent:
	default:
		return fmt.Errorf("scim: %s has to be 200 or 204", name)
	}
	return nil
}

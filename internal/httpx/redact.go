package httpx

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

var (
	emailRE = regexp.MustCompile(`[^\s@<>"'(),:;=&?/\[\]\\]+(?:@|%40)[^\s@<>"'(),:;=&?/\[\]\\]+`)
	queryRE = regexp.MustCompile(`\?[^\s"'<>]*=[^\s"'<>]*`)
	credRE  = regexp.MustCompile(`(?i)\b(basic|bearer)\s+[A-Za-z0-9._~+/=-]{4,}`)
	userRE  = regexp.MustCompile(`://[^\s/@"']+@`)
	tokenRE = regexp.MustCompile(`\busher_[A-Za-z0-9_-]{8,}`)
)

// secretWords are parts of attribute and header names whose values are never printed.
var secretWords = []string{
	"authorization", "cookie", "password", "passwd", "secret", "token", "api_key", "apikey", "api-key", "credential",
}

// RedactString returns s with e-mail addresses, the queries and user parts of URLs, and Basic, Bearer and usher
// credentials replaced. It is the last line of defence for text that is going to be logged; text known to hold
// personal data should not be logged at all.
func RedactString(s string) string {
	if !strings.ContainsAny(s, "@%?=_ ") {
		return s
	}
	s = credRE.ReplaceAllString(s, "$1 "+redacted)
	s = tokenRE.ReplaceAllString(s, redacted)
	s = userRE.ReplaceAllString(s, "://"+redacted+"@")
	s = queryRE.ReplaceAllString(s, "?"+redacted)
	return emailRE.ReplaceAllString(s, redacted)
}

// NewRedactingHandler returns a slog.Handler that cleans messages and attributes with [RedactString] before it
// hands them to next, and drops the values of attributes whose name speaks of a secret (authorization, token,
// password, …). Numbers, booleans, times and durations pass; errors and structured values become cleaned text.
func NewRedactingHandler(next slog.Handler) slog.Handler {
	if h, ok := next.(*redactingHandler); ok {
		return h
	}
	return &redactingHandler{next: next}
}

type redactingHandler struct{ next slog.Handler }

var _ slog.Handler = (*redactingHandler)(nil)

func (h *redactingHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return h.next.Enabled(ctx, l)
}

func (h *redactingHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, RedactString(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(redactAttr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

func (h *redactingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = redactAttr(a)
	}
	return &redactingHandler{next: h.next.WithAttrs(clean)}
}

func (h *redactingHandler) WithGroup(name string) slog.Handler {
	return &redactingHandler{next: h.next.WithGroup(name)}
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

func redactAttr(a slog.Attr) slog.Attr {
	if secretName(a.Key) {
		return slog.String(a.Key, redacted)
	}
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, RedactString(v.String()))
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, g := range group {
			clean[i] = redactAttr(g)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindAny:
		if v.Any() == nil {
			return slog.Attr{Key: a.Key, Value: v}
		}
		return slog.String(a.Key, redactAny(v.Any()))
	}
	return slog.Attr{Key: a.Key, Value: v}
}

func redactAny(v any) string {
	switch v := v.(type) {
	case error:
		return RedactString(v.Error())
	case []byte:
		return fmt.Sprintf("[%d bytes]", len(v))
	case *url.URL:
		return redactURL(v)
	case url.URL:
		return redactURL(&v)
	case *http.Request:
		return v.Method + " " + redactURL(v.URL)
	case *http.Response:
		return v.Status
	case http.Header:
		return redactHeader(v)
	case url.Values:
		return fmt.Sprintf("[%d query values]", len(v))
	}
	return RedactString(fmt.Sprintf("%+v", v))
}

func redactURL(u *url.URL) string {
	if u == nil {
		return ""
	}
	return RedactString(u.Scheme + "://" + u.Host + u.EscapedPath())
}

// redactHeader tells how many fields there are: values and even unknown names may be secret.
func redactHeader(h http.Header) string {
	return fmt.Sprintf("[%d header fields]", len(h))
}

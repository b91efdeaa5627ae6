package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Class is the urgency of a request in the rate budget.
type Class int

const (
	// Interactive is for requests somebody waits for: the identity provider's. It is the default.
	Interactive Class = iota
	// Background is for scans and refreshes. They go when no interactive request waits and leave a share of
	// the budget untouched (BudgetOptions.BackgroundReserve).
	Background
)

// Idempotency says whether a request may be repeated when it is not known whether the target carried it out.
type Idempotency int

const (
	// ByMethod is the default: GET, HEAD, PUT and DELETE may be repeated, others not.
	ByMethod Idempotency = iota
	// Idempotent marks a POST that may be repeated.
	Idempotent
	// NotIdempotent marks a PUT or DELETE that may not, such as an action in disguise.
	NotIdempotent
)

// Request is one call to the target. The client neither keeps nor changes it.
type Request struct {
	// Method is the HTTP method. Required.
	Method string
	// Path is relative to the base URL and begins with "/". A part in braces is replaced by the path value of
	// that name: "/requesters/{id}". It holds no ids, no query and no escapes.
	Path string
	// PathValues are the values for Path, exactly those it names. They are escaped here and only here. Empty
	// values, "." and ".." are refused.
	PathValues map[string]string
	// Pattern is the name of the path in records, logs and errors. Default: Path.
	Pattern string
	// Query is encoded here. Empty means no query at all.
	Query url.Values
	// Header has further header fields. Credentials come from Options.Authorize, not from here.
	Header http.Header
	// Body is the JSON body: nil for none, []byte for encoded JSON, anything else is encoded.
	Body any
	// Idempotency overrides what the method says about repeating the request.
	Idempotency Idempotency
	// Accept lists statuses that are answers and not errors, besides 2xx; 404 for a lookup, for instance.
	// Accepted answers are not retried.
	Accept []int
	// Class is the urgency. Default: Interactive.
	Class Class
	// Buckets names the limits of the target that the request draws from besides the account's own
	// ([AccountBucket]), the most specific one last. A 429 blocks that last one, if RateHint does not say
	// otherwise.
	Buckets []string
	// Cost is the number of credits the request is expected to use. Default: 1.
	Cost int
	// Patience is the longest time that the request may spend waiting, for the budget and between attempts
	// together. Default: Options.Patience.
	Patience time.Duration
	// Harmless marks a request that changes nothing which a dry run has to leave alone although its method could,
	// such as the fetch of an access token. It is sent under [WithDryRun] too.
	Harmless bool
}

// Response is an accepted answer.
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header is the answer's header, cookies taken out.
	Header http.Header
	// Body is the whole body, at most Options.MaxResponseBytes. It belongs to the caller.
	Body []byte
	// Attempts is the number of attempts that were made, at least 1.
	Attempts int
	// Sent says that an earlier attempt may have been carried out too, as in Error.Sent: a 404 accepted
	// for a DELETE then means that the first attempt did it.
	Sent bool

	method, pattern, requestID string
}

// Decode reads the body as one JSON value into v; numbers in interfaces become json.Number, so that ids
// stay exact. It fails with an [Error] of [KindMalformed], which is Ambiguous for a request that changes things.
func (r *Response) Decode(v any) error {
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	err := dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); more == nil {
			err = errors.New("data after the JSON value")
		}
	}
	if err == nil {
		return nil
	}
	phrase := "answer is not the expected JSON"
	if len(bytes.TrimSpace(r.Body)) == 0 {
		phrase = "answer is empty"
	}
	return &Error{
		Kind: KindMalformed, Method: r.method, Pattern: r.pattern, Status: r.Status, RequestID: r.requestID,
		Attempts: r.Attempts, Header: r.Header, Sent: !safeMethod(r.method), Err: &cause{phrase: phrase, err: err},
	}
}

func safeMethod(m string) bool { return m == http.MethodGet || m == http.MethodHead }

// repeatable reports whether the request may be repeated when its fate is unknown.
func (r *Request) repeatable() bool {
	switch r.Idempotency {
	case Idempotent:
		return true
	case NotIdempotent:
		return false
	}
	return safeMethod(r.Method) || r.Method == http.MethodPut || r.Method == http.MethodDelete
}

func (r *Request) pattern() string {
	if r.Pattern != "" {
		return r.Pattern
	}
	return r.Path
}

// check finds what is wrong with the request apart from its path values. Its errors name fields and never
// quote values.
func (r *Request) check() error {
	if !slices.Contains([]string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	}, r.Method) {
		return errors.New("unknown method")
	}
	if !cleanPattern(r.Path) {
		return errors.New("path must begin with / and hold no query, escape or dot segment")
	}
	if r.Pattern != "" && !cleanPattern(r.Pattern) {
		return errors.New("pattern must look like a path")
	}
	if r.Class != Interactive && r.Class != Background {
		return errors.New("unknown class")
	}
	if r.Cost < 0 || r.Patience < 0 {
		return errors.New("cost and patience must not be negative")
	}
	if r.Header.Get("Authorization") != "" {
		return errors.New("credentials belong in Options.Authorize")
	}
	return nil
}

// cleanPattern reports whether s is an absolute path of unreserved characters, braces and slashes, without dot
// segments.
func cleanPattern(s string) bool {
	if s == "" || s[0] != '/' || len(s) > 512 {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/{}:,", c) >= 0:
		default:
			return false
		}
	}
	for seg := range strings.SplitSeq(s, "/") {
		if seg == "." || seg == ".." {
			return false
		}
	}
	return true
}

// expand replaces the names in braces by escaped values. It is the only place where a value enters a path.
func expand(path string, values map[string]string) (string, error) {
	var b strings.Builder
	used := 0
	seen := make(map[string]bool, len(values))
	for {
		before, rest, open := strings.Cut(path, "{")
		if strings.Contains(before, "}") {
			return "", errors.New("path has an unmatched brace")
		}
		b.WriteString(before)
		if !open {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return "", errors.New("path has an unmatched brace")
		}
		v, ok := values[name]
		if !ok {
			return "", fmt.Errorf("path value %q is missing", name)
		}
		if v == "" || v == "." || v == ".." {
			return "", fmt.Errorf("path value %q is empty or a dot segment", name)
		}
		if !seen[name] {
			seen[name] = true
			used++
		}
		b.WriteString(url.PathEscape(v))
		path = after
	}
	if used != len(values) {
		return "", errors.New("path values that the path does not name")
	}
	return b.String(), nil
}

// join returns the URL of the request below base.
func (r *Request) join(base *url.URL) (*url.URL, error) {
	rel, err := expand(r.Path, r.PathValues)
	if err != nil {
		return nil, err
	}
	raw := strings.TrimSuffix(base.EscapedPath(), "/") + rel
	plain, err := url.PathUnescape(raw)
	if err != nil {
		return nil, errors.New("path cannot be escaped")
	}
	u := *base
	u.Path, u.RawPath = plain, raw
	u.RawQuery = r.Query.Encode()
	return &u, nil
}

// encode returns the body's bytes, nil if there is none.
func (r *Request) encode() ([]byte, error) {
	switch body := r.Body.(type) {
	case nil:
		return nil, nil
	case []byte:
		if len(body) == 0 {
			return nil, nil
		}
		return bytes.Clone(body), nil
	default:
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(body); err != nil {
			return nil, &cause{phrase: "body cannot be encoded as JSON", err: err}
		}
		return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
	}
}

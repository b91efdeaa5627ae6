package zendesk

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
)

// Limits that the vendor documents (developer.zendesk.com, "Rate limits",
// "Pagination", "Users").
const (
	pageSize = 100 // largest page of a list

	// updateWindow is in which one user may be updated in the whole account, beside
	// the five times a minute for each user.
	updateWindow = time.Second
)

// What [Options.RateReserve] can say.
const (
	// DefaultRateReserve is the percentage of each rate limit that is left to the
	// customer's other programs. The vendor counts all callers of an account
	// together, so one that takes everything stops the others.
	DefaultRateReserve = httpx.DefaultReserve
	// NoRateReserve leaves nothing.
	NoRateReserve = httpx.NoReserve
)

// rateReserve returns what Options.RateReserve says as a share.
func rateReserve(option int) (float64, error) {
	share, ok := httpx.ReserveShare(option)
	if !ok {
		return 0, &connector.SettingError{Field: "settings." + settingRateReserve, Msg: "a percentage from 0 to 90 is wanted"}
	}
	return share, nil
}

// The limits that calls draw from, beside the account's.
const (
	bucketUpdates = "update users" // one a second
	bucketUser    = "update user " // and the id: five a minute
	bucketErasure = "erase users"  // 700 in ten minutes
	headerUpdates = "Zendesk-RateLimit-Create-Update-User"
	updateMinimum = 2 * time.Second // a 429 with a longer wait is not about the second
)

// endpointHeaders tell of limits that only some calls draw from (developer.zendesk.com,
// "Rate limits"), whose names are those of the requests' buckets. A window of 0 is
// as the header says.
var endpointHeaders = [...]struct {
	header, bucket string
	window         time.Duration
}{
	// Of jobs there is a number in flight, not a number a minute: what the header gives
	// as the reset is no time at which all are done.
	{"Zendesk-RateLimit-Inflight-Jobs", "jobs", 10 * time.Second},
	{"Zendesk-RateLimit-Incremental-Exports", "incremental exports", 0},
	{"Zendesk-RateLimit-Incremental-Exports-Cursor", "incremental exports by cursor", 0},
	{"Zendesk-RateLimit-Search-Index", "search", 0},
}

// updateBuckets are the limits of an update of one user, the narrowest last.
func updateBuckets(id string) []string { return []string{bucketUpdates, bucketUser + id} }

// readRates reads the rate limit headers: the account's X-Rate-Limit (and the
// newer ratelimit-* names), which count requests a minute, those of endpoints, and
// that of updates of one user.
func readRates(resp *http.Response) httpx.RateHint {
	var h httpx.RateHint
	if l, ok := accountLimit(resp.Header); ok {
		h.Limits = append(h.Limits, l)
		if l.Remaining == 0 && resp.StatusCode == http.StatusTooManyRequests {
			h.Bucket = httpx.AccountBucket
		}
	}
	for _, e := range endpointHeaders {
		if l, ok := endpointLimit(resp.Header.Get(e.header)); ok {
			if l.Bucket = e.bucket; e.window > 0 {
				l.Window, l.Reset = e.window, 0
			}
			h.Limits = append(h.Limits, l)
		}
	}
	if resp.Request == nil || resp.Request.Method != http.MethodPut || !isUserPath(resp.Request.URL.Path) {
		return h
	}
	// The empty name is the request's narrowest bucket: that of the user.
	own, ok := endpointLimit(resp.Header.Get(headerUpdates))
	if ok {
		// Where updates of one user are counted, updates in all are as well, which no
		// header tells.
		h.Limits = append(h.Limits, own, httpx.Limit{Bucket: bucketUpdates, Total: 1, Window: updateWindow})
	}
	if resp.StatusCode == http.StatusTooManyRequests && h.Bucket == "" && (!ok || own.Remaining > 0) {
		if wait, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get("Retry-After"))); err == nil && time.Duration(wait)*time.Second <= updateMinimum {
			h.Bucket = bucketUpdates
		}
	}
	return h
}

// isUserPath reports whether a path is that of a single user.
func isUserPath(path string) bool {
	_, id, ok := strings.Cut(path, "/users/")
	return ok && id != "" && strings.Trim(id, "0123456789") == ""
}

func accountLimit(h http.Header) (httpx.Limit, bool) {
	l := httpx.Limit{Bucket: httpx.AccountBucket}
	for _, names := range [...][3]string{
		{"X-Rate-Limit", "X-Rate-Limit-Remaining", "Ratelimit-Reset"},
		{"Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset"},
	} {
		total, ok := count(h.Get(names[0]))
		left, ok2 := count(h.Get(names[1]))
		if !ok || !ok2 || total == 0 {
			continue
		}
		l.Total, l.Remaining = total, left
		if reset, ok := count(h.Get(names[2])); ok && reset <= 60 {
			l.Reset = time.Duration(reset) * time.Second
		}
		return l, true
	}
	return l, false
}

// endpointLimit reads "total=5; remaining=4; resets=53".
func endpointLimit(s string) (l httpx.Limit, ok bool) {
	var total, remaining bool
	for part := range strings.SplitSeq(s, ";") {
		name, value, _ := strings.Cut(part, "=")
		n, ok := count(value)
		if !ok {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "total":
			l.Total, total = n, n > 0
		case "remaining":
			l.Remaining, remaining = n, true
		case "resets":
			l.Reset = time.Duration(min(n, 3600)) * time.Second
		}
	}
	return l, total && remaining
}

// count reads a number that is not negative.
func count(s string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil && n >= 0
}

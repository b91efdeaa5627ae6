package freshservice

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
)

// Limits that the vendor documents (api.freshservice.com, "Rate limit",
// "Pagination", "Filter Requesters").
const (
	pageSize    = 100 // largest per_page of an unfiltered list
	queryPage   = 30  // records on a page of a filtered list
	queryPages  = 40  // last page of a filtered list
	queryLength = 512 // characters of a query, its double quotes included

	// maxWholePages bounds the lists that are read whole: fields, roles, groups and
	// workspaces.
	maxWholePages = 50

	// nameLength is assumed: no length is published.
	nameLength = 255
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

// The operations that have a rate limit of their own, beside the account's.
const (
	bucketRequesters = "list requesters"
	bucketAgents     = "list agents"
)

// rates reads the rate limit headers. X-RateLimit-Total is the size of the
// bucket that the call drew from: the account's own for most calls, that of the
// operation for lists of requesters and agents. Whether a list that is narrowed
// down by a parameter draws from the smaller one is not documented, so the total
// of other calls is remembered and tells the two apart.
type rates struct {
	overall atomic.Int64
}

func (r *rates) hint(resp *http.Response) httpx.RateHint {
	var h httpx.RateHint
	total, ok := header(resp, "X-RateLimit-Total")
	if !ok || total == 0 {
		return h
	}
	bucket := ""
	if !isSubLimited(resp.Request) {
		r.overall.Store(int64(total))
	} else if r.overall.Load() == int64(total) {
		bucket = httpx.AccountBucket
		h.Bucket = bucket
	}
	if left, ok := header(resp, "X-RateLimit-Remaining"); ok {
		h.Limits = []httpx.Limit{{Bucket: bucket, Total: total, Remaining: left}}
	}
	return h
}

// header returns a header that is a count.
func header(resp *http.Response, name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get(name)))
	return n, err == nil && n >= 0
}

func isSubLimited(r *http.Request) bool {
	return r != nil && r.URL != nil && r.Method == http.MethodGet &&
		(strings.HasSuffix(r.URL.Path, "/requesters") || strings.HasSuffix(r.URL.Path, "/agents"))
}

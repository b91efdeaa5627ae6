package zendesk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

const (
	// bucketJobs is what calls draw from that start background jobs, of which an
	// account has a few at a time.
	bucketJobs = "jobs"

	codeTooManyJobs = "TooManyJobs"

	// Jobs are asked for after a second, and then in ever longer intervals.
	firstPoll = time.Second
	maxPoll   = 15 * time.Second

	// maxJobs is how many jobs one operation has in flight: an account has 30.
	maxJobs = 10
)

// jobOutcome is what came of jobs that did not simply do all of their work.
type jobOutcome struct {
	// err is why that is not known; nil where they ended and something in them
	// failed.
	err error
	// started says that a job was started, or may have been.
	started bool
}

// first returns the error of the jobs, else another; nil of no outcome.
func (o *jobOutcome) first(err error) error {
	if o != nil && o.err != nil {
		return o.err
	}
	return err
}

// bulkIsOff reports whether the account refused to start any job: some bulk calls
// are off until Zendesk switches them on. What a single call may do is for it to say.
func (o *jobOutcome) bulkIsOff() bool {
	return o != nil && !o.started && connector.CodeOf(o.err) == connector.Denied
}

// forMissing is the error of an item that the jobs seem not to have done.
func (o *jobOutcome) forMissing() error {
	if o.err != nil {
		return o.err
	}
	return connector.Errorf(connector.Conflict, "", "Zendesk did not carry it out")
}

// runJobs starts jobs and waits for their ends, within the patience of a call. It
// returns nil if all items of all jobs were done for certain. What went wrong in
// them is not read from their results, which need not tell: the caller looks at
// what is there.
func (d *driver) runJobs(ctx context.Context, reqs []*httpx.Request) *jobOutcome {
	var out *jobOutcome
	started := false
	deadline := d.http.Now().Add(d.patience)
	note := func(err error) {
		if out == nil {
			out = &jobOutcome{}
		}
		out.started = started
		if out.err == nil {
			out.err = err
		}
	}
	for len(reqs) > 0 {
		n := min(len(reqs), maxJobs)
		var running []string
		for _, req := range reqs[:n] {
			id, done, err := d.startJob(ctx, req, deadline)
			started = started || err == nil || wasSent(err)
			switch {
			case err != nil:
				note(err)
			case id != "":
				running = append(running, id)
			case !done:
				note(nil)
			}
		}
		reqs = reqs[n:]
		allDone, err := d.awaitJobs(ctx, running, deadline)
		if err != nil || !allDone {
			note(err)
		}
		if out != nil && out.err != nil {
			return out // what is still to be done is for the next attempt
		}
	}
	return out
}

// startJob starts a job. It waits where too many are in flight. The id is "" for a
// job that has ended, whose done says whether everything was done.
func (d *driver) startJob(ctx context.Context, req *httpx.Request, deadline time.Time) (id string, done bool, err error) {
	req.Buckets = []string{bucketJobs}
	for wait := firstPoll; ; wait = min(2*wait, maxPoll) {
		resp, err := d.do(ctx, req)
		if err == nil {
			return d.readJob(req, resp)
		}
		if !isTooManyJobs(err) || d.http.Now().Add(wait).After(deadline) {
			return "", false, d.failJob(err)
		}
		if err := d.http.Sleep(ctx, wait); err != nil {
			return "", false, err
		}
	}
}

// failJob is fail for a call about a job.
func (d *driver) failJob(err error) error {
	if isTooManyJobs(err) {
		return &connector.Error{Code: connector.RateLimited, Reason: "too many background jobs of the account are running", RetryAfter: maxPoll, Err: err}
	}
	return d.fail(err, request{})
}

func isTooManyJobs(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	return ok && e.Status != http.StatusTooManyRequests && readRefusal(e.Body).code == codeTooManyJobs
}

// readJob reads the answer that has a job in it.
func (d *driver) readJob(req *httpx.Request, resp *httpx.Response) (id string, done bool, err error) {
	v, err := schema.ParseJSON(resp.Body)
	v = v.Member("job_status")
	if err != nil || v.Kind() != schema.KindObject {
		return "", false, malformed(req.Method, req.Path, "the answer holds no job")
	}
	if ended, all := jobEnded(v); ended {
		return "", all, nil
	}
	id = v.Member("id").Text()
	if !isJobID(id) {
		return "", false, malformed(req.Method, req.Path, "the answer holds a job without an id")
	}
	return id, false, nil
}

// isJobID keeps what stands in an answer from leading a call elsewhere.
func isJobID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case c == '-', c == '_', '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		default:
			return false
		}
	}
	return id != "" && len(id) <= 128
}

// awaitJobs asks for jobs until all have ended: one call each time. It reports
// whether all of their items were done.
func (d *driver) awaitJobs(ctx context.Context, running []string, deadline time.Time) (done bool, err error) {
	done = true
	for wait := firstPoll; len(running) > 0; wait = min(2*wait, maxPoll) {
		if d.http.Now().Add(wait).After(deadline) {
			return false, &connector.Error{Code: connector.Unavailable, RetryAfter: maxPoll, Reason: "Zendesk is still at work on it"}
		}
		if err := d.http.Sleep(ctx, wait); err != nil {
			return false, err
		}
		states, err := d.jobStates(ctx, running)
		if err != nil {
			return false, d.fail(err, request{})
		}
		left := running[:0:0]
		for _, id := range running {
			v, known := states[id]
			ended, all := jobEnded(v)
			if known && !ended {
				left = append(left, id)
				continue
			}
			done = done && known && all // one that is not known any more has ended
		}
		running = left
	}
	return done, nil
}

// jobStates asks for one job, or for several at once.
func (d *driver) jobStates(ctx context.Context, ids []string) (map[string]schema.Value, error) {
	out := make(map[string]schema.Value, len(ids))
	if len(ids) == 1 {
		v, err := d.call(ctx, http.MethodGet, resource{path: "/job_statuses", one: "job_status"}, byID, map[string]string{"id": ids[0]}, nil)
		if statusOf(err) == http.StatusNotFound {
			return out, nil
		}
		out[ids[0]] = v
		return out, err
	}
	page, err := d.index(ctx, resource{"/job_statuses/show_many", "", "job_statuses"}, nil, params("ids", strings.Join(ids, ",")), false)
	if err != nil {
		return nil, err
	}
	for _, v := range page.items {
		out[v.Member("id").Text()] = v
	}
	return out, nil
}

// jobEnded reports whether a job has ended, and whether all of its items were done:
// its results say so of each, or as an object of all together.
func jobEnded(v schema.Value) (ended, all bool) {
	switch v.Member("status").Text() {
	case "completed":
	case "failed", "killed":
		return true, false
	default:
		return false, false
	}
	results := v.Member("results")
	if results.Kind() == schema.KindObject {
		success, _ := results.Member("success").Bool()
		return true, success
	}
	n := 0
	for item := range results.Elements() {
		if !itemDone(item) {
			return true, false
		}
		n++
	}
	total, ok := v.Member("total").Integer()
	return true, n > 0 && (!ok || int64(n) == total)
}

// itemDone reports whether a result is that of an item that was done: it says so,
// or names the record and no error.
func itemDone(v schema.Value) bool {
	if !v.Member("error").Unassigned() {
		return false
	}
	if success, said := v.Member("success").Bool(); said {
		return success
	}
	return decodeID(v.Member("id")) != ""
}

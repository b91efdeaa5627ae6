package zendesktest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The states of a job (§9).
const (
	jobQueued    = "queued"
	jobWorking   = "working"
	jobCompleted = "completed"
	jobFailed    = "failed"
	jobKilled    = "killed"
)

const (
	// maxItems is how many items a call can have that queues a job (§4.5).
	maxItems = 100
	// jobKept is how long a finished job can be asked for (§9).
	jobKept = 24 * time.Hour
)

// verb is what a job does to its items.
type verb string

const (
	creating verb = "create"
	updating verb = "update"
	deleting verb = "delete"
)

// task does the work for one item of a job. It returns the id of the record that
// it made, changed or deleted, or the refusal.
type task func(*call) (id int64, refusal *answer)

// item is one item of a job.
type item struct {
	id int64 // of the record, 0 where there is none yet
	do task
}

// job is background work (§9).
type job struct {
	id       string
	kind     string // job_type
	resource string // singular, as messages name it: "User"
	verb     verb
	// atOnce has the items done when the job is queued; the job only reports.
	atOnce bool
	// bare is for the creation of users and organizations, whose results have
	// neither action nor success.
	bare     bool
	items    []item
	call     call // that queued it
	fault    *JobFault
	created  time.Time
	finished time.Time // zero: queued or working
	status   string
	polls    int
	done     int // items
	results  []map[string]any
	outcomes []map[string]any // of all items, where they are done at once
}

// queue takes a job on, unless too many are in flight (§2.2).
func (a *Account) queue(c *call, j *job) answer {
	inFlight := a.inFlight()
	limit := a.meter.limits.Jobs
	if limit > 0 {
		remaining := max(limit-len(inFlight)-1, 0)
		c.out.Set("Zendesk-Ratelimit-Inflight-Jobs", fmt.Sprintf("total=%d; remaining=%d; resets=60", limit, remaining))
		if len(inFlight) >= limit {
			return jsonAnswer(cmp.Or(a.rules.TooManyJobsStatus, http.StatusTooManyRequests), map[string]any{
				"error":           "TooManyJobs",
				"description":     "Too many " + j.kind + " jobs are currently queued or running. Try again later.",
				"current_job_ids": inFlight,
			})
		}
	}
	a.queued++
	sum := sha256.Sum256(fmt.Appendf(nil, "job %d", a.queued))
	j.id = "V3-" + hex.EncodeToString(sum[:16])
	j.call, j.created, j.status = *c, c.now, jobQueued
	j.call.body = nil
	j.fault = a.takeJobFault(c.method, strings.TrimSuffix(c.path, ".json"))
	a.jobs = append(a.jobs, j)
	if j.atOnce && !j.fault.is(JobFails) {
		for at := range j.items {
			each := *c
			j.outcomes = append(j.outcomes, a.perform(j, at, &each))
		}
	}
	ans := wrapped(http.StatusOK, "job_status", a.jobView(c, j))
	if a.jobDuration < 0 {
		a.work(j, len(j.items), c.now)
	}
	return ans
}

// inFlight are the ids of the jobs that are queued or working.
func (a *Account) inFlight() []string {
	out := []string{}
	for _, j := range a.jobs {
		if j.finished.IsZero() {
			out = append(out, j.id)
		}
	}
	return out
}

// settle lets the jobs go on to where they are at a time, and forgets those that
// are finished for long (§9). The time for a job is [Options.JobDuration]: it is
// queued in the first quarter, and then does its items one after the other.
func (a *Account) settle(now time.Time) {
	for _, j := range a.jobs {
		d := cmp.Or(a.jobDuration, defaultJobDuration)
		elapsed := now.Sub(j.created)
		switch {
		case elapsed >= d:
			a.work(j, len(j.items), now)
		case elapsed >= d/4:
			a.work(j, int(float64(len(j.items))*float64(elapsed)/float64(d)), now)
		}
	}
	kept := jobKept
	if a.rules.JobsKeptOneHour {
		kept = time.Hour
	}
	a.jobs = slices.DeleteFunc(a.jobs, func(j *job) bool { return !j.finished.IsZero() && now.Sub(j.finished) >= kept })
}

// poll lets a job go on because it is asked for: to working, and then to its end.
func (a *Account) poll(j *job, now time.Time) {
	if a.jobDuration != 0 {
		return
	}
	j.polls++
	if j.polls == 1 {
		a.work(j, len(j.items)/2, now)
	} else {
		a.work(j, len(j.items), now)
	}
}

// work does the items of a job up to one. The job ends with the last.
func (a *Account) work(j *job, until int, now time.Time) {
	if !j.finished.IsZero() {
		return
	}
	j.status = jobWorking
	end := until >= len(j.items)
	switch {
	case j.fault.is(JobFails):
		until = 0
	case j.fault.is(JobIsKilled), j.fault.is(JobHangs):
		until = min(until, len(j.items)/2)
	}
	for ; j.done < until; j.done++ {
		if j.outcomes != nil {
			j.results = append(j.results, j.outcomes[j.done])
			continue
		}
		c := j.call
		c.now, c.out = now, http.Header{}
		j.results = append(j.results, a.perform(j, j.done, &c))
	}
	switch {
	case !end || j.fault.is(JobHangs):
		return
	case j.fault.is(JobFails):
		j.status = jobFailed
	case j.fault.is(JobIsKilled):
		j.status = jobKilled
	default:
		j.status = jobCompleted
	}
	j.finished = now
}

// perform does one item and returns its result (§9).
func (a *Account) perform(j *job, at int, c *call) map[string]any {
	it := j.items[at]
	if j.fault.fails(at) {
		return a.failure(j, at, it.id, cmp.Or(j.fault.Error, "DatabaseConflict"), cmp.Or(j.fault.Details, "Database collision"))
	}
	id, refusal := it.do(c)
	if refusal != nil {
		code, details := reason(*refusal)
		return a.failure(j, at, it.id, code, details)
	}
	past := map[verb]string{creating: "Created", updating: "Updated", deleting: "Deleted"}[j.verb]
	if c.updated {
		past = "Updated"
	}
	switch {
	case j.bare && a.rules.JobResultsIndexed:
		return map[string]any{"id": id, "index": at}
	case j.bare:
		return map[string]any{"id": id, "status": past}
	}
	return map[string]any{"id": id, "action": string(j.verb), "status": past, "success": true}
}

// failure is the result of an item that failed.
func (a *Account) failure(j *job, at int, id int64, code, details string) map[string]any {
	if j.verb == creating {
		out := map[string]any{"index": at, "error": code, "details": details}
		if a.rules.JobFailuresComplete {
			out["action"], out["success"] = string(j.verb), false
		}
		return out
	}
	out := map[string]any{"action": string(j.verb), "success": false, "error": code, "details": details}
	if id != 0 {
		out["id"] = id
	}
	return out
}

func (a *Account) jobView(c *call, j *job) map[string]any {
	v := map[string]any{
		"id": j.id, "url": c.url("job_statuses", j.id), "status": j.status, "total": len(j.items),
		"progress": nil, "message": nil, "results": nil,
	}
	if !a.rules.JobsWithoutType {
		v["job_type"] = j.kind
	}
	switch j.status {
	case jobQueued:
		return v
	case jobWorking:
		doing := map[verb]string{creating: "Creating", updating: "Updating", deleting: "Deleting"}[j.verb]
		v["message"] = fmt.Sprintf("%s %s #%d", doing, j.resource, j.done)
	case jobCompleted:
		v["message"] = "Completed at " + j.finished.UTC().Format("2006-01-02 15:04:05 -0700")
		v["results"] = a.jobResults(j)
	default:
		v["message"] = "The job " + j.status
	}
	v["progress"] = j.done
	return v
}

// jobResults are the results of a completed job: a list, or an object (§9).
func (a *Account) jobResults(j *job) any {
	failed := slices.ContainsFunc(j.results, func(r map[string]any) bool { return r["error"] != nil })
	if j.verb == deleting && !failed && a.rules.JobResultsAsObject {
		return map[string]any{"success": true}
	}
	out := append([]map[string]any{}, j.results...)
	if a.rules.JobResultsReversed {
		slices.Reverse(out)
	}
	return out
}

func (a *Account) findJob(id string) *job {
	if i := slices.IndexFunc(a.jobs, func(j *job) bool { return j.id == id }); i >= 0 {
		return a.jobs[i]
	}
	return nil
}

func (a *Account) showJob(c *call) answer {
	j := a.findJob(c.name)
	if j == nil {
		return notFound()
	}
	a.poll(j, c.now)
	return wrapped(http.StatusOK, "job_status", a.jobView(c, j))
}

// showManyJobs leaves unknown ids out, like the other lists of its kind.
func (a *Account) showManyJobs(c *call) answer {
	ids, bad := c.values("ids")
	if bad != nil {
		return *bad
	}
	out := []map[string]any{}
	for _, id := range ids {
		if j := a.findJob(id); j != nil {
			a.poll(j, c.now)
			out = append(out, a.jobView(c, j))
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{"job_statuses": out, "count": len(out), "next_page": nil, "previous_page": nil})
}

// listJobs lists by the time of completion, the last first; jobs in flight, who
// have none, come before (§9).
func (a *Account) listJobs(c *call) answer {
	items := slices.Clone(a.jobs)
	slices.Reverse(items)
	slices.SortStableFunc(items, func(x, y *job) int {
		switch {
		case x.finished.IsZero() && y.finished.IsZero():
			return 0
		case x.finished.IsZero():
			return -1
		case y.finished.IsZero():
			return 1
		}
		return y.finished.Compare(x.finished)
	})
	return page(a, c, list[*job]{
		key: "job_statuses", items: items,
		place: func(j *job) place { return place{id: int64(slices.Index(items, j) + 1)} },
		view:  func(j *job) map[string]any { return a.jobView(c, j) },
	})
}

// Jobs returns the background jobs that are known, in the order in which they
// were queued, as the API would answer for them. To ask here does not make a job
// go on.
func (a *Account) Jobs() []map[string]any {
	defer a.look()()
	return views(a.jobs, func(j *job) map[string]any { return a.jobView(&call{}, j) })
}

// values reads a comma-separated parameter of up to 100 values, given once or
// more than once.
func (c *call) values(name string) ([]string, *answer) {
	if !c.query.Has(name) {
		ans := invalidParameter(name, "must be given")
		return nil, &ans
	}
	return manyValues(strings.Join(c.query[name], ","))
}

// objects reads the list of objects below a key of the body, of 100 at most; what
// names them in the refusal.
func (c *call) objects(key, what string) ([]map[string]any, *answer) {
	v, bad, ok := c.document()
	if !ok {
		return nil, &bad
	}
	list, ok := v[key].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, each := range list {
		o, isObject := each.(map[string]any)
		if !isObject {
			ok = false
			break
		}
		out = append(out, o)
	}
	switch {
	case !ok || len(out) == 0:
		ans := invalidParameter(key, "must be an array of objects")
		return nil, &ans
	case len(out) > maxItems:
		ans := named(http.StatusBadRequest, "TooManyValues", fmt.Sprintf("Maximum %d %s may be %s per call", maxItems, key, what))
		return nil, &ans
	}
	return out, nil
}

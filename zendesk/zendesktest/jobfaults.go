package zendesktest

import (
	"cmp"
	"slices"

	"github.com/usher-scim/usher/internal/simulator"
)

// JobFaultKind is what goes wrong with a background job.
type JobFaultKind string

const (
	// ItemsFail lets the items at [JobFault.Items] fail, and the others be done.
	ItemsFail JobFaultKind = "items fail"
	// JobFails lets the job end as "failed", with none of its items done.
	JobFails JobFaultKind = "job fails"
	// JobIsKilled lets the job end as "killed", with the first half of its items
	// done.
	JobIsKilled JobFaultKind = "job is killed"
	// JobHangs leaves the job at work for ever, with the first half of its items
	// done.
	JobHangs JobFaultKind = "job hangs"
)

// JobFault is a script for a job: it changes what becomes of jobs whose calls
// match (§9). What goes wrong with the calls themselves is a [Fault].
type JobFault struct {
	// Kind is what goes wrong. Empty: [ItemsFail].
	Kind JobFaultKind
	// Path is the path of the call that queues the job, as in [Fault.Path], for
	// example "/api/v2/group_memberships/create_many". Empty: any.
	Path string
	// Items are the indexes of the items that fail, from 0 on. Empty: all.
	Items []int
	// Error and Details are what the results of failed items say. Empty: a
	// database conflict.
	Error, Details string
	// Skip is how many matching jobs pass before the first fault.
	Skip int
	// Times is how many jobs meet the fault. Zero: one; negative: all.
	Times int
}

func (f *JobFault) is(kind JobFaultKind) bool { return f != nil && f.Kind == kind }

// fails reports whether the item at an index is to fail.
func (f *JobFault) fails(at int) bool {
	return f.is(ItemsFail) && (len(f.Items) == 0 || slices.Contains(f.Items, at))
}

// FaultJob adds a script for jobs that are queued from now on.
func (a *Account) FaultJob(f JobFault) {
	f.Kind = cmp.Or(f.Kind, ItemsFail)
	f.Times = cmp.Or(f.Times, 1)
	f.Items = slices.Clone(f.Items)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobFaults = append(a.jobFaults, &f)
}

// takeJobFault returns the script that a new job meets, or nil, and counts it.
func (a *Account) takeJobFault(method, path string) *JobFault {
	for i, f := range a.jobFaults {
		if f.Path != "" && !simulator.MatchPath(f.Path, path) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			a.jobFaults = slices.Delete(a.jobFaults, i, i+1)
		}
		met := *f
		return &met
	}
	return nil
}

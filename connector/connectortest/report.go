package connectortest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Report is what came of [Verify].
type Report struct {
	// Capabilities is a table of what the driver declares, for people to read.
	Capabilities string
	// Results are those of the checks, in order.
	Results []Result
	// Problems are what is wrong with the harness or with the options.
	Problems []string
}

// Result is what came of one check.
type Result struct {
	Check  string
	Object string // "" for a check about the driver as a whole
	// Skipped is why it was not run, "" where it was.
	Skipped string
	// Failures are what it found.
	Failures []string
}

// Name returns the name of the check as [Options.Skip] has it.
func (r Result) Name() string {
	if r.Object == "" {
		return r.Check
	}
	return r.Check + "/" + r.Object
}

// Failed returns the names of the checks that failed, in order.
func (r *Report) Failed() []string {
	var out []string
	for _, x := range r.Results {
		if len(x.Failures) > 0 {
			out = append(out, x.Name())
		}
	}
	return out
}

// Err returns nil where every check passed or was skipped, and otherwise an error
// with all problems and failures.
func (r *Report) Err() error {
	var errs []error
	for _, p := range r.Problems {
		errs = append(errs, errors.New(p))
	}
	for _, x := range r.Results {
		for _, f := range x.Failures {
			errs = append(errs, fmt.Errorf("%s: %s", x.Name(), f))
		}
	}
	return errors.Join(errs...)
}

// recorder keeps what a check reports.
type recorder struct {
	mu       sync.Mutex
	failures []string
	skipped  string
}

// run runs f in a goroutine of its own, which Fatalf and Skipf end, and waits for
// it.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skipf(format string, args ...any) {
	r.mu.Lock()
	r.skipped = fmt.Sprintf(format, args...)
	r.mu.Unlock()
	runtime.Goexit()
}

// capabilities writes the table of what a driver declares.
func capabilities(d connector.Driver, desc *connector.Description) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "object\twritten\tactions\tunique\tfilters\tup to date\tmembers")
	for i := range desc.Objects {
		o := &desc.Objects[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Name, written(o), actions(o), list(o.Unique), filters(o), upToDate(o), list(o.Member))
	}
	_ = w.Flush() // a strings.Builder takes everything
	var has []string
	for _, a := range []struct {
		name string
		is   bool
	}{
		{"Members", ability[connector.Members](d) != nil}, {"Checker", ability[connector.Checker](d) != nil},
		{"Omitter", ability[connector.Omitter](d) != nil}, {"Unwrapper", isUnwrapper(d)},
	} {
		if a.is {
			has = append(has, a.name)
		}
	}
	return b.String() + "abilities: " + list(has)
}

func list(words []string) string {
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ", ")
}

func written(o *connector.Object) string {
	switch {
	case o.ReadOnly:
		return "no"
	case o.BlindUpdate:
		return "also unread"
	default:
		return "yes"
	}
}

func actions(o *connector.Object) string {
	var names []string
	for _, a := range o.Actions {
		names = append(names, a.String())
	}
	return list(names)
}

func filters(o *connector.Object) string {
	if o.Search.Any {
		return "any"
	}
	n := 0
	if o.Type != nil {
		for s := range schema.Slot(o.Type.Len()) {
			if o.Type.Attribute(s).Filter != 0 {
				n++
			}
		}
	}
	out := fmt.Sprintf("%d fields", n)
	if o.Search.And {
		out += ", and"
	}
	if o.Search.Or {
		out += ", or"
	}
	return out
}

func upToDate(o *connector.Object) string {
	if o.Search.Immediate {
		return "every search"
	}
	fields := slices.Clone(o.Search.Consistent)
	slices.Sort(fields)
	return list(fields)
}

// maxWrappers ends the search in a wrapper that wraps itself.
const maxWrappers = 32

// ability returns d, or the first driver behind its wrappers, that is a T.
func ability[T any](d connector.Driver) (found T) {
	for range maxWrappers {
		if t, ok := d.(T); ok {
			return t
		}
		w, ok := d.(connector.Unwrapper)
		if !ok {
			break
		}
		if d = w.Unwrap(); d == nil {
			break
		}
	}
	return found
}

func isUnwrapper(d connector.Driver) bool {
	_, ok := d.(connector.Unwrapper)
	return ok
}

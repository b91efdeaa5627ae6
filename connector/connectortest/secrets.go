package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// runSecrets provokes errors and looks for what must not be in their texts, nor in
// the log: credentials, and what records say of people.
func runSecrets(t *trial) {
	var errs []error
	private := map[string]bool{}
	note := func(rec *schema.Record) *schema.Record {
		for s, v := range rec.Values() {
			for _, text := range v.Strings() {
				if a := t.object.Type.Attribute(s); a.Type == schema.String && len(a.Choices) == 0 && len(text) >= 6 {
					private[text] = true
				}
			}
		}
		return rec
	}
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	_, err := t.d.Get(t.ctx, connector.Ref{Object: t.object.Name, ID: t.unknownID(t.object)})
	add(err)
	cancelled, cancel := context.WithCancel(t.ctx)
	cancel()
	_, err = t.d.List(cancelled, t.object.Name, connector.Query{})
	add(err)
	if t.canCreate() {
		first := note(t.mustCreate())
		_, err = t.d.Create(t.ctx, t.object.Name, note(first.Clone()))
		add(err)
		for _, bad := range badValues(t.object, note(t.sample())) {
			_, err = t.d.Create(t.ctx, t.object.Name, bad)
			add(err)
		}
		_, err = t.d.Create(cancelled, t.object.Name, note(t.sample()))
		add(err)
	}
	if t.h.Inject != nil {
		for _, kind := range []FaultKind{RateLimited, Unavailable, UnavailableAfter, LostAnswer, Malformed} {
			if t.canCreate() && t.inject(Fault{Kind: kind, Op: OpCreate, RetryAfter: t.h.retryAfter()}) {
				_, err = t.d.Create(t.ctx, t.object.Name, note(t.sample()))
				add(err)
			}
			if t.inject(Fault{Kind: kind, Op: OpList, RetryAfter: t.h.retryAfter()}) {
				_, err = t.d.List(t.ctx, t.object.Name, connector.Query{})
				add(err)
			}
			t.calm()
			if kind == RateLimited {
				if err := t.h.wait(t.ctx, t.h.retryAfter()); err != nil {
					t.Fatalf("the wait for the end of the rate limit failed: %v", err)
				}
			}
		}
	}
	for _, err := range errs {
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), reasons(err)} {
			t.clean("an error", text, private)
		}
	}
	if t.h.Logs != nil {
		t.clean("the log", t.h.Logs(), private)
	}
}

// reasons returns what an error tells clients.
func reasons(err error) string {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		return e.Reason
	}
	return ""
}

// clean looks for texts that must not be in another. What it finds it does not
// repeat.
func (t *trial) clean(where, text string, private map[string]bool) {
	t.Helper()
	for _, secret := range t.h.Secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Fatalf("%s shows a secret (not repeated here)", where)
		}
	}
	for p := range private {
		if strings.Contains(text, p) {
			t.Fatalf("%s shows %q, which a record says of somebody", where, p)
		}
	}
}

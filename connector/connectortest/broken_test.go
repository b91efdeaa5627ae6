package connectortest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/schema"
)

// broken is an office with some of its methods replaced.
type broken struct {
	*office
	one      sync.Mutex // held by the functions that replace a part of a method
	describe func(ctx context.Context) (*connector.Description, error)
	get      func(ctx context.Context, r connector.Ref) (*schema.Record, error)
	list     func(ctx context.Context, object string, q connector.Query) (*connector.Page, error)
	create   func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error)
	update   func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error)
	act      func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error)
	check    func(ctx context.Context) error
	without  func(ctx context.Context, r connector.Ref, fields []string) (*schema.Record, error)
	edit     func(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error)
}

func newBroken(t testing.TB) *broken {
	o := newOffice(t)
	return &broken{office: o, describe: o.Describe, get: o.Get, list: o.List, create: o.Create, update: o.Update, act: o.Act,
		check: o.Check, without: o.GetWithout, edit: o.EditMembers}
}

func (b *broken) Describe(ctx context.Context) (*connector.Description, error) {
	return b.describe(ctx)
}

func (b *broken) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return b.get(ctx, r)
}

func (b *broken) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	return b.list(ctx, object, q)
}

func (b *broken) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	return b.create(ctx, object, rec)
}

func (b *broken) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	return b.update(ctx, r, c)
}

func (b *broken) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	return b.act(ctx, r, a)
}

func (b *broken) Check(ctx context.Context) error { return b.check(ctx) }

func (b *broken) GetWithout(ctx context.Context, r connector.Ref, fields []string) (*schema.Record, error) {
	return b.without(ctx, r, fields)
}

func (b *broken) EditMembers(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	return b.edit(ctx, group, add, remove)
}

// The methods below replace a part of what a method does.

// sending changes the records that are sent by Create.
func (b *broken) sending(change func(rec *schema.Record)) {
	create := b.create
	b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
		rec = rec.Clone()
		b.one.Lock()
		change(rec)
		b.one.Unlock()
		return create(ctx, object, rec)
	}
}

// creating changes the outcome of Create.
func (b *broken) creating(change func(rec *schema.Record, err error) (*schema.Record, error)) {
	create := b.create
	b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
		return change(create(ctx, object, rec))
	}
}

// editing changes the edits that Update carries out.
func (b *broken) editing(change func(c connector.Change, e schema.Edit) []schema.Edit) {
	update := b.update
	b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
		var edits []schema.Edit
		for _, e := range c.Edits {
			edits = append(edits, change(c, e)...)
		}
		c.Edits = edits
		return update(ctx, r, c)
	}
}

// acting changes the outcome of an action.
func (b *broken) acting(kind connector.ActionKind, change func(rec *schema.Record, err error) (*schema.Record, error)) {
	act := b.act
	b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
		rec, err := act(ctx, r, a)
		if a.Kind == kind {
			return change(rec, err)
		}
		return rec, err
	}
}

// listing changes the pages of lists.
func (b *broken) listing(change func(q connector.Query, p *connector.Page) *connector.Page) {
	list := b.list
	b.list = func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
		p, err := list(ctx, object, q)
		if err != nil {
			return nil, err
		}
		b.one.Lock()
		defer b.one.Unlock()
		return change(q, p), nil
	}
}

// asking changes the queries of lists.
func (b *broken) asking(change func(object string, q connector.Query) connector.Query) {
	list := b.list
	b.list = func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
		return list(ctx, object, change(object, q))
	}
}

// failing changes the errors of every method that has a record or a page.
func (b *broken) failing(change func(op connectortest.Op, err error) error) {
	get, list, create, update, act := b.get, b.list, b.create, b.update, b.act
	b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
		rec, err := get(ctx, r)
		return rec, change(connectortest.OpGet, err)
	}
	b.list = func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
		p, err := list(ctx, object, q)
		return p, change(connectortest.OpList, err)
	}
	b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
		out, err := create(ctx, object, rec)
		return out, change(connectortest.OpCreate, err)
	}
	b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
		rec, err := update(ctx, r, c)
		return rec, change(connectortest.OpUpdate, err)
	}
	b.act = func(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
		rec, err := act(ctx, r, a)
		return rec, change(connectortest.OpAct, err)
	}
}

// sixMethods hides the optional abilities of a driver.
type sixMethods struct{ connector.Driver }

// wrapper is a driver around another.
type wrapper struct {
	*broken
	inner connector.Driver
}

func (w *wrapper) Unwrap() connector.Driver { return w.inner }

// breach is a driver that breaks one promise.
type breach struct {
	name string
	// checks are those that fail, by name and in the order of the kit.
	checks string
	// says is a part of what the first of them says.
	says string
	// with breaks the driver. It returns the one to look at, nil for b.
	with func(b *broken) connector.Driver
	// patience is how long the kit waits for a call that hangs: short only where
	// one does, since a busy machine makes a good driver late as well.
	patience time.Duration
}

// in makes a breach out of one that replaces methods only.
func in(name, checks, says string, with func(b *broken)) breach {
	return breach{name: name, checks: checks, says: says, with: func(b *broken) connector.Driver { with(b); return b }}
}

// hanging is in, for a driver that never returns.
func hanging(name, checks, says string, with func(b *broken)) breach {
	out := in(name, checks, says, with)
	out.patience = 50 * time.Millisecond
	return out
}

// TestVerify_Broken holds the kit against drivers that each break one promise: the
// checks that look at it find it, and no others. Every check finds one at least.
func TestVerify_Broken(t *testing.T) {
	t.Parallel()
	var covered []string
	for _, c := range slices.Concat(describing(), writing(), acting(), reading(), failing(), sharing()) {
		covered = append(covered, strings.Fields(c.checks)...)
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report := connectortest.Verify(t.Context(), func() (*connectortest.Harness, error) {
				b := newBroken(t)
				h := b.harness()
				h.Driver = c.with(b)
				return h, nil
			}, &connectortest.Options{Objects: []string{"person", "team", "room"}, Records: 9, Patience: c.patience})
			require.Empty(t, report.Problems)
			var failed []string
			said := ""
			for _, r := range report.Results {
				if len(r.Failures) > 0 && !slices.Contains(failed, r.Check) {
					failed = append(failed, r.Check)
					if said == "" {
						said = strings.Join(r.Failures, "\n")
					}
				}
			}
			if !assert.Equal(t, strings.Fields(c.checks), failed) {
				t.Log(report.Err())
			}
			assert.Contains(t, said, c.says)
		})
	}
	report := connectortest.Verify(t.Context(), func() (*connectortest.Harness, error) { return newOffice(t).harness(), nil }, nil)
	for _, r := range report.Results {
		assert.Containsf(t, covered, r.Check, "no driver fails the check %s", r.Check)
	}
}

// isCode reports whether an error has a code.
func isCode(err error, c connector.Code) bool { return err != nil && errors.Is(err, c) }

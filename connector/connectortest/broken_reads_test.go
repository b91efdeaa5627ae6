package connectortest_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/schema"
)

// reading are breaches of what List promises.
func reading() []breach {
	compare := func(q connector.Query, op schema.Op) (*schema.Compare, bool) {
		c, ok := q.Filter.(*schema.Compare)
		return c, ok && c.Op == op
	}
	return []breach{
		in("answers a prefix as an eq", "filters paging", "sw", func(b *broken) {
			b.asking(func(_ string, q connector.Query) connector.Query {
				if c, ok := compare(q, schema.Sw); ok {
					q.Filter = &schema.Compare{Path: c.Path, Op: schema.Eq, Value: c.Value}
				}
				return q
			})
		}),
		in("takes gt for ge", "filters", "level gt", func(b *broken) {
			b.asking(func(_ string, q connector.Query) connector.Query {
				if c, ok := compare(q, schema.Gt); ok {
					q.Filter = &schema.Compare{Path: c.Path, Op: schema.Ge, Value: c.Value}
				}
				return q
			})
		}),
		in("minds the letter case of a field that has none", "filters", `"sAMPLE TITLE 0" gave 0 records`, func(b *broken) {
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				if field, v, ok := connector.EqOn(q.Filter); ok && field == "title" {
					p.Records = slices.DeleteFunc(p.Records, func(r *schema.Record) bool { return r.String("title") != v.Text() })
				}
				return p
			})
		}),
		in("answers an or by its first half", "filters", " or ", func(b *broken) {
			b.asking(func(_ string, q connector.Query) connector.Query {
				if or, ok := q.Filter.(schema.Or); ok {
					q.Filter = or[0]
				}
				return q
			})
		}),
		in("does not know a filter that it declares", "filters", "with the declared filter", func(b *broken) {
			list := b.list
			b.list = func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
				if _, ok := compare(q, schema.Co); ok {
					return nil, connector.Unsupported
				}
				return list(ctx, object, q)
			}
		}),
		in("does not find what is new", "own-writes", "right after a create", func(b *broken) {
			fresh := false // until the index is read as a whole
			b.sending(func(*schema.Record) { fresh = true })
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				if field, _, ok := connector.EqOn(q.Filter); ok && field == "level" && fresh {
					p.Records = nil
				}
				fresh = fresh && q.Filter != nil
				return p
			})
		}),
		in("finds by what is no more", "own-writes", "its old value", func(b *broken) {
			b.list = b.stale(b.list)
		}),
		in("leaves kin out of the list that has them", "kin", "lacks the guest", func(b *broken) {
			b.asking(func(_ string, q connector.Query) connector.Query { q.Kin = false; return q })
		}),
		in("shows no members in its lists", "members", "List has []", func(b *broken) {
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				for _, rec := range p.Records {
					if rec.Type().Name() == "team" {
						rec.Set("members", schema.Value{})
					}
				}
				return p
			})
		}),
		in("knows less of kin than it declares", "kin", "fields that are not sparse: email", func(b *broken) {
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				for _, rec := range p.Records {
					if q.Kin && rec.Type().Name() == "guest" {
						rec.Set("email", schema.Value{})
					}
				}
				return p
			})
		}),
		in("does not filter kin", "kin", "does not find a guest of that email", func(b *broken) {
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				if q.Kin && q.Filter != nil {
					p.Records = slices.DeleteFunc(p.Records, func(rec *schema.Record) bool { return rec.Type().Name() == "guest" })
				}
				return p
			})
		}),
		in("loses its place when a record is made", "paging", "while records were made lacks the record", func(b *broken) {
			made, begun := 0, 0
			b.sending(func(*schema.Record) { made++ })
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				switch {
				case q.Cursor == "":
					begun = made
				case made > begun && len(p.Records) > 0:
					p.Records = p.Records[1:]
				}
				return p
			})
		}),
		in("gives the same cursor again", "paging", "the same cursor again", func(b *broken) {
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				if q.Limit == 3 && q.Cursor != "" && q.Filter == nil {
					p.Next = q.Cursor
				}
				return p
			})
		}),
		in("repeats a record at the border of two pages", "paging", "more than once", func(b *broken) {
			var last *schema.Record
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				if q.Limit == 3 && q.Cursor != "" && q.Filter == nil && last != nil && len(p.Records) > 0 && last.Type() == p.Records[0].Type() {
					p.Records = append([]*schema.Record{last.Clone()}, p.Records...)
				}
				if n := len(p.Records); n > 0 {
					last = p.Records[n-1].Clone()
				}
				return p
			})
		}),
		in("loses the last page", "paging", "the list lacks", func(b *broken) {
			b.listing(func(q connector.Query, p *connector.Page) *connector.Page {
				if q.Limit == 3 && q.Cursor != "" {
					p.Next = ""
				}
				p.Total = -1
				return p
			})
		}),
		in("takes the length of a page for the total", "paging", "the total is", func(b *broken) {
			b.listing(func(_ connector.Query, p *connector.Page) *connector.Page {
				p.Total = len(p.Records)
				return p
			})
		}),
		in("cannot begin where it declares", "paging", "with Offset", func(b *broken) {
			b.asking(func(_ string, q connector.Query) connector.Query { q.Offset = 0; return q })
		}),
	}
}

// stale makes an eq filter on an address see a record by the address that it had.
func (b *broken) stale(list func(context.Context, string, connector.Query) (*connector.Page, error)) func(context.Context, string, connector.Query) (*connector.Page, error) {
	old := map[string]connector.Ref{}
	update := b.update
	b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
		if was, err := b.Driver.Get(ctx, r); err == nil && was.Has("level") && r.Object == "person" {
			b.one.Lock()
			old[was.String("level")] = r
			b.one.Unlock()
		}
		return update(ctx, r, c)
	}
	return func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
		p, err := list(ctx, object, q)
		if field, v, ok := connector.EqOn(q.Filter); err == nil && ok && field == "level" && len(p.Records) == 0 {
			b.one.Lock()
			defer b.one.Unlock()
			if rec, err := b.Driver.Get(ctx, old[v.Text()]); err == nil {
				p.Records = append(p.Records, rec)
			}
		}
		return p, err
	}
}

// failing are breaches of what drivers promise when their targets fail.
func failing() []breach {
	// lost changes the error of an operation that was carried out.
	lost := func(op connectortest.Op, kinds []connectortest.FaultKind, change func(error) error) func(b *broken) {
		return func(b *broken) {
			create, update := b.create, b.update
			if op == connectortest.OpCreate {
				b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
					f := b.at(op, object)
					out, err := create(ctx, object, rec)
					if err != nil && slices.Contains(kinds, f) {
						err = change(err)
					}
					return out, err
				}
				return
			}
			b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
				f := b.at(op, r.Object)
				out, err := update(ctx, r, c)
				if err != nil && slices.Contains(kinds, f) {
					err = change(err)
				}
				return out, err
			}
		}
	}
	code := func(c connector.Code) func(error) error {
		return func(error) error { return connector.Errorf(c, "", "it went wrong") }
	}
	return []breach{
		in("has no code for a rate limit", "rate-limit", "wanted is RateLimited", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.RateLimited) {
					return errors.New("status 429")
				}
				return err
			})
		}),
		in("does not say when to come back", "rate-limit", "without RetryAfter", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.RateLimited) {
					return connector.RateLimited
				}
				return err
			})
		}),
		in("takes a rate limit for an empty list", "rate-limit", "the list is empty", func(b *broken) {
			list := b.list
			b.list = func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
				p, err := list(ctx, object, q)
				if isCode(err, connector.RateLimited) {
					return &connector.Page{}, nil
				}
				return p, err
			}
		}),
		in("has no code for a target in trouble", "unavailable", "wanted is Unavailable", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.Unavailable) && err == error(connector.Unavailable) {
					return connector.Internal
				}
				return err
			})
		}),
		in("calls a lost create unavailable", "lost-answer", "makes a second record",
			lost(connectortest.OpCreate, []connectortest.FaultKind{connectortest.LostAnswer}, code(connector.Unavailable))),
		in("calls a failed answer to a create unavailable", "lost-answer", "makes a second record",
			lost(connectortest.OpCreate, []connectortest.FaultKind{connectortest.UnavailableAfter}, code(connector.Unavailable))),
		in("repeats a create by itself", "lost-answer", "2 records were made", func(b *broken) {
			twin := b.twins()
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				f := b.at(connectortest.OpCreate, object)
				out, err := create(ctx, object, rec)
				if err != nil && f == connectortest.LostAnswer && object == "team" {
					twin(ctx, rec)
				}
				return out, err
			}
		}),
		in("calls a lost update a conflict", "lost-answer", "Update whose answer was lost",
			lost(connectortest.OpUpdate, []connectortest.FaultKind{connectortest.LostAnswer}, code(connector.Conflict))),
		in("takes an unreadable answer to a create for a failure", "malformed", "makes a second record",
			lost(connectortest.OpCreate, []connectortest.FaultKind{connectortest.Malformed}, code(connector.Internal))),
		in("takes an unreadable answer for no record", "malformed", "Get with an answer that cannot be read", func(b *broken) {
			b.failing(func(op connectortest.Op, err error) error {
				if op == connectortest.OpGet && isCode(err, connector.Internal) {
					return connector.NotFound
				}
				return err
			})
		}),
		in("makes a record though the context has ended", "cancelled", "was cancelled gave no error", func(b *broken) {
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				if ctx.Err() != nil {
					ctx = context.WithoutCancel(ctx)
				}
				return create(ctx, object, rec)
			}
		}),
		in("calls though the context has ended", "cancelled", "called the target", func(b *broken) {
			get := b.get
			b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
				if ctx.Err() != nil {
					_, _ = get(context.WithoutCancel(ctx), r)
				}
				return get(ctx, r)
			}
		}),
		hanging("goes on when the caller has given up", "slow", "did not return within", func(b *broken) {
			get := b.get
			b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
				if b.at(connectortest.OpGet, r.Object) == connectortest.Slow {
					<-b.closed
				}
				return get(ctx, r)
			}
		}),
		in("takes a given up call for no record", "slow", "before the answer came", func(b *broken) {
			get := b.get
			b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
				f := b.at(connectortest.OpGet, r.Object)
				rec, err := get(ctx, r)
				if err != nil && f == connectortest.Slow {
					return nil, connector.NotFound
				}
				return rec, err
			}
		}),
		in("shows the credential", "secrets", "shows a secret", func(b *broken) {
			b.failing(func(_ connectortest.Op, err error) error {
				if isCode(err, connector.NotFound) {
					return &connector.Error{Code: connector.NotFound, Err: errors.New("GET https://example.com/?key=" + secret)}
				}
				return err
			})
		}),
		in("shows what was sent", "secrets", "which a record says", func(b *broken) {
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				out, err := create(ctx, object, rec)
				if e, ok := errors.AsType[*connector.Error](err); ok && e.Code == connector.AlreadyExists {
					return nil, connector.Errorf(e.Code, e.Field, "%s is taken", rec.String("email")+rec.String("name"))
				}
				return out, err
			}
		}),
	}
}

// sharing are breaches of what drivers promise to callers that share them.
func sharing() []breach {
	return []breach{
		in("keeps the record that it gave", "aliasing", "keeps what it gives away", func(b *broken) {
			var mu sync.Mutex
			kept := map[connector.Ref]*schema.Record{}
			get := b.get
			b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
				rec, err := get(ctx, r)
				if err != nil || r.Object != "room" {
					return rec, err
				}
				mu.Lock()
				defer mu.Unlock()
				if kept[r] == nil {
					kept[r] = rec
				}
				return kept[r], nil
			}
		}),
		in("keeps the record that it was given", "aliasing", "Create was given", func(b *broken) {
			var mu sync.Mutex
			given := map[connector.Ref]*schema.Record{}
			create, get := b.create, b.get
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				out, err := create(ctx, object, rec)
				if err == nil {
					mu.Lock()
					given[b.desc.Object(object).RefOf(out)] = rec
					mu.Unlock()
				}
				return out, err
			}
			b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
				rec, err := get(ctx, r)
				mu.Lock()
				defer mu.Unlock()
				if in := given[r]; err == nil && in != nil && in.Has("code") {
					rec.Set("code", in.Get("code"))
				}
				return rec, err
			}
		}),
		in("changes the record that it was given", "aliasing", "changed the record that it was given", func(b *broken) {
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				rec.Set("active", schema.BooleanValue(true))
				return create(ctx, object, rec)
			}
		}),
		in("changes the change that it was given", "aliasing", "changed what it was given", func(b *broken) {
			update := b.update
			b.update = func(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
				out, err := update(ctx, r, c)
				if c.Want != nil {
					c.Want.SetString("title", "changed")
				}
				return out, err
			}
		}),
		in("mixes up callers", "concurrent", "callers at once", func(b *broken) {
			var inside atomic.Int32
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				inside.Add(1)
				defer inside.Add(-1)
				for range 2000 { // a caller alone gets through
					if runtime.Gosched(); inside.Load() > 1 {
						return nil, connector.Errorf(connector.Internal, "", "two at once")
					}
				}
				return create(ctx, object, rec)
			}
		}),
		in("looks before it leaps", "concurrent", "at once: ", func(b *broken) {
			twin := b.twins()
			var mu sync.Mutex
			n := map[string]int{}
			create := b.create
			b.create = func(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
				out, err := create(ctx, object, rec)
				if !isCode(err, connector.AlreadyExists) || object != "team" {
					return out, err
				}
				mu.Lock()
				defer mu.Unlock()
				if n[rec.String("name")]++; n[rec.String("name")] == parallelCreates-1 {
					twin(ctx, rec)
				}
				return out, err
			}
		}),
		in("panics", "concurrent", "the driver panicked", func(b *broken) {
			var inside atomic.Int32
			get := b.get
			b.get = func(ctx context.Context, r connector.Ref) (*schema.Record, error) {
				defer inside.Add(-1)
				if inside.Add(1) > 1 {
					panic("two at once")
				}
				for range 500 {
					runtime.Gosched()
				}
				return get(ctx, r)
			}
		}),
	}
}

// parallelCreates is how many callers create the same record in the check
// concurrent.
const parallelCreates = 8

// twins returns a function that makes a second team that looks like another to
// those who read it.
func (b *broken) twins() func(ctx context.Context, rec *schema.Record) {
	const mark = " (2)"
	made := map[string]bool{}
	list := b.list
	b.list = func(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
		b.one.Lock()
		defer b.one.Unlock()
		if field, v, ok := connector.EqOn(q.Filter); ok && field == "name" && made[v.Text()] {
			q.Filter = &schema.Compare{Path: schema.Path{Attr: "name"}, Op: schema.Sw, Value: v}
		}
		p, err := list(ctx, object, q)
		if err != nil {
			return nil, err
		}
		for _, r := range p.Records {
			if name, is := strings.CutSuffix(r.String("name"), mark); is {
				r.SetString("name", name)
			}
		}
		return p, nil
	}
	return func(ctx context.Context, rec *schema.Record) {
		b.one.Lock()
		defer b.one.Unlock()
		second := rec.Clone()
		second.SetString("name", rec.String("name")+mark)
		if _, err := b.Driver.Create(ctx, "team", second); err == nil {
			made[rec.String("name")] = true
		}
	}
}

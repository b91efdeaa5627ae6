package connectortest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// trial is one run of a check. It asks the driver what a Target would ask, and
// keeps nothing that the driver could change: what it gives away and what it gets
// it copies, so that a driver that shares records fails the check about that and
// no other.
type trial struct {
	reporter
	ctx    context.Context
	h      *Harness
	o      *Options
	d      connector.Driver
	desc   *connector.Description
	object *connector.Object // nil in a check about the driver
	used   map[string]int    // samples by object
}

// sample returns the next sample of the object.
func (t *trial) sample() *schema.Record { return t.sampleOf(t.object) }

func (t *trial) sampleOf(o *connector.Object) *schema.Record {
	t.Helper()
	if t.used == nil {
		t.used = make(map[string]int)
	}
	i := t.used[o.Name]
	t.used[o.Name]++
	rec := t.h.sample(o, i)
	if rec == nil {
		t.Fatalf("the harness has a sample number 0 of %s and none number %d", o.Name, i)
	}
	if rec.Type() != o.Type {
		t.Fatalf("the harness's sample of %s is not of the type that Describe gives", o.Name)
	}
	if s := o.Type.Slot(o.MemberField); o.MemberField != "" && !rec.At(s).Unassigned() {
		t.Fatalf("the harness's sample of %s has members, which are not created along with a group", o.Name)
	}
	return rec
}

// minimal returns a sample with no more than what is required and unique.
func (t *trial) minimal() *schema.Record {
	t.Helper()
	rec := t.sample()
	for s := range rec.Values() {
		a := t.object.Type.Attribute(s)
		if !a.Required && !isUnique(t.object, a.Name) {
			rec.SetAt(s, schema.Value{})
		}
	}
	return rec
}

// mustCreate makes a record of the next sample, and reads it: what Create returns
// is one check's business.
func (t *trial) mustCreate() *schema.Record {
	t.Helper()
	return t.mustCreateOf(t.object, t.sample())
}

func (t *trial) mustCreateOf(o *connector.Object, rec *schema.Record) *schema.Record {
	t.Helper()
	out, err := t.createOf(o, rec)
	if err != nil {
		t.Fatalf("Create of a sample of %s failed: %v", o.Name, err)
	}
	return t.mustGet(o.RefOf(out))
}

// create makes a record and looks at the form of what comes back.
func (t *trial) create(rec *schema.Record) (*schema.Record, error) {
	return t.createOf(t.object, rec)
}

func (t *trial) createOf(o *connector.Object, rec *schema.Record) (*schema.Record, error) {
	out, err := t.d.Create(t.ctx, o.Name, rec.Clone())
	if err != nil {
		return nil, err
	}
	if err := wellFormed(o, out); err != nil {
		return nil, fmt.Errorf("the driver created a record, but %w", err)
	}
	return out.Clone(), nil
}

// wellFormed looks at a record that came from the driver as a Target does.
func wellFormed(o *connector.Object, rec *schema.Record) error {
	switch {
	case rec == nil:
		return errors.New("it gave no record")
	case rec.Type() != o.Type:
		return errors.New("the record that it gave is not of the type that Describe gives")
	case !validID(o, rec.String(o.IDField())):
		return fmt.Errorf("the record that it gave has the id %q, which does not match the object's pattern", rec.String(o.IDField()))
	}
	return nil
}

// validID reports whether a whole id matches the object's pattern.
func validID(o *connector.Object, id string) bool {
	if o.IDPattern == nil {
		return len(id) >= 1 && len(id) <= 19 && strings.Trim(id, "0123456789") == ""
	}
	if at := o.IDPattern.FindStringIndex(id); id == "" || at != nil && at[0] == 0 && at[1] == len(id) {
		return id != ""
	}
	// The first alternative that fits must not hide that another fits the whole.
	re, err := regexp.Compile(`\A(?:` + o.IDPattern.String() + `)\z`)
	return err == nil && re.MatchString(id)
}

// get reads a record.
func (t *trial) get(r connector.Ref) (*schema.Record, error) {
	rec, err := t.d.Get(t.ctx, r)
	if err != nil {
		return nil, err
	}
	o := t.desc.Object(r.Object)
	if err := wellFormed(o, rec); err != nil {
		return nil, err
	}
	if got := rec.String(o.IDField()); got != r.ID {
		return nil, fmt.Errorf("the record that it gave has the id %q, asked for was %q", got, r.ID)
	}
	return rec.Clone(), nil
}

func (t *trial) mustGet(r connector.Ref) *schema.Record {
	t.Helper()
	rec, err := t.get(r)
	if err != nil {
		t.Fatalf("Get of a record that is there failed: %v", err)
	}
	return rec
}

// ref returns the reference of one of the object's records.
func (t *trial) ref(rec *schema.Record) connector.Ref { return t.object.RefOf(rec) }

// existing returns a record that is there: a new one where records can be made,
// else the first of the list.
func (t *trial) existing() *schema.Record {
	t.Helper()
	if t.canCreate() {
		return t.mustCreate()
	}
	recs, err := t.all(connector.Query{})
	if err != nil {
		t.Fatalf("List failed: %v", err)
	}
	if len(recs) == 0 {
		t.Skipf("there are no records of it, and the kit cannot make any: have the harness seed some")
	}
	return recs[0]
}

func (t *trial) canCreate() bool {
	return !t.object.ReadOnly && t.h.sample(t.object, 0) != nil
}

// edit returns a change that carries out edits on base.
func (t *trial) edit(base *schema.Record, edits ...schema.Edit) connector.Change {
	want := base.Clone()
	want.Apply(edits...)
	return connector.Change{Edits: slices.Clone(edits), Type: t.object.Type, Base: base.Clone(), Want: want}
}

// blind returns a change without a record.
func (t *trial) blind(edits ...schema.Edit) connector.Change {
	return connector.Change{Edits: slices.Clone(edits), Type: t.object.Type}
}

// update carries out a change and looks at the form of what comes back, which may
// be nil.
func (t *trial) update(r connector.Ref, c connector.Change) (*schema.Record, error) {
	out, err := t.d.Update(t.ctx, r, c)
	if err != nil || out == nil {
		return nil, err
	}
	if err := wellFormed(t.object, out); err != nil {
		return nil, err
	}
	return out.Clone(), nil
}

func (t *trial) mustUpdate(r connector.Ref, c connector.Change) *schema.Record {
	t.Helper()
	out, err := t.update(r, c)
	if err != nil {
		t.Fatalf("Update (%s) failed: %v", describeEdits(t.object.Type, c.Edits), err)
	}
	return out
}

// act does something and looks at the form of what comes back, which may be nil.
func (t *trial) act(r connector.Ref, a connector.Action) (*schema.Record, error) {
	out, err := t.d.Act(t.ctx, r, a)
	if err != nil || out == nil {
		return nil, err
	}
	o := t.desc.Object(r.Object)
	if a.Kind == connector.Convert {
		o = t.desc.Object(a.To)
	}
	if err := wellFormed(o, out); err != nil {
		return nil, err
	}
	return out.Clone(), nil
}

// maxPages ends a list that does not end by itself.
const maxPages = 10_000

// all lists every record that passes the query.
func (t *trial) all(q connector.Query) ([]*schema.Record, error) {
	pages, err := t.pages(t.ctx, q)
	var out []*schema.Record
	for _, p := range pages {
		out = append(out, p.Records...)
	}
	return out, err
}

// pages lists page by page. It fails where a cursor comes back.
func (t *trial) pages(ctx context.Context, q connector.Query) ([]*connector.Page, error) {
	return pagesOf(func(cursor string) (*connector.Page, error) {
		if cursor != "" {
			q.Cursor, q.Offset = cursor, 0
		}
		return t.d.List(ctx, t.object.Name, q)
	}, func(rec *schema.Record) error { return wellFormed(t.object, rec) })
}

// pagesOf reads pages to the end.
func pagesOf(next func(cursor string) (*connector.Page, error), look func(*schema.Record) error) ([]*connector.Page, error) {
	var out []*connector.Page
	seen := map[string]bool{}
	for cursor := ""; len(out) < maxPages; {
		p, err := next(cursor)
		if err != nil {
			return out, err
		}
		if p == nil {
			return out, errors.New("the driver gave neither a page nor an error")
		}
		mine := &connector.Page{Next: p.Next, Total: p.Total}
		for _, rec := range p.Records {
			if err := look(rec); err != nil {
				return out, err
			}
			mine.Records = append(mine.Records, rec.Clone())
		}
		out = append(out, mine)
		if p.Next == "" {
			return out, nil
		}
		if seen[p.Next] {
			return out, fmt.Errorf("the driver gave the same cursor again after %d pages: the list has no end", len(out))
		}
		seen[p.Next] = true
		cursor = p.Next
	}
	return out, fmt.Errorf("the list has not ended after %d pages", maxPages)
}

// found lists the ids of the records that pass a filter, sorted.
func (t *trial) found(f schema.Filter) ([]string, error) {
	recs, err := t.all(connector.Query{Filter: f})
	return t.ids(recs), err
}

func (t *trial) ids(recs []*schema.Record) []string {
	out := make([]string, len(recs))
	for i, r := range recs {
		out[i] = r.String(t.object.IDField())
	}
	slices.Sort(out)
	return out
}

// settle asks again until ok is true, after each of the waits for searches that
// lag behind. It returns the last answer.
func (t *trial) settle(ok func() bool) bool {
	t.Helper()
	if ok() {
		return true
	}
	for _, d := range t.o.Retry {
		if err := t.h.wait(t.ctx, d); err != nil {
			t.Fatalf("the wait for the search failed: %v", err)
		}
		if ok() {
			return true
		}
	}
	return false
}

// inject asks the harness for a fault, and reports whether it could.
func (t *trial) inject(f Fault) bool {
	if f.Object == "" && t.object != nil {
		f.Object = t.object.Name
	}
	return t.h.Inject(f)
}

// calm takes back what was injected and not met.
func (t *trial) calm() { t.inject(Fault{Kind: NoFault}) }

// eq returns the comparison of a field with a value as a Target would send it,
// and whether the object answers it.
func (t *trial) eq(field string, v schema.Value) (schema.Filter, bool) {
	p, err := schema.ParsePath(field)
	if err != nil {
		return nil, false
	}
	f, err := t.object.Canonical(&schema.Compare{Path: p, Op: schema.Eq, Value: v})
	return f, err == nil
}

// count returns how many records have the value in the field, found by the field
// itself where that is up to date, else by looking at all records.
func (t *trial) count(field string, v schema.Value) int {
	t.Helper()
	q := connector.Query{}
	if f, ok := t.eq(field, v); ok && t.object.Search.Sees(field) {
		q.Filter = f
	}
	recs, err := t.all(q)
	if err != nil {
		t.Fatalf("List, to see what was made, failed: %v", err)
	}
	n := 0
	for _, rec := range recs {
		if strings.EqualFold(rec.String(field), v.Text()) {
			n++
		}
	}
	return n
}

// key returns a field by which a sample can be told from others: the first unique
// one that it has, else any text.
func (t *trial) key(rec *schema.Record) (field string, v schema.Value) {
	for _, name := range t.object.Unique {
		if v := rec.Get(name); !v.Unassigned() {
			return name, v
		}
	}
	for s, v := range rec.Values() {
		a := t.object.Type.Attribute(s)
		if a.Type == schema.String && !a.MultiValued && len(a.Choices) == 0 && readable(a) {
			return t.object.Type.Path(s), v
		}
	}
	t.Skipf("its samples have no text to tell them apart")
	return "", schema.Value{}
}

// differences names the fields in which two records differ, as far as they can be
// written and read; those in but are passed over.
func differences(a, b *schema.Record, but ...schema.Slot) []string {
	var out []string
	typ := a.Type()
	for s := range schema.Slot(typ.Len()) {
		attr := typ.Attribute(s)
		if attr.Writable() && readable(attr) && !slices.Contains(but, s) && !same(attr, a.At(s), b.At(s)) {
			out = append(out, fmt.Sprintf("%s (%s, %s)", typ.Path(s), show(a.At(s)), show(b.At(s))))
		}
	}
	return out
}

// same compares two values of a field. Targets do not tell an empty text from
// none.
func same(a *schema.Attribute, v, w schema.Value) bool {
	return schema.SameValue(a, v, w) || isEmpty(v) && isEmpty(w)
}

func isEmpty(v schema.Value) bool {
	s, isText := v.Str()
	return v.Unassigned() || isText && s == ""
}

func show(v schema.Value) string {
	if v.IsUnset() {
		return "nothing"
	}
	return string(v.AppendJSON(nil))
}

func describeEdits(typ *schema.Type, edits []schema.Edit) string {
	var out []string
	for _, e := range edits {
		out = append(out, strings.TrimSpace(e.Op.String()+" "+typ.Path(e.Slot)))
	}
	return strings.Join(out, ", ")
}

package connectortest

import (
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// runPaging reads lists to the end, with pages of several sizes: every record is
// there once, cursors do not come back, totals are true.
func runPaging(t *trial) {
	var made []string
	if t.canCreate() {
		for range t.o.Records {
			made = append(made, t.ref(t.mustCreate()).ID)
		}
	}
	var all []string
	for _, limit := range []int{0, 1, 3, 10, 1000} {
		ids := t.readAll(connector.Query{Limit: limit})
		for _, id := range made {
			if !slices.Contains(ids, id) {
				t.Fatalf("with Limit %d, the list lacks the record %s, which was created", limit, id)
			}
		}
		if all != nil && !slices.Equal(all, ids) {
			t.Fatalf("with Limit %d, the list has %d records, with Limit 0 %d", limit, len(ids), len(all))
		}
		if all == nil {
			all = ids
		}
	}
	if t.object.Offset {
		for _, offset := range []int{1, len(all) / 2, len(all), len(all) + 1} {
			if ids := t.readAll(connector.Query{Limit: 3, Offset: offset}); len(ids) != max(len(all)-offset, 0) {
				t.Errorf("with Offset %d of %d records, the list has %d", offset, len(all), len(ids))
			}
		}
	}
	t.pagesOfFilter(all)
	t.pagesUnderChange(made)
}

// pagesUnderChange makes records while a list is read. Where lists are cut by
// position a record can then come twice, but none that was there may be missing, or
// a caller takes it for deleted.
func (t *trial) pagesUnderChange(made []string) {
	if len(made) == 0 {
		return
	}
	calls := 0
	pages, err := pagesOf(func(cursor string) (*connector.Page, error) {
		if calls++; calls <= 4 {
			t.mustCreate()
		}
		return t.d.List(t.ctx, t.object.Name, connector.Query{Limit: 3, Cursor: cursor})
	}, func(rec *schema.Record) error { return wellFormed(t.object, rec) })
	if err != nil {
		t.Fatalf("a list that was read while records were made could not be read to its end: %v", err)
	}
	var ids []string
	for _, p := range pages {
		ids = append(ids, t.ids(p.Records)...)
	}
	for _, id := range made {
		if !slices.Contains(ids, id) {
			t.Fatalf("a list that was read while records were made lacks the record %s, which was there before", id)
		}
	}
}

// pagesOfFilter reads a list with a filter that most records pass, and one that
// none does.
func (t *trial) pagesOfFilter(all []string) {
	recs, err := t.all(connector.Query{})
	if err != nil {
		t.Fatalf("List failed: %v", err)
	}
	for s := range schema.Slot(t.object.Type.Len()) {
		a := t.object.Type.Attribute(s)
		if a.Type != schema.String || a.MultiValued || a.Filter&schema.Sw == 0 && !t.object.Search.Any {
			continue
		}
		values := valuesOf(recs, s, schema.NoSlot)
		if len(values) == 0 {
			continue
		}
		for _, text := range []string{piece(values[0].Text(), 0, 2), "zzqq"} {
			f, err := comparison(t.object.Type, s, schema.Sw, schema.StringValue(text))
			if err != nil {
				continue
			}
			asked, err := t.object.Canonical(f)
			if err != nil {
				continue
			}
			m, err := t.object.Type.Match(asked)
			if err != nil {
				continue
			}
			var want []string
			for _, rec := range recs {
				if m.Match(rec) {
					want = append(want, rec.String(t.object.IDField()))
				}
			}
			slices.Sort(want)
			for _, limit := range []int{0, 3} {
				var got []string
				if !t.settle(func() bool {
					got = t.readAll(connector.Query{Filter: asked, Limit: limit})
					return slices.Equal(got, want)
				}) {
					t.Errorf("with the filter %s and Limit %d, the pages have %d records, wanted are %d of %d", f, limit, len(got), len(want), len(all))
				}
			}
		}
		return
	}
}

// readAll reads a list to the end and looks at its pages.
func (t *trial) readAll(q connector.Query) []string {
	t.Helper()
	pages, err := t.pages(t.ctx, q)
	if err != nil {
		t.Fatalf("with Limit %d, the list could not be read to its end: %v", q.Limit, err)
	}
	var ids []string
	for _, p := range pages {
		ids = append(ids, t.ids(p.Records)...)
	}
	slices.Sort(ids)
	if twice := len(ids) - len(slices.Compact(slices.Clone(ids))); twice > 0 {
		t.Fatalf("with Limit %d, the list has %d records more than once", q.Limit, twice)
	}
	for i, p := range pages {
		if p.Total >= 0 && p.Total != len(ids) && q.Offset == 0 {
			t.Fatalf("with Limit %d, page %d says that the total is %d; there are %d records", q.Limit, i+1, p.Total, len(ids))
		}
	}
	return ids
}

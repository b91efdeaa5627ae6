package connectortest

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func needsKin(_ *subject, o *connector.Object) string {
	if len(o.Kin) == 0 {
		return "the object declares no Kin"
	}
	return ""
}

// runKin lists the object along with its kin: everybody is there once, each as a
// record of its own object that says what Get says, but for the fields that are
// sparse in such a list. Without being asked for, kin stay away.
func runKin(t *trial) {
	objects := []*connector.Object{t.object}
	for _, name := range t.object.Kin {
		objects = append(objects, t.desc.Object(name))
	}
	want := map[string]bool{}
	for _, o := range objects {
		if !o.ReadOnly && t.h.sample(o, 0) != nil {
			for range 2 {
				t.mustCreateOf(o, t.sampleOf(o))
			}
		}
		recs, err := t.listed(o, connector.Query{}, o)
		if err != nil {
			t.Fatalf("List of %s failed: %v", o.Name, err)
		}
		for _, rec := range recs {
			want[o.Name+" "+rec.String(o.IDField())] = true
		}
	}
	recs, err := t.listed(t.object, connector.Query{Kin: true}, objects...)
	if err != nil {
		t.Fatalf("List with its kin failed: %v", err)
	}
	got := map[string]bool{}
	for _, rec := range recs {
		o := t.desc.ObjectOf(rec.Type())
		who := o.Name + " " + rec.String(o.IDField())
		if got[who] {
			t.Errorf("List with its kin has the %s twice", who)
		}
		got[who] = true
		if !want[who] {
			t.Errorf("List with its kin has the %s, who is in no list", who)
			continue
		}
		var but []schema.Slot
		if o != t.object {
			for _, name := range o.Sparse {
				but = append(but, o.Type.Slot(name))
			}
		}
		if d := differences(t.mustGet(o.RefOf(rec)), rec, but...); len(d) > 0 {
			t.Errorf("List with its kin and Get differ about a %s in fields that are not sparse: %s", o.Name, strings.Join(d, ", "))
		}
	}
	for who := range want {
		if !got[who] {
			t.Errorf("List with its kin lacks the %s", who)
		}
	}
	t.kinByFilter(objects, recs)
}

// kinByFilter looks for the first records of each object by the fields that such a
// list can be filtered by.
func (t *trial) kinByFilter(objects []*connector.Object, recs []*schema.Record) {
	for _, name := range t.object.KinFilter {
		for _, o := range objects {
			i := slices.IndexFunc(recs, func(rec *schema.Record) bool { return rec.Type() == o.Type && !isEmpty(rec.Get(name)) })
			if i < 0 || o.Type.Lookup(name).MultiValued {
				continue
			}
			f, ok := t.eq(name, recs[i].Get(name))
			if !ok {
				continue
			}
			ref := o.RefOf(recs[i])
			if !t.settle(func() bool {
				found, err := t.listed(t.object, connector.Query{Kin: true, Filter: f}, objects...)
				return err == nil && slices.ContainsFunc(found, func(rec *schema.Record) bool { return rec.Type() == o.Type && o.RefOf(rec) == ref })
			}) {
				t.Errorf("List with its kin and the filter %s does not find a %s of that %s", f, o.Name, name)
			}
		}
	}
}

// listed lists an object to the end, as records of one of several.
func (t *trial) listed(o *connector.Object, q connector.Query, of ...*connector.Object) ([]*schema.Record, error) {
	pages, err := pagesOf(func(cursor string) (*connector.Page, error) {
		q.Cursor = cursor
		return t.d.List(t.ctx, o.Name, q)
	}, func(rec *schema.Record) error {
		for _, o := range of[1:] {
			if rec != nil && rec.Type() == o.Type {
				return wellFormed(o, rec)
			}
		}
		return wellFormed(of[0], rec)
	})
	var out []*schema.Record
	for _, p := range pages {
		out = append(out, p.Records...)
	}
	return out, err
}

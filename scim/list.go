package scim

import (
	"errors"
	"net/http"

	"github.com/usher-scim/usher/schema"
)

// list serves a query on the endpoint of a type.
func (x *exchange) list(l *layout) error {
	p, err := x.parameters()
	if err != nil {
		return err
	}
	return x.listed(l, &p)
}

// listed answers a query of one type.
func (x *exchange) listed(l *layout, p *parameters) error {
	q, err := x.query(l, p)
	if err != nil {
		return err
	}
	page, err := x.page(l, q)
	if err != nil {
		return err
	}
	next := ""
	if page.Next != "" && q.ByCursor {
		if next, err = x.sealCursor(l.rt.Name, page.Next, p); err != nil {
			return err
		}
	}
	b := x.h.buffer()
	defer x.h.release(b)
	*b = p.appendHead(*b, q, page.Total, page.Exact, len(page.Resources), next)
	e := encoder{base: x.h.set.base, l: l, mask: q.Wants.masks(l)}
	for i, res := range page.Resources {
		if i > 0 {
			*b = append(*b, ',')
		}
		*b = e.resource(*b, res)
	}
	*b = append(*b, "]}\n"...)
	return x.answer(http.StatusOK, *b)
}

// page asks the backend for resources of a type.
func (x *exchange) page(l *layout, q Query) (*Page, error) {
	page, err := x.h.backend.List(x.ctx, l.rt.Name, q)
	if err != nil {
		return nil, err
	}
	if page == nil {
		return nil, errors.New("the backend returned no page and no error")
	}
	if len(page.Resources) > q.Count {
		if q.ByCursor {
			return nil, errors.New("the backend returned more resources than asked for: its cursor is behind them")
		}
		cut := *page
		cut.Resources = page.Resources[:q.Count]
		page = &cut
	}
	for _, res := range page.Resources {
		if err := checkResource(l, res); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// parseFilter reads the filter of a list.
func parseFilter(text string, most int) (schema.Filter, error) {
	if len(text) > most {
		return nil, Errorf(http.StatusBadRequest, InvalidFilter, "The filter is longer than %d bytes.", most)
	}
	f, err := schema.ParseFilter(text)
	if err != nil {
		return nil, filterError(err)
	}
	return f, nil
}

// filter parses and binds the filter of a list.
func (d *decoder) filter(text string, most int) (*schema.Matcher, error) {
	f, err := parseFilter(text, most)
	if err != nil {
		return nil, err
	}
	f = d.prepared(d.qualified(f))
	if err := d.checkFilter(d.l.typ, f); err != nil {
		return nil, err
	}
	m, err := d.bind(f)
	if err != nil {
		return nil, filterError(err)
	}
	return m, nil
}

// bind binds a filter to the type, with text for booleans where it does not fit
// without. What comes of it has booleans: backends hand filters on to others, who
// know nothing of repairs.
func (d *decoder) bind(f schema.Filter) (*schema.Matcher, error) {
	m, err := schema.Binding{Type: d.l.typ}.Match(f)
	if err != nil && d.allowed&stringBooleans != 0 {
		if again, err := (schema.Binding{Type: d.l.typ}).Match(withBooleans(d.l.typ, f)); err == nil {
			d.used |= stringBooleans
			return again, nil
		}
	}
	return m, err
}

// withBooleans returns the filter with booleans for the texts that say them.
func withBooleans(t *schema.Type, f schema.Filter) schema.Filter {
	return rewritten(f, func(f schema.Filter) schema.Filter {
		switch f := f.(type) {
		case *schema.ValuePath:
			if a := attributeOf(t, f.Path); a != nil && a.Sub != nil {
				return &schema.ValuePath{Path: f.Path, Filter: withBooleans(a.Sub, f.Filter)}
			}
		case *schema.Compare:
			p := f.Path
			if a := attributeOf(t, schema.Path{URN: p.URN, Attr: p.Attr}); p.Filter != nil && a != nil && a.Sub != nil {
				p.Filter = withBooleans(a.Sub, p.Filter)
			}
			v := f.Value
			if a := attributeOf(t, schema.Path{URN: p.URN, Attr: p.Attr, Sub: p.Sub}); a != nil && a.Type == schema.Boolean {
				if b, ok := schema.ParseBoolean(v.Text()); ok {
					v = schema.BooleanValue(b)
				}
			}
			return &schema.Compare{Path: p, Op: f.Op, Value: v}
		}
		return f
	})
}

// attributeOf returns what a path without a filter ends with, or nil.
func attributeOf(t *schema.Type, p schema.Path) *schema.Attribute {
	sel, err := t.Select(p)
	if err != nil {
		return nil
	}
	return sel.Leaf()
}

// rewritten returns the filter with its comparisons and value paths replaced.
func rewritten(f schema.Filter, replace func(schema.Filter) schema.Filter) schema.Filter {
	all := func(fs []schema.Filter) []schema.Filter {
		out := make([]schema.Filter, len(fs))
		for i, f := range fs {
			out[i] = rewritten(f, replace)
		}
		return out
	}
	switch f := f.(type) {
	case schema.And:
		return schema.And(all(f))
	case schema.Or:
		return schema.Or(all(f))
	case schema.Not:
		return schema.Not{Filter: rewritten(f.Filter, replace)}
	default:
		return replace(f)
	}
}

// qualified gives attributes of extensions that stand there by their bare names
// the URN that they lack: Entra ID asks for manager eq "…".
func (d *decoder) qualified(f schema.Filter) schema.Filter {
	if d.allowed&bareExtension == 0 {
		return f
	}
	return rewritten(f, func(f schema.Filter) schema.Filter {
		switch f := f.(type) {
		case *schema.ValuePath:
			return &schema.ValuePath{Path: d.qualifiedPath(f.Path), Filter: f.Filter}
		case *schema.Compare:
			return &schema.Compare{Path: d.qualifiedPath(f.Path), Op: f.Op, Value: f.Value}
		default:
			return f
		}
	})
}

func (d *decoder) qualifiedPath(p schema.Path) schema.Path {
	if p.URN != "" {
		return p
	}
	if _, err := d.l.typ.Select(schema.Path{Attr: p.Attr, Sub: p.Sub}); err == nil {
		return p
	}
	if f := d.l.bare(p.Attr); f != nil && f.slot != schema.NoSlot {
		d.used |= bareExtension
		p.URN = f.attr.Schema
	}
	return p
}

func filterError(err error) error {
	return Errorf(http.StatusBadRequest, InvalidFilter, "The filter cannot be used: %v.", err)
}

// checkFilter refuses what a filter may not have although it can be bound to the
// type: a comparison with what is never shown, which would be a way to guess it,
// and, unless it is repaired, emails[type eq "work"].value eq "x".
func (d *decoder) checkFilter(t *schema.Type, f schema.Filter) error {
	switch f := f.(type) {
	case schema.And:
		return d.checkFilters(t, f)
	case schema.Or:
		return d.checkFilters(t, f)
	case schema.Not:
		return d.checkFilter(t, f.Filter)
	case *schema.ValuePath:
		if sel, err := t.Select(f.Path); err == nil && sel.Attribute() != nil && sel.Attribute().Sub != nil {
			if neverShown(sel.Attribute()) {
				return secretFilter(f.Path.Attr)
			}
			return d.checkFilter(sel.Attribute().Sub, f.Filter)
		}
	case *schema.Compare:
		p := f.Path
		if p.Filter != nil {
			if !d.can(filterBehindValuePath) {
				return Errorf(http.StatusBadRequest, InvalidFilter, "The filter: nothing can stand behind the brackets of %s, put the comparison into them.", p.Attr)
			}
			if err := d.checkFilter(t, &schema.ValuePath{Path: schema.Path{URN: p.URN, Attr: p.Attr}, Filter: p.Filter}); err != nil {
				return err
			}
			p.Filter = nil
		}
		sel, err := t.Select(p)
		switch {
		case err != nil || sel.Attribute() == nil:
		case neverShown(sel.Attribute()) || neverShown(sel.Leaf()):
			return secretFilter(f.Path.Attr)
		case t.IsResource() && sel.Slot == schema.SlotMeta && sel.Sub == metaVersion:
			// A version is not part of a record: nothing would ever be found.
			return Errorf(http.StatusBadRequest, InvalidFilter, "The filter: meta.version cannot be searched.")
		}
	}
	return nil
}

// checkSelector is checkFilter for the filter in the path of a PATCH.
func (d *decoder) checkSelector(sel schema.Selector) error {
	a := sel.Attribute()
	switch {
	case sel.Filter == nil:
		return nil
	case neverShown(a):
		return secretFilter(a.Name)
	default:
		return d.checkFilter(a.Sub, sel.Filter.Filter())
	}
}

func (d *decoder) checkFilters(t *schema.Type, fs []schema.Filter) error {
	for _, f := range fs {
		if err := d.checkFilter(t, f); err != nil {
			return err
		}
	}
	return nil
}

func secretFilter(name string) error {
	return Errorf(http.StatusBadRequest, InvalidFilter, "Attribute %s cannot be used in a filter: it is never returned.", name)
}

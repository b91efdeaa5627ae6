package scim

import (
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// parameters are those of a query that the front knows; others are ignored (RFC
// 7644 section 3.4.2).
type parameters struct {
	filter, startIndex, count, attributes, excluded string
}

// hasFilter reports whether there is a filter: some clients send the parameter
// without a value.
func (p *parameters) hasFilter() bool { return strings.TrimSpace(p.filter) != "" }

// parameters reads the query. A plus is a space. Of a parameter that comes
// again the first one with a value counts, except for the two that are lists.
func (x *exchange) parameters() (parameters, error) {
	var p parameters
	for rest := x.r.URL.RawQuery; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		var dst *string
		switch strings.ToLower(name) {
		case "filter":
			dst = &p.filter
		case "startindex":
			dst = &p.startIndex
		case "count":
			dst = &p.count
		case "attributes":
			dst = &p.attributes
		case "excludedattributes":
			dst = &p.excluded
		default:
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return p, Errorf(http.StatusBadRequest, InvalidValue, "The parameter %s is not percent-encoded as it should be.", name)
		}
		switch {
		case *dst == "":
			*dst = text
		case dst == &p.attributes || dst == &p.excluded:
			*dst += "," + text
		}
	}
	return p, nil
}

func (x *exchange) projection(l *layout) (Projection, error) {
	if x.r.URL.RawQuery == "" {
		return Projection{}, nil
	}
	p, err := x.parameters()
	if err != nil {
		return Projection{}, err
	}
	return ParseProjection(l.typ, p.attributes, p.excluded)
}

// list serves a query on the endpoint of a type.
func (x *exchange) list(l *layout) error {
	q, err := x.query(l)
	if err != nil {
		return err
	}
	page, err := x.h.backend.List(x.ctx, l.rt.Name, q)
	if err != nil {
		return err
	}
	if page == nil {
		return errors.New("the backend returned no page and no error")
	}
	for _, res := range page.Resources {
		if err := checkResource(l, res); err != nil {
			return err
		}
	}
	b := x.h.buffer()
	defer x.h.release(b)
	*b = x.appendPage(*b, l, q, page)
	return x.answer(http.StatusOK, *b)
}

func (x *exchange) query(l *layout) (Query, error) {
	set := &x.h.set
	q := Query{StartIndex: 1, Count: set.DefaultCount, ExactTotal: set.ExactTotals || set.repairs&estimatedTotals == 0}
	p, err := x.parameters()
	if err != nil {
		return q, err
	}
	if q.StartIndex, err = number("startIndex", p.startIndex, 1, 1); err != nil {
		return q, err
	}
	if q.Count, err = number("count", p.count, set.DefaultCount, 0); err != nil {
		return q, err
	}
	q.Count = min(q.Count, set.MaxCount)
	if q.Wants, err = ParseProjection(l.typ, p.attributes, p.excluded); err != nil {
		return q, err
	}
	if p.hasFilter() {
		d := x.decoder(l)
		if q.Filter, err = d.filter(p.filter, set.MaxFilterLength); err != nil {
			return q, err
		}
		q.Repairs = d.used.names()
		if named := strings.ToLower(p.filter); strings.Contains(named, "meta.resourcetype") || strings.Contains(named, "meta.location") {
			q.locations = set.base + l.rt.Endpoint + "/"
		}
	}
	return q, nil
}

// maxNumber leaves backends room to add to an index.
const maxNumber = 1<<31 - 1

// number reads a parameter that is a whole number; what is too small or too
// large counts as the least or the largest one.
func number(name, text string, def, least int) (int, error) {
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, Errorf(http.StatusBadRequest, InvalidValue, "The parameter %s has to be a whole number.", name)
	}
	return min(max(n, least), maxNumber), nil
}

// filter parses and binds the filter of a list.
func (d *decoder) filter(text string, most int) (*schema.Matcher, error) {
	if len(text) > most {
		return nil, Errorf(http.StatusBadRequest, InvalidFilter, "The filter is longer than %d bytes.", most)
	}
	f, err := schema.ParseFilter(text)
	if err != nil {
		return nil, filterError(err)
	}
	f = d.prepared(d.qualified(f))
	if err := d.checkFilter(d.l.typ, f); err != nil {
		return nil, err
	}
	m, err := schema.Binding{Type: d.l.typ}.Match(f)
	if err != nil && d.allowed&(stringBooleans) != 0 {
		if again, err := (schema.Binding{Type: d.l.typ, StringBooleans: true}).Match(f); err == nil {
			d.used |= stringBooleans
			return again, nil
		}
	}
	if err != nil {
		return nil, filterError(err)
	}
	return m, nil
}

// qualified gives attributes of extensions that stand there by their bare names
// the URN that they lack: Entra ID asks for manager eq "…".
func (d *decoder) qualified(f schema.Filter) schema.Filter {
	if d.allowed&bareExtension == 0 {
		return f
	}
	switch f := f.(type) {
	case schema.And:
		return schema.And(d.allQualified(f))
	case schema.Or:
		return schema.Or(d.allQualified(f))
	case schema.Not:
		return schema.Not{Filter: d.qualified(f.Filter)}
	case *schema.ValuePath:
		return &schema.ValuePath{Path: d.qualifiedPath(f.Path), Filter: f.Filter}
	case *schema.Compare:
		return &schema.Compare{Path: d.qualifiedPath(f.Path), Op: f.Op, Value: f.Value}
	default:
		return f
	}
}

func (d *decoder) allQualified(fs []schema.Filter) []schema.Filter {
	out := make([]schema.Filter, len(fs))
	for i, f := range fs {
		out[i] = d.qualified(f)
	}
	return out
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

// appendPage appends a ListResponse (RFC 7644 section 3.4.2).
func (x *exchange) appendPage(dst []byte, l *layout, q Query, page *Page) []byte {
	list := page.Resources
	if len(list) > q.Count {
		list = list[:q.Count]
	}
	dst = append(dst, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":`...)
	dst = strconv.AppendInt(dst, int64(page.Total), 10)
	dst = strconv.AppendInt(append(dst, `,"itemsPerPage":`...), int64(len(list)), 10)
	dst = strconv.AppendInt(append(dst, `,"startIndex":`...), int64(q.StartIndex), 10)
	dst = append(dst, `,"Resources":[`...)
	e := encoder{base: x.h.set.base, l: l, mask: q.Wants.masks(l)}
	for i, res := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.resource(dst, res)
	}
	return append(dst, "]}\n"...)
}

// PageOf answers a query from all resources of a type, for backends that hold
// them in memory. They come in the order that lists are to have, which should
// not change between requests: that of creation, then of ids.
func PageOf(q Query, all iter.Seq[*Resource]) *Page {
	page := &Page{Resources: []*Resource{}, Exact: true}
	for res := range all {
		if !q.Matches(res.Record) {
			continue
		}
		page.Total++
		if page.Total >= q.StartIndex && len(page.Resources) < q.Count {
			page.Resources = append(page.Resources, res)
		}
	}
	return page
}

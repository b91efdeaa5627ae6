package mapping

import (
	"time"

	"github.com/usher-scim/usher/mapping/expr"
)

func (d *decoder) valueMap(doc *Document, name string, t *tree, at string) {
	m := mapDecl{src: d.src, name: name}
	fold := true
	d.object(t, at, members{
		"entries": func(t *tree, at string) {
			d.list(t, at, func(t *tree, at string) {
				if t.kind != listTree || len(t.items) != 2 || t.items[0].kind != scalarTree || t.items[1].kind != scalarTree {
					d.fail(at, "an entry is a pair of a SCIM value and a native one")
					return
				}
				m.spec.Entries = append(m.spec.Entries, expr.Entry{SCIM: t.items[0].value, Native: t.items[1].value})
			})
		},
		"fold":        setBool(d, &fold),
		"fallback":    setChoice(d, &m.spec.Parent, map[string]bool{"parent": true}),
		"default":     func(t *tree, _ string) { m.spec.Default = t.toValue() },
		"passthrough": setBool(d, &m.spec.Passthrough),
		"onMissing":   setChoice(d, &m.spec.ignore, map[string]bool{"error": false, "ignore": true}),
	}, "entries")
	m.spec.CaseExact = !fold
	if _, err := expr.NewValueMap(m.spec.MapSpec); err != nil {
		d.fail(at, err.Error())
	}
	doc.maps = append(doc.maps, m)
}

func (d *decoder) lookup(doc *Document, name string, t *tree, at string) {
	l := lookupDecl{src: d.src, lookup: Lookup{Name: name, MaxCreate: 1}, at: at}
	fold := true
	duration := func(dst *string) func(*tree, string) {
		return func(t *tree, at string) {
			*dst = d.text(t, at)
			if n, err := time.ParseDuration(*dst); err != nil || n < 0 {
				d.fail(at, "not a duration such as 10m")
			}
		}
	}
	d.object(t, at, members{
		"object":    setText(d, &l.lookup.Object),
		"keys":      func(t *tree, at string) { l.lookup.Keys = d.texts(t, at) },
		"value":     setText(d, &l.lookup.Value),
		"return":    setText(d, &l.lookup.Return),
		"fold":      setBool(d, &fold),
		"onMissing": setChoice(d, &l.lookup.OnMissing, missingWords),
		"create": func(t *tree, at string) {
			d.each(t, at, func(field string, t *tree, at string) {
				l.create = append(l.create, createField{field, d.text(t, at), at})
			})
		},
		"maxCreate":   func(t *tree, at string) { l.lookup.MaxCreate = int(d.integer(t, at, 1)) },
		"onUnknownId": setChoice(d, &l.lookup.UnknownIDFails, map[string]bool{"ignore": false, "error": true}),
		"cache": func(t *tree, at string) {
			d.object(t, at, members{
				"ttl":         duration(&l.lookup.Cache.TTL),
				"negativeTtl": duration(&l.lookup.Cache.NegativeTTL),
				"max":         func(t *tree, at string) { l.lookup.Cache.Max = int(d.integer(t, at, 0)) },
			})
		},
	}, "object", "keys", "value")
	l.lookup.CaseExact = !fold
	if l.lookup.Return == "" && len(l.lookup.Keys) > 0 {
		l.lookup.Return = l.lookup.Keys[0]
	}
	if len(l.lookup.Keys) == 0 && t.get("keys") != nil {
		d.fail(pointer(at, "keys"), "a lookup has one key at least")
	}
	doc.lookups = append(doc.lookups, l)
}

func (d *decoder) matchDecl(doc *Document, t *tree, at string) {
	m := matchDecl{src: d.src, at: at}
	own := matchPart{at: at}
	table := d.matchPart(&own)
	table["precedence"] = func(t *tree, at string) { m.precedence = d.integer(t, at, 1) }
	table["all"] = func(t *tree, at string) {
		d.list(t, at, func(t *tree, at string) {
			part := matchPart{at: at}
			d.object(t, at, d.matchPart(&part), "target")
			m.parts = append(m.parts, part)
		})
		if len(m.parts) < 2 {
			d.fail(at, "all joins two fields at least")
		}
	}
	if !d.object(t, at, table, "precedence") {
		return
	}
	if t.get("all") == nil {
		if t.get("target") == nil {
			d.fail(pointer(at, "target"), "member target is missing")
		}
		m.parts = []matchPart{own}
	} else if own.target != "" || own.scim != "" || own.expr != "" {
		d.fail(pointer(at, "all"), "all stands in the place of scim, expr and target")
	}
	for _, p := range m.parts {
		if (p.scim == "") == (p.expr == "") {
			d.fail(pointer(p.at, "scim"), "exactly one of scim and expr is wanted")
		}
	}
	doc.match = append(doc.match, m)
}

func (d *decoder) matchPart(p *matchPart) members {
	return members{
		"scim":   setText(d, &p.scim),
		"expr":   setText(d, &p.expr),
		"target": setText(d, &p.target),
		"pipe":   func(t *tree, at string) { p.pipe = d.pipe(t, at) },
		"fold":   setBool(d, &p.fold),
	}
}

// maxPipe is how many steps a pipe may have.
const maxPipe = 16

func (d *decoder) pipe(t *tree, at string) []string {
	if len(t.items) > maxPipe {
		d.fail(at, "a pipe has at most "+itoa(maxPipe)+" steps")
	}
	return d.texts(t, at)
}

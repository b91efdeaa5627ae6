package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Directory is the driver: it brings the in-house roster to usher. It is safe for
// concurrent use, as the roster is.
type Directory struct {
	app  *roster
	user *schema.Type
	desc *connector.Description
}

var _ connector.Driver = (*Directory)(nil)

const pageSize = 100

// New returns the directory in a CSV file. It does not read it.
func New(path string) (*Directory, error) {
	const text = schema.Eq | schema.Ne | schema.Co | schema.Sw | schema.Ew | schema.Pr
	user, err := schema.NewType("user", schema.Fields{
		"id":         {Mutability: schema.ReadOnly, CaseExact: true, Filter: schema.Eq},
		"email":      {Required: true, Filter: text},
		"first_name": {Filter: text},
		"last_name":  {Filter: text},
		"title":      {Filter: text},
		"department": {Filter: text},
		"active":     {Type: schema.Boolean, Mutability: schema.ReadOnly, Filter: schema.Eq},
	})
	if err != nil {
		return nil, err
	}
	return &Directory{app: &roster{path: path}, user: user, desc: &connector.Description{Account: path, Objects: []connector.Object{{
		Name: "user", Type: user, Unique: []string{"email"}, PageSize: pageSize,
		Active: "active", Actions: []connector.ActionKind{connector.Deactivate, connector.Activate},
		BlindActions: true, BlindUpdate: true, Search: connector.Search{And: true, Or: true, Immediate: true},
	}}}}, nil
}

// Describe says what the directory has, once it has seen that it can be read.
func (d *Directory) Describe(ctx context.Context) (*connector.Description, error) {
	if _, err := d.app.people(ctx); err != nil {
		return nil, failure(err)
	}
	return d.desc, nil
}

// Get reads a user.
func (d *Directory) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return d.answer(d.app.person(ctx, r.ID))
}

// List reads a page of users, in the order of the roster. The cursor says how many
// came before: since nobody is ever removed, it stays right.
func (d *Directory) List(ctx context.Context, _ string, q connector.Query) (*connector.Page, error) {
	people, err := d.app.people(ctx)
	if err != nil {
		return nil, failure(err)
	}
	found := make([]*schema.Record, 0, len(people))
	for _, p := range people {
		found = append(found, d.record(p))
	}
	if q.Filter != nil {
		m, err := d.user.Match(q.Filter)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(u *schema.Record) bool { return !m.Match(u) })
	}
	from, err := strconv.Atoi(cmp.Or(q.Cursor, "0"))
	if err != nil || from < 0 {
		return nil, connector.Errorf(connector.Invalid, "", "the cursor is not one of this list")
	}
	from = min(from, len(found))
	to := min(from+pageSize, len(found))
	page := &connector.Page{Records: found[from:to], Total: len(found)}
	if to < len(found) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

// Create adds a user, who is active.
func (d *Directory) Create(ctx context.Context, _ string, rec *schema.Record) (*schema.Record, error) {
	p := person{}
	for slot, v := range rec.Values() {
		p[d.user.Path(slot)] = v.Text()
	}
	return d.answer(d.app.add(ctx, p))
}

// Update changes fields of a user. No field is a list: edits are Set or Clear.
func (d *Directory) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	return d.answer(d.app.change(ctx, r.ID, func(p person) {
		for _, e := range c.Edits {
			p[d.user.Path(e.Slot)] = e.Value.Text()
		}
	}))
}

// Act deactivates or activates a user.
func (d *Directory) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	return d.answer(d.app.change(ctx, r.ID, func(p person) {
		p["active"] = strconv.FormatBool(a.Kind == connector.Activate)
	}))
}

// answer is what a call of the roster gave, in usher's words.
func (d *Directory) answer(p person, err error) (*schema.Record, error) {
	if err != nil {
		return nil, failure(err)
	}
	return d.record(p), nil
}

// record brings texts to the types of their fields; "" is no value.
func (d *Directory) record(p person) *schema.Record {
	rec := d.user.New()
	for name, text := range p {
		if text != "" {
			rec.SetString(name, text)
		}
	}
	rec.Set("active", schema.BooleanValue(p["active"] == "true"))
	return rec
}

// failure says what an error of the roster means to usher.
func failure(err error) error {
	switch {
	case errors.Is(err, errNobody):
		return connector.NotFound
	case errors.Is(err, errTaken):
		return connector.Errorf(connector.AlreadyExists, "email", "another user has this address")
	case errors.Is(err, errNoEmail):
		return connector.Errorf(connector.Invalid, "email", "every user needs an address")
	default:
		return &connector.Error{Code: connector.Unavailable, Reason: "the file cannot be read or written", Err: err}
	}
}

package connector_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// directory is an in-house application with one object: the smallest useful
// driver.
type directory struct {
	person *schema.Type
	mu     sync.Mutex
	people []*schema.Record
}

var _ connector.Driver = (*directory)(nil)

func (d *directory) Describe(context.Context) (*connector.Description, error) {
	return &connector.Description{Account: "directory", Version: "1", Objects: []connector.Object{
		{Name: "person", Type: d.person, Unique: []string{"email"}, BlindUpdate: true},
	}}, nil
}

func (d *directory) Get(_ context.Context, r connector.Ref) (*schema.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i, err := strconv.Atoi(r.ID); err == nil && i >= 1 && i <= len(d.people) {
		return d.people[i-1].Clone(), nil
	}
	return nil, connector.NotFound
}

func (d *directory) List(_ context.Context, _ string, q connector.Query) (*connector.Page, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, email, filtered := connector.EqOn(q.Filter)
	page := &connector.Page{}
	for _, p := range d.people {
		if !filtered || p.String("email") == email.Text() {
			page.Records = append(page.Records, p.Clone())
		}
	}
	page.Total = len(page.Records)
	return page, nil
}

func (d *directory) Create(_ context.Context, _ string, rec *schema.Record) (*schema.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.people {
		if p.String("email") == rec.String("email") {
			return nil, connector.Errorf(connector.AlreadyExists, "email", "another person has this address")
		}
	}
	stored := rec.Clone()
	stored.SetString("id", strconv.Itoa(len(d.people)+1))
	d.people = append(d.people, stored)
	return stored.Clone(), nil
}

func (d *directory) Update(_ context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i, err := strconv.Atoi(r.ID)
	if err != nil || i < 1 || i > len(d.people) {
		return nil, connector.NotFound
	}
	d.people[i-1].Apply(c.Edits...)
	return d.people[i-1].Clone(), nil
}

func (d *directory) Act(context.Context, connector.Ref, connector.Action) (*schema.Record, error) {
	return nil, connector.Unsupported // Target asks for declared actions only
}

func Example() {
	person, err := schema.NewType("person", schema.Fields{
		"id":    {Mutability: schema.ReadOnly},
		"email": {Required: true, Filter: schema.Eq},
		"name":  {},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	target, err := connector.NewTarget(&directory{person: person}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	ada := person.New()
	ada.SetString("email", "ada@example.com")
	stored, err := target.Create(ctx, "person", ada)
	fmt.Println(stored.String("id"), err)

	_, err = target.Create(ctx, "person", ada)
	fmt.Println(err)
	_, err = target.List(ctx, "person", connector.Query{Filter: schema.MustParseFilter(`name sw "A"`)})
	fmt.Println(err)
	page, err := target.List(ctx, "person", connector.Query{Filter: schema.MustParseFilter(`EMAIL eq "ada@example.com"`)})
	fmt.Println(page.Total, err)
	// Output:
	// 1 <nil>
	// create person: already exists email: another person has this address
	// list person: unsupported name: the target's search does not answer sw for it
	// 1 <nil>
}

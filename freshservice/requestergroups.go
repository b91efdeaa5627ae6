package freshservice

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// ruleBased is the type of a group whose members a rule of Freshservice finds.
const ruleBased = "rule_based"

func errRuled() error {
	return connector.Errorf(connector.ReadOnly, "", "a rule of Freshservice says who is in this group: it cannot be changed from outside")
}

// updateRequesterGroup is one call.
func (d *driver) updateRequesterGroup(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	if c.Base.String("type") == ruleBased {
		return nil, errRuled()
	}
	return d.putNamed(ctx, requesterGroups, r, c)
}

// ruled returns the error of a refused change: ReadOnly where the group turns out
// to be one with a rule (reference, 6.2), else what it was.
func (d *driver) ruled(ctx context.Context, id string, err error) error {
	switch connector.CodeOf(err) {
	case connector.Invalid, connector.Conflict, connector.Denied, connector.Internal:
		group, look := d.getFixed(ctx, requesterGroups, d.types.requesterGroup, id)
		if look == nil && group.String("type") == ruleBased {
			return errRuled()
		}
	}
	return err
}

const memberPath = "/requester_groups/{id}/members"

// requesterGroupPage reads a page of a group's members, of whom no more than the
// name and the address is told.
func (d *driver) requesterGroupPage(ctx context.Context, id, cursor string, background bool) (*connector.Page, error) {
	page, err := parseCursor(cursor)
	if err != nil {
		return nil, err
	}
	t, err := d.typeOf(ctx, ObjectRequester)
	if err != nil {
		return nil, err
	}
	q := params("per_page", strconv.Itoa(pageSize))
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	req := &httpx.Request{Method: http.MethodGet, Path: memberPath, PathValues: map[string]string{"id": id}, Query: q}
	if background {
		req.Class = httpx.Background
	}
	got, err := d.page(ctx, req, requesters, page)
	if err != nil {
		return nil, fail(err, request{typ: d.types.requesterGroup, byID: true})
	}
	out := &connector.Page{Total: -1}
	for _, v := range got.items {
		rec, err := decode(t, v)
		if err != nil {
			return nil, err
		}
		if email := v.Member("email").Text(); email != "" && !rec.Has("primary_email") {
			rec.SetString("primary_email", email)
		}
		out.Records = append(out.Records, rec)
	}
	switch {
	case got.next != 0:
		out.Next = strconv.Itoa(got.next)
	case page == 1:
		out.Total = len(out.Records)
	}
	return out, nil
}

// editRequesterGroup adds and removes members one by one, one call each: there is
// nothing else (reference, 6.2). What the account answers about somebody who is
// there, or is not, is not documented: what it refuses is looked up in the list of
// members, once.
//
// A change that takes more calls than the account allows just now ends in the
// middle, and is asked for again. Then the members are read first, so that each
// attempt goes on where the one before has ended.
func (d *driver) editRequesterGroup(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	results := make([]error, 0, len(add)+len(remove))
	e := &memberEdit{d: d, group: group}
	if d.cutShort.has(group.ID) {
		if err := e.readMembers(ctx); err != nil {
			return nil, err
		}
	}
	defer func() { d.cutShort.set(group.ID, isSystemic(e.stop) && len(results) > 1) }()
	for i, r := range slices.Concat(add, remove) {
		if e.members != nil && e.members[r.ID] == (i < len(add)) {
			results = append(results, nil)
			continue
		}
		err := e.one(ctx, r, i < len(add))
		if e.gone {
			if done := slices.ContainsFunc(results, func(err error) bool { return err == nil }); !done {
				return nil, err
			}
		}
		results = append(results, err)
	}
	return results, nil
}

// memberEdit is a change of members under way.
type memberEdit struct {
	d     *driver
	group connector.Ref
	gone  bool  // the group does not exist
	stop  error // why nothing further is tried
	// members are those that there were before, where they were read.
	members map[string]bool
}

// readMembers finds out who is in the group.
func (e *memberEdit) readMembers(ctx context.Context) error {
	e.members = make(map[string]bool)
	return e.d.eachMember(ctx, e.group.ID, func(id string) bool {
		e.members[id] = true
		return true
	})
}

// cutShort remembers the groups whose last change ended in the middle.
type cutShort struct {
	mu     sync.Mutex
	groups map[string]bool
}

const maxCutShort = 1000

func (c *cutShort) has(group string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.groups[group]
}

func (c *cutShort) set(group string, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !cut {
		delete(c.groups, group)
		return
	}
	if c.groups == nil || len(c.groups) >= maxCutShort {
		c.groups = make(map[string]bool) // forgotten, it costs calls
	}
	c.groups[group] = true
}

func (e *memberEdit) one(ctx context.Context, r connector.Ref, add bool) error {
	if e.stop != nil {
		return e.stop
	}
	method := http.MethodDelete
	req := &httpx.Request{Method: method, Path: memberPath + "/{member}", PathValues: map[string]string{"id": e.group.ID, "member": r.ID}}
	if add {
		// Adding who is there changes nothing, so that it can be repeated.
		req.Method, req.Idempotency = http.MethodPost, httpx.Idempotent
	}
	_, err := e.d.http.Do(ctx, req)
	if err == nil {
		return nil
	}
	err = fail(err, request{typ: e.d.types.requesterGroup, byID: true})
	if isSystemic(err) {
		e.stop = err
		return err
	}
	return e.settle(ctx, r, add, err)
}

// settle looks at what a refusal means.
func (e *memberEdit) settle(ctx context.Context, r connector.Ref, add bool, refused error) error {
	is, err := e.d.isMember(ctx, e.group.ID, r.ID)
	switch {
	case errors.Is(err, connector.NotFound):
		e.gone, e.stop = true, err
		return err
	case err != nil:
		return refused
	case is == add:
		return nil
	}
	if err := e.d.ruled(ctx, e.group.ID, refused); errors.Is(err, connector.ReadOnly) {
		e.stop = err
		return err
	}
	if errors.Is(refused, connector.NotFound) || errors.Is(refused, connector.Invalid) || errors.Is(refused, connector.Internal) {
		return &connector.Error{Code: connector.Invalid, Field: fieldMembers, Err: refused,
			Reason: "only requesters whose account is active can be members of a requester group"}
	}
	return refused
}

// isMember reads the members of a group until somebody is among them.
func (d *driver) isMember(ctx context.Context, group, id string) (is bool, err error) {
	err = d.eachMember(ctx, group, func(member string) bool {
		is = member == id
		return !is
	})
	return is, err
}

// eachMember reads the ids of the members of a group, until yield has enough.
func (d *driver) eachMember(ctx context.Context, group string, yield func(id string) bool) error {
	cursor := ""
	for range maxWholePages {
		got, err := d.requesterGroupPage(ctx, group, cursor, false)
		if err != nil {
			return err
		}
		for _, rec := range got.Records {
			if !yield(rec.String("id")) {
				return nil
			}
		}
		if cursor = got.Next; cursor == "" {
			return nil
		}
	}
	return nil
}

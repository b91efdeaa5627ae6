package freshservice

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// workspaceIDs are the workspaces whose groups are listed one after the other; 0,
// where the account has none, stands for a list without the parameter.
func (d *driver) workspaceIDs(ctx context.Context) ([]int64, error) {
	list, err := d.workspaces.all(ctx, catalogAge)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return []int64{0}, nil
	}
	out := make([]int64, len(list))
	for i, e := range list {
		out[i] = e.id
	}
	slices.Sort(out)
	return out, nil
}

func workspaceParam(id int64) url.Values {
	if id == 0 {
		return nil
	}
	return params("workspace_id", strconv.FormatInt(id, 10))
}

// listAgentGroups lists the groups of all workspaces, one workspace after the
// other: there is no list of them all (reference, 6.1). There is no search, so a
// filter looks through all.
func (d *driver) listAgentGroups(ctx context.Context, q connector.Query) (*connector.Page, error) {
	l := listing{
		res: agentGroups, typ: d.types.agentGroup, query: q,
		get: func(id string) (*schema.Record, error) { return d.getFixed(ctx, agentGroups, d.types.agentGroup, id) },
		rec: func(v schema.Value) (*schema.Record, error) { return decode(d.types.agentGroup, v) },
	}
	if q.Filter != nil {
		match, err := l.typ.Match(q.Filter)
		if err != nil {
			return nil, connector.Errorf(connector.Unsupported, "", "the filter does not fit the fields of the object")
		}
		l.match = match
		if id, ok := eqOn(q.Filter, "id"); ok {
			return l.lookup(id)
		}
		return d.findAgentGroups(ctx, l)
	}
	ids, err := d.workspaceIDs(ctx)
	if err != nil {
		return nil, err
	}
	workspace, page, err := parseGroupCursor(q.Cursor, ids[0])
	if err != nil {
		return nil, err
	}
	l.params = workspaceParam(workspace)
	out, err := d.scan(ctx, l, page)
	if err != nil {
		return nil, err
	}
	next := slices.IndexFunc(ids, func(id int64) bool { return id > workspace })
	switch {
	case out.Next != "":
		out.Next = groupCursor(workspace, out.Next)
	case next >= 0:
		out.Next = groupCursor(ids[next], "")
	}
	if len(ids) > 1 {
		out.Total = -1
	}
	return out, nil
}

// findAgentGroups looks through the groups of all workspaces.
func (d *driver) findAgentGroups(ctx context.Context, l listing) (*connector.Page, error) {
	ids, err := d.workspaceIDs(ctx)
	if err != nil {
		return nil, err
	}
	out := &connector.Page{}
	for _, id := range ids {
		l.params = workspaceParam(id)
		page, err := d.scanSmall(ctx, l)
		if err != nil {
			return nil, err
		}
		out.Records = append(out.Records, page.Records...)
	}
	out.Total = len(out.Records)
	return out, nil
}

// groupCursor names a page of the groups of a workspace.
func groupCursor(workspace int64, page string) string {
	return strconv.FormatInt(workspace, 10) + "/" + page
}

// parseGroupCursor reads one. The empty cursor is the first page of the first
// workspace.
func parseGroupCursor(cursor string, first int64) (workspace int64, page string, err error) {
	if cursor == "" {
		return first, "", nil
	}
	w, page, _ := strings.Cut(cursor, "/")
	if workspace, err = strconv.ParseInt(w, 10, 64); err != nil || workspace < 0 || groupCursor(workspace, page) != cursor {
		return 0, "", connector.Errorf(connector.Invalid, "", "there is no such page")
	}
	return workspace, page, nil
}

// groupLists are the lists of people that an agent group has, each with one of
// those who wait for approval beside it.
func groupLists() []string { return []string{fieldMembers, "observers", "leaders"} }

// pendingOf returns those who wait to get into a list of a group.
func pendingOf(group *schema.Record, list string) schema.Value {
	return group.Get(list + "_pending_approval")
}

// updateAgentGroup is one call, but for a group where somebody waits for approval:
// every update has to have them, or they are turned away (reference, 6.1), so the
// group is read anew for it.
func (d *driver) updateAgentGroup(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	if slices.ContainsFunc(groupLists(), func(list string) bool { return pendingOf(c.Base, list).Len() > 0 }) {
		base, err := d.getFixed(ctx, agentGroups, c.Type, r.ID)
		if err != nil {
			return nil, err
		}
		c = rebased(c, base)
	}
	u := newUpdate(c, clearing(d.learned.clearWith.Load()), false)
	u.keepPending()
	return d.putRecord(ctx, agentGroups, r.ID, u)
}

// keepPending puts those who wait for approval into the body.
func (u *update) keepPending() {
	for _, list := range groupLists() {
		if pending := pendingOf(u.base, list); pending.Len() > 0 {
			s := u.typ.Slot(list)
			u.sent.set(s, union(u.after(s), pending))
		}
	}
}

// editAgentGroup changes the members of a group: read, one write of the whole list
// (reference, 6.1). Whoever waits for approval counts as a member, and stays.
func (d *driver) editAgentGroup(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	t := d.types.agentGroup
	results := make([]error, len(add)+len(remove))
	base, err := d.getFixed(ctx, agentGroups, t, group.ID)
	if err != nil {
		return nil, err
	}
	for {
		u := memberUpdate(base, add, remove, results)
		if u == nil {
			return results, nil
		}
		rec, err := d.putRecord(ctx, agentGroups, group.ID, u)
		if err == nil {
			leftOut(rec, add, results)
			return results, nil
		}
		found := false
		if connector.CodeOf(err) == connector.Invalid {
			// Somebody in the list is no agent, and the answer does not say who.
			var look error
			if found, look = d.notAgents(ctx, base, add, results); look != nil {
				err = look
			}
		}
		if !found {
			for i := range results {
				if results[i] == nil {
					results[i] = err
				}
			}
			return results, nil
		}
	}
}

// memberUpdate makes the body of a change of members, without those to be added
// who have an error already; nil where nothing changes.
func memberUpdate(base *schema.Record, add, remove []connector.Ref, results []error) *update {
	t := base.Type()
	s := t.Slot(fieldMembers)
	now := union(base.At(s), pendingOf(base, fieldMembers))
	var joining []schema.Value
	for i, r := range add {
		if results[i] == nil {
			joining = append(joining, idValue(r))
		}
	}
	then := union(now, schema.ListValue(joining...))
	left := slices.DeleteFunc(slices.Collect(then.Elements()), func(v schema.Value) bool {
		return slices.ContainsFunc(remove, func(r connector.Ref) bool { return idValue(r).Equal(v) })
	})
	if len(left) == now.Len() && !slices.ContainsFunc(left, func(v schema.Value) bool { return !now.Contains(v) }) {
		return nil
	}
	u := &update{typ: t, base: base, want: base, sent: newBody(t)}
	u.sent.set(s, schema.ListValue(left...))
	for _, list := range groupLists()[1:] {
		if pending := pendingOf(base, list); pending.Len() > 0 {
			u.sent.set(t.Slot(list), union(base.Get(list), pending))
		}
	}
	return u
}

// leftOut gives whoever the account left out of a group without a word an error.
func leftOut(group *schema.Record, add []connector.Ref, results []error) {
	if group == nil {
		return
	}
	in := union(group.Get(fieldMembers), pendingOf(group, fieldMembers))
	for i, r := range add {
		if results[i] == nil && !in.Contains(idValue(r)) {
			results[i] = connector.Errorf(connector.Invalid, fieldMembers, "Freshservice did not take the agent into the group")
		}
	}
}

func idValue(r connector.Ref) schema.Value {
	n, _ := strconv.ParseInt(r.ID, 10, 64)
	return schema.IntegerValue(n)
}

// notAgents looks up those who are to join, and gives whoever is no agent an error.
// It reports whether there was anybody new.
func (d *driver) notAgents(ctx context.Context, base *schema.Record, add []connector.Ref, results []error) (found bool, err error) {
	for i, r := range add {
		if results[i] != nil || base.Get(fieldMembers).Contains(idValue(r)) {
			continue
		}
		v, err := d.viewAgent(ctx, r.ID)
		active, said := v.Member("active").Bool()
		switch {
		case errors.Is(err, connector.NotFound):
			results[i], found = connector.Errorf(connector.Invalid, fieldMembers, "only agents can be members of an agent group"), true
		case err != nil:
			return false, err
		case said && !active:
			results[i], found = connector.Errorf(connector.Invalid, fieldMembers, "Freshservice takes no deactivated agent into a group"), true
		}
	}
	return found, nil
}

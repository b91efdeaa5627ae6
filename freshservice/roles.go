package freshservice

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// The scopes of a role (reference, 5.2).
const (
	scopeEntire    = "entire_helpdesk"
	scopeMember    = "member_groups"
	scopeSpecified = "specified_groups"
	scopeAssigned  = "assigned_items"
)

// Workspaces that a scope is in unless it says otherwise: the global level and the
// primary one (reference, 7.3).
const (
	globalWorkspace  = 1
	primaryWorkspace = 2
)

// assignment is a role that an agent has, and where it holds.
type assignment struct {
	role      int64
	scope     string
	groups    []int64 // of scopeSpecified, sorted
	workspace int64   // 0: none is said
}

// plain reports whether the role holds for the entire help desk, as one that is
// given by its id alone does.
func (a assignment) plain() bool {
	return a.scope == scopeEntire && a.workspace <= primaryWorkspace
}

// same reports whether two assignments mean the same, one of which may leave out
// the workspace that goes without saying.
func (a assignment) same(b assignment) bool {
	return a.role == b.role && a.scope == b.scope && slices.Equal(a.groups, b.groups) &&
		(a.workspace == b.workspace || a.workspace <= primaryWorkspace && b.workspace <= primaryWorkspace)
}

// value is the assignment as the API takes it: groups exactly where the scope is
// that of groups (reference, 5.2).
func (a assignment) value() schema.Value {
	members := []schema.Member{
		{Name: "role_id", Value: schema.IntegerValue(a.role)},
		{Name: "assignment_scope", Value: schema.StringValue(a.scope)},
	}
	if a.scope == scopeSpecified {
		groups := make([]schema.Value, len(a.groups))
		for i, g := range a.groups {
			groups[i] = schema.IntegerValue(g)
		}
		members = append(members, schema.Member{Name: "groups", Value: schema.ListValue(groups...)})
	}
	if a.workspace != 0 {
		members = append(members, schema.Member{Name: "workspace_id", Value: schema.IntegerValue(a.workspace)})
	}
	return schema.MembersValue(members...)
}

// readAssignments reads the assignments of an answer.
func readAssignments(list schema.Value) []assignment {
	var out []assignment
	for v := range list.Elements() {
		a := assignment{
			role: integerOf(v.Member("role_id")), scope: v.Member("assignment_scope").Text(), workspace: integerOf(v.Member("workspace_id")),
		}
		for g := range v.Member("groups").Elements() {
			if id := integerOf(g); id > 0 && a.scope == scopeSpecified {
				a.groups = append(a.groups, id)
			}
		}
		slices.Sort(a.groups)
		if a.role > 0 {
			out = append(out, a)
		}
	}
	return out
}

// readRoles fills the fields of an agent that are made of the role assignments.
func (d *driver) readRoles(ctx context.Context, rec *schema.Record) error {
	assigned := readAssignments(rec.Get(fieldRoles))
	var ids, texts []schema.Value
	admin := false
	for _, a := range assigned {
		e, known, err := d.roles.byID(ctx, a.role)
		if err != nil {
			return err
		}
		admin = admin || known && e.admin
		if id := schema.IntegerValue(a.role); !slices.ContainsFunc(ids, id.Equal) {
			ids = append(ids, id)
		}
		if a.plain() {
			continue
		}
		text, err := d.assignmentText(ctx, a)
		if err != nil {
			return err
		}
		texts = append(texts, schema.StringValue(text))
	}
	rec.Set(fieldRoleIDs, schema.ListValue(ids...))
	rec.Set(fieldAssignments, schema.ListValue(texts...))
	rec.Set(fieldIsAdmin, schema.BooleanValue(admin))
	return nil
}

// writeRoles puts the assignments into a body, in the place of the fields that they
// are made of. What an agent is to have is said by the ids of roles, by words for
// those that do not hold for the entire help desk, or by both; a role in words
// need not be among the ids. Without new words for it, a role that stays keeps its
// scope: where words are taken away from it, nobody gets more rights by that, or
// loses any. Only where all words are cleared do the roles hold for the entire help
// desk.
func (d *driver) writeRoles(ctx context.Context, b body, base, want *schema.Record, byID, byText bool) error {
	ids, texts, raw := b.typ.Slot(fieldRoleIDs), b.typ.Slot(fieldAssignments), b.typ.Slot(fieldRoles)
	delete(b.fields, ids)
	delete(b.fields, texts)
	var had []assignment
	if base != nil {
		had = readAssignments(base.At(raw))
	}
	var wanted []assignment
	if byText {
		for _, text := range want.At(texts).Strings() {
			a, err := d.parseAssignment(ctx, text)
			if err != nil {
				return err
			}
			wanted = append(wanted, a)
		}
	}
	words := wanted
	for v := range want.At(ids).Elements() {
		id, _ := v.Integer()
		is := func(a assignment) bool { return a.role == id }
		isNew := func(a assignment) bool { return is(a) && !slices.ContainsFunc(had, a.same) }
		switch {
		case slices.ContainsFunc(words, isNew):
		case slices.ContainsFunc(had, is) && (!byText || len(words) > 0):
			for _, a := range had {
				if is(a) && !slices.ContainsFunc(wanted, a.same) {
					wanted = append(wanted, a)
				}
			}
		default:
			wanted = append(wanted, assignment{role: id, scope: scopeEntire})
		}
	}
	if len(wanted) == 0 {
		return connector.Errorf(connector.Invalid, fieldRoleIDs, "an agent has to have a role")
	}
	values := make([]schema.Value, len(wanted))
	changed := len(wanted) != len(had)
	for i, a := range wanted {
		if at := slices.IndexFunc(had, a.same); at >= 0 {
			a = had[at]
		} else {
			changed = true
		}
		values[i] = a.value()
	}
	if changed {
		b.set(raw, schema.ListValue(values...))
	}
	return nil
}

// assignmentText writes an assignment the way that parseAssignment reads it:
//
//	IT Agent: member_groups
//	IT Agent @ HR: specified_groups: Benefits, Payroll
//
// Ids stand for names that are not there, not unique, or not plain.
func (d *driver) assignmentText(ctx context.Context, a assignment) (string, error) {
	text, err := d.roles.nameOf(ctx, a.role, 0)
	if err != nil {
		return "", err
	}
	if a.workspace > primaryWorkspace {
		name, err := d.workspaces.nameOf(ctx, a.workspace, 0)
		if err != nil {
			return "", err
		}
		text += " @ " + name
	}
	text += ": " + a.scope
	names := make([]string, len(a.groups))
	for i, g := range a.groups {
		if names[i], err = d.groups.nameOf(ctx, g, cmp.Or(a.workspace, primaryWorkspace)); err != nil {
			return "", err
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		text += ": " + strings.Join(names, ", ")
	}
	return text, nil
}

// nameOf returns what an entry is called in an assignment: its name, or its id.
// workspace is that in which a name is to be unique, 0 for anywhere.
func (c *catalog) nameOf(ctx context.Context, id, workspace int64) (string, error) {
	e, ok, err := c.byID(ctx, id)
	if err != nil {
		return "", err
	}
	number := strconv.FormatInt(id, 10)
	if !ok || !isPlainName(e.name) {
		return number, nil
	}
	found, err := c.resolve(ctx, e.name, workspace)
	if err != nil || found != id {
		return number, err
	}
	return e.name, nil
}

// isPlainName reports whether a name can stand in an assignment as it is.
func isPlainName(name string) bool {
	_, err := strconv.ParseInt(name, 10, 64)
	return name != "" && err != nil && strings.TrimSpace(name) == name && !strings.ContainsAny(name, ":,@")
}

// resolve returns the id of the entry with an id or a name, in any case; 0 where
// there is none, or more than one. Those of the workspace come first.
func (c *catalog) resolve(ctx context.Context, text string, workspace int64) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	byID := err == nil
	found, err := c.find(ctx, func(e entry) bool {
		return byID && e.id == id || !byID && strings.EqualFold(e.name, text)
	})
	if err != nil {
		return 0, err
	}
	if len(found) > 1 && workspace != 0 {
		found = slices.DeleteFunc(found, func(e entry) bool { return e.workspace != workspace })
	}
	if len(found) != 1 {
		return 0, nil
	}
	return found[0].id, nil
}

// words are the parts of an assignment that is written in words.
type words struct {
	role, workspace string // workspace "" for none
	scope           string
	groups          []string
}

// splitAssignment takes an assignment apart, and says what is wrong with one that
// is none.
func splitAssignment(text string) (w words, wrong string) {
	parts := strings.Split(text, ":")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	role, workspace, within := strings.Cut(parts[0], "@")
	w.role, w.workspace, w.scope = strings.TrimSpace(role), strings.TrimSpace(workspace), scopeEntire
	if len(parts) > 3 || w.role == "" || within && w.workspace == "" {
		return w, `it has to be like "IT Agent: specified_groups: Network, Database"`
	}
	if len(parts) > 1 {
		w.scope = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(parts[1]), " ", "_"), "-", "_")
	}
	if len(parts) > 2 {
		for name := range strings.SplitSeq(parts[2], ",") {
			if name = strings.TrimSpace(name); name != "" {
				w.groups = append(w.groups, name)
			}
		}
	}
	switch w.scope {
	case scopeEntire, scopeMember, scopeAssigned:
		if len(parts) > 2 {
			return w, "groups go with the scope " + scopeSpecified + " only"
		}
	case scopeSpecified:
		if len(w.groups) == 0 {
			return w, "the scope " + scopeSpecified + " wants groups"
		}
	default:
		return w, "the scope is none of " + strings.Join([]string{scopeEntire, scopeMember, scopeSpecified, scopeAssigned}, ", ")
	}
	return w, ""
}

// parseAssignment reads "role [@ workspace] [: scope [: group, …]]", with names in
// any case or ids. Without a scope the role holds for the entire help desk.
func (d *driver) parseAssignment(ctx context.Context, text string) (assignment, error) {
	w, wrong := splitAssignment(text)
	bad := func(reason string) (assignment, error) {
		return assignment{}, connector.Errorf(connector.Invalid, fieldAssignments, "%s", reason)
	}
	if wrong != "" {
		return bad(wrong)
	}
	a := assignment{scope: w.scope}
	var err error
	if w.workspace == strconv.Itoa(globalWorkspace) {
		a.workspace = globalWorkspace // which is in no list
	} else if w.workspace != "" {
		if a.workspace, err = d.workspaces.resolve(ctx, w.workspace, 0); err != nil {
			return a, err
		}
		if a.workspace == 0 {
			return bad("the account has no workspace of that name or id, or several")
		}
	}
	if a.role, err = d.roles.resolve(ctx, w.role, 0); err != nil {
		return a, err
	}
	if a.role == 0 {
		return bad("the account has no agent role of that name or id, or several")
	}
	for _, name := range w.groups {
		id, err := d.groups.resolve(ctx, name, cmp.Or(a.workspace, primaryWorkspace))
		if err != nil {
			return a, err
		}
		if id == 0 {
			return bad("the account has no agent group of that name or id, or several")
		}
		if !slices.Contains(a.groups, id) {
			a.groups = append(a.groups, id)
		}
	}
	slices.Sort(a.groups)
	return a, nil
}

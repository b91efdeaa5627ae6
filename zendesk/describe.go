package zendesk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// The objects of a Zendesk account that the driver knows.
const (
	// ObjectUser is a person: an end user, an agent or an administrator.
	ObjectUser = "user"
	// ObjectGroup is a group of agents.
	ObjectGroup = "group"
	// ObjectOrganization is an organization, see [Options.Organizations].
	ObjectOrganization = "organization"
	// ObjectCustomRole is a role that agents can have; read-only.
	ObjectCustomRole = "custom_role"
)

// Fields that the driver itself has to know.
const (
	userContainer         = "user_fields" // of the fields that the account added
	organizationContainer = "organization_fields"

	// Fields of the driver's own. Zendesk has "suspended" for the first, the other
	// way round; the others have paths of their own.
	fieldEnabled       = "enabled"
	fieldAdmin         = "admin"
	fieldMembers       = "members"
	fieldEmails        = "secondary_emails"
	fieldPhones        = "secondary_phones"
	fieldOrganizations = "secondary_organization_ids"
)

// The roles of a user.
const (
	roleEndUser = "end-user"
	roleAgent   = "agent"
	roleAdmin   = "admin"
)

// known is what the account was found to be when it was described last.
type known struct {
	desc     *connector.Description
	user     *schema.Type
	settings accountSettings
	tags     map[string][]tagField // by object
}

// madeType is the type of an object and the facts that it was made of.
type madeType struct {
	facts string
	typ   *schema.Type
}

// tagField is a custom field whose value shows among the tags of its record.
type tagField struct {
	name string // in the type
	tag  string // of a checkbox; "" where the values themselves are tags
}

// Describe implements connector.Driver: one call to /user_fields for each hundred
// fields, one to /locales and one to /account/settings, the first time one to
// /users/me and one for the account's owner where a setting names one. Where
// organizations are groups, there is one to /organization_fields.
func (d *driver) Describe(ctx context.Context) (*connector.Description, error) {
	me, err := d.self(ctx)
	if err != nil {
		return nil, err
	}
	all := params("page[size]", strconv.Itoa(pageSize))
	found, err := d.everything(ctx, userFields, nil, all, false)
	if err != nil {
		return nil, d.fail(err, request{})
	}
	languages, err := d.languages(ctx)
	if err != nil {
		return nil, err
	}
	settings, err := d.readSettings(ctx)
	if err != nil {
		return nil, err
	}
	var ofOrganizations []schema.Value
	if d.choices.groups {
		if ofOrganizations, err = d.everything(ctx, organizationFields, nil, all, false); err != nil {
			return nil, d.fail(err, request{})
		}
	}

	c := d.choices
	c.organizations = c.organizations && settings.several
	user := withSets(builtinUser(), c)
	locale := user["locale"]
	locale.Choices = languages
	user["locale"] = locale
	userTags, userFacts := discover(user, userContainer, found)
	organization := builtinOrganization()
	if !c.groups {
		delete(organization, fieldMembers)
	}
	organizationTags, organizationFacts := discover(organization, organizationContainer, ofOrganizations)

	k := &known{settings: settings, tags: map[string][]tagField{ObjectUser: userTags, ObjectOrganization: organizationTags}}
	var organizations *schema.Type
	if k.user, err = d.typeOf(ObjectUser, user, fmt.Sprint(languages, c, userFacts)); err == nil {
		organizations, err = d.typeOf(ObjectOrganization, organization, organizationFacts)
	}
	if err != nil {
		return nil, &connector.Error{Code: connector.Internal, Err: fmt.Errorf("the account's fields make no type: %w", err)}
	}
	owner, err := d.accountOwner(ctx, k.user)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []any{me.id, owner, settings, languages, userFacts, organizationFacts}))
	version := hex.EncodeToString(sum[:8])

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known != nil && d.known.desc.Version == version {
		return d.known.desc, nil
	}
	k.desc = d.describe(k, organizations, version, me)
	if owner != "" {
		k.desc.Protected = []connector.Ref{{Object: ObjectUser, ID: owner}}
	}
	d.known = k
	return k.desc, nil
}

// typeOf returns the type of an object: the same one while the facts are the same,
// so that plans made for it live on.
func (d *driver) typeOf(object string, fields schema.Fields, facts string) (*schema.Type, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m, ok := d.made[object]; ok && m.facts == facts {
		return m.typ, nil
	}
	t, err := schema.NewType(object, fields)
	if err != nil {
		return nil, err
	}
	if d.made == nil {
		d.made = make(map[string]madeType)
	}
	d.made[object] = madeType{facts, t}
	return t, nil
}

// describe puts the description together.
func (d *driver) describe(k *known, organizations *schema.Type, version string, me *self) *connector.Description {
	group := connector.Object{
		Name: ObjectGroup, Type: d.types.group, Tag: "gr",
		Actions: []connector.ActionKind{connector.Delete},
		// There is no search: the list, which is up to date, is gone through.
		Search: connector.Search{And: true, Immediate: true}, PageSize: pageSize, BlindUpdate: true,
		Members: true, Member: []string{ObjectUser}, MemberField: fieldMembers, SkipsMembers: true,
	}
	if k.settings.uniqueNames {
		group.Unique = []string{"name"}
	}
	organization := connector.Object{
		Name: ObjectOrganization, Type: organizations, Tag: "or",
		Unique: []string{"name", "external_id"},
		Search: connector.Search{And: true, Consistent: []string{"id", "name", "external_id"}}, PageSize: pageSize, BlindUpdate: true,
		Unserved: !d.choices.groups,
	}
	if d.choices.groups {
		organization.Actions = []connector.ActionKind{connector.Delete}
		organization.Members, organization.Member, organization.MemberField = true, []string{ObjectUser}, fieldMembers
	}
	return &connector.Description{
		Account: d.account,
		Version: version,
		Owner:   connector.Ref{Object: ObjectUser, ID: me.id},
		Objects: []connector.Object{
			{
				Name: ObjectUser, Type: k.user,
				Unique: []string{"email", "external_id"}, Active: fieldEnabled, Admin: fieldAdmin, Hint: "role", Ordinary: roleEndUser, BlindActions: true,
				Actions: []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Delete, connector.Erase, connector.Downgrade},
				// Addresses are found by a search that lags some minutes behind.
				Search:   connector.Search{And: true, Consistent: []string{"id", "external_id"}},
				PageSize: pageSize, BlindUpdate: true,
			},
			group,
			organization,
			{
				Name: ObjectCustomRole, Type: d.types.customRole, Tag: "cr", ReadOnly: true,
				Search: connector.Search{And: true, Consistent: []string{"id", "name"}}, PageSize: pageSize,
			},
		},
	}
}

// knowledge returns what was found when the account was described last.
func (d *driver) knowledge(ctx context.Context) (*known, error) {
	d.mu.Lock()
	k := d.known
	d.mu.Unlock()
	if k == nil {
		if _, err := d.Describe(ctx); err != nil {
			return nil, err
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		k = d.known
	}
	return k, nil
}

// typeOf returns the type of an object as it was described last.
func (k *known) typeOf(object string) *schema.Type { return k.desc.Object(object).Type }

// languages returns the codes of the languages that the account has; none where
// the credential may not read them.
func (d *driver) languages(ctx context.Context) ([]string, error) {
	page, err := d.index(ctx, locales, nil, nil, false)
	if err = d.fail(err, request{}); errors.Is(err, connector.Denied) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var out []string
	for _, item := range page.items {
		if code := item.Member("locale").Text(); code != "" && !containsFold(out, code) {
			out = append(out, code)
		}
	}
	return out, nil
}

// self is the user whom the credential belongs to.
type self struct{ id, role string }

// self asks once. An account that does not know the credential answers as well,
// with nobody: only an id tells that it is accepted (reference, 1.5).
func (d *driver) self(ctx context.Context) (*self, error) {
	d.mu.Lock()
	me := d.me
	d.mu.Unlock()
	if me != nil {
		return me, nil
	}
	me, err := d.askSelf(ctx)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.me = me
	return me, nil
}

// isAdmin reports whether the driver is known to act as an administrator.
func (d *driver) isAdmin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.me != nil && d.me.role == roleAdmin
}

func (d *driver) askSelf(ctx context.Context) (*self, error) {
	for {
		ctx, use := d.auth.source.Use(ctx)
		v, err := d.call(ctx, http.MethodGet, users, "/me", nil, nil)
		if err != nil {
			return nil, d.fail(err, request{})
		}
		if id := decodeID(v.Member("id")); id != "" {
			return &self{id: id, role: v.Member("role").Text()}, nil
		}
		if !use.Refused() {
			return nil, &connector.Error{Code: connector.Unauthenticated, Reason: d.auth.words()}
		}
	}
}

// decodeID returns an id as text, "" for what is none.
func decodeID(v schema.Value) string {
	if n, ok := v.Integer(); ok && n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// discover adds the fields that the account's administrators added. It returns
// which of them show as tags, and all that the fields were made of.
func discover(fields schema.Fields, container string, found []schema.Value) (tags []tagField, facts string) {
	var all []string
	taken := make(map[string]bool, len(found))
	for _, v := range found {
		f := readField(v)
		name := connector.JoinField(container, f.key)
		if low := strings.ToLower(name); f.key == "" || !f.active || taken[low] {
			continue // names are compared without case
		} else {
			taken[low] = true
		}
		all = append(all, f.String())
		fields[name] = f.attribute()
		switch {
		case f.kind == "checkbox" && f.tag != "":
			tags = append(tags, tagField{name: name, tag: f.tag})
		case f.kind == "dropdown", f.kind == "multiselect":
			tags = append(tags, tagField{name: name})
		}
	}
	slices.Sort(all)
	return tags, strings.Join(all, "\n")
}

// field is an entry of /user_fields.
type field struct {
	key, kind, title, tag, points string
	active                        bool
	options                       []string
}

func readField(v schema.Value) field {
	f := field{
		key: v.Member("key").Text(), kind: v.Member("type").Text(), title: v.Member("title").Text(),
		tag: v.Member("tag").Text(), points: v.Member("relationship_target_type").Text(), active: true,
	}
	if active, said := v.Member("active").Bool(); said {
		f.active = active
	}
	for o := range v.Member("custom_field_options").Elements() {
		if s := o.Member("value").Text(); s != "" {
			f.options = append(f.options, s)
		}
	}
	return f
}

// String returns everything that the type depends on.
func (f field) String() string {
	return fmt.Sprintf("%q %q %q %q %q %q", f.key, f.kind, f.title, f.tag, f.points, f.options)
}

// attribute describes a custom field. The value of an option is what the
// administration calls its tag. The pattern of a regexp field is left to the
// account: it is in Ruby's dialect.
func (f field) attribute() schema.Attribute {
	a := schema.Attribute{Custom: true, Description: f.title}
	switch f.kind {
	case "text", "textarea", "regexp":
	case "checkbox":
		a.Type, a.ClearAs = schema.Boolean, schema.ClearFalse
	case "date":
		a.Type = schema.Date
	case "integer":
		a.Type = schema.Integer
	case "decimal":
		a.Type = schema.Decimal
	case "dropdown":
		a.Choices = f.options
	case "multiselect":
		a.Choices, a.MultiValued, a.Unordered = f.options, true, true
	case "lookup":
		if !strings.HasPrefix(f.points, "zen:custom_object") {
			a.Type = schema.Integer // the id of a user, an organization or a ticket
		}
	default: // a type that is newer than this: taken and given as it is
		a.Type = schema.Any
	}
	return a
}

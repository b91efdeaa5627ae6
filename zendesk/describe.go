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
	// ObjectOrganization is an organization; read-only here.
	ObjectOrganization = "organization"
	// ObjectCustomRole is a role that agents can have; read-only.
	ObjectCustomRole = "custom_role"
	// ObjectGroup is a group of agents. No connection has it yet: there is its
	// [Type], and a mapping.
	ObjectGroup = "group"
)

// Fields that the driver itself has to know.
const (
	container = "user_fields" // of the fields that the account added
	// fieldEnabled is a field of the driver's own: Zendesk has "suspended", the
	// other way round.
	fieldEnabled = "enabled"
)

// The roles of a user.
const (
	roleEndUser = "end-user"
	roleAgent   = "agent"
	roleAdmin   = "admin"
)

// known is what the account was found to be when it was described last.
type known struct {
	desc *connector.Description
	user *schema.Type
	tags []tagField
}

// tagField is a custom field whose value shows among the user's tags.
type tagField struct {
	name string // in the type
	tag  string // of a checkbox; "" where the values themselves are tags
}

// Describe implements connector.Driver: one call to /user_fields for each hundred
// fields, one to /locales, and the first time one to /users/me.
func (d *driver) Describe(ctx context.Context) (*connector.Description, error) {
	me, err := d.self(ctx)
	if err != nil {
		return nil, err
	}
	found, err := d.everything(ctx, userFields, nil, params("page[size]", strconv.Itoa(pageSize)), false)
	if err != nil {
		return nil, d.fail(err, request{})
	}
	languages, err := d.languages(ctx)
	if err != nil {
		return nil, err
	}
	fields, tags, version := discover(found, languages)
	version += "-" + me.id

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known != nil && d.known.desc.Version == version {
		return d.known.desc, nil // the same types, so that plans made for them live on
	}
	user, err := schema.NewType(ObjectUser, fields)
	if err != nil {
		return nil, &connector.Error{Code: connector.Internal, Err: fmt.Errorf("the account's fields make no type: %w", err)}
	}
	d.known = &known{desc: d.describe(user, version, me), user: user, tags: tags}
	return d.known.desc, nil
}

// describe puts the description together.
func (d *driver) describe(user *schema.Type, version string, me *self) *connector.Description {
	return &connector.Description{
		Account: d.account,
		Version: version,
		Owner:   connector.Ref{Object: ObjectUser, ID: me.id},
		Objects: []connector.Object{
			{
				Name: ObjectUser, Type: user,
				Unique: []string{"email", "external_id"}, Active: fieldEnabled, Hint: "role", Ordinary: roleEndUser, BlindActions: true,
				Actions: []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Delete, connector.Erase},
				// Addresses are found by a search that lags some minutes behind.
				Search:   connector.Search{And: true, Consistent: []string{"id", "external_id"}},
				PageSize: pageSize, BlindUpdate: true,
			},
			{
				Name: ObjectOrganization, Type: d.types.organization, Tag: "or", ReadOnly: true,
				Unique: []string{"name", "external_id"},
				Search: connector.Search{And: true, Consistent: []string{"id", "name", "external_id"}}, PageSize: pageSize,
			},
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

func (d *driver) askSelf(ctx context.Context) (*self, error) {
	for {
		before := d.auth.latest()
		var used token
		v, err := d.call(context.WithValue(ctx, usedKey{}, &used), http.MethodGet, users, "/me", nil, nil)
		if err != nil {
			return nil, d.fail(err, request{})
		}
		if id := decodeID(v.Member("id")); id != "" {
			return &self{id: id, role: v.Member("role").Text()}, nil
		}
		if !d.auth.refused(used, before) {
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

// discover returns the fields of a user with those that the account's
// administrators added, which of them show as tags, and a version that changes with
// the result.
func discover(found []schema.Value, languages []string) (schema.Fields, []tagField, string) {
	fields := builtinUser()
	locale := fields["locale"]
	locale.Choices = languages
	fields["locale"] = locale

	var tags []tagField
	facts := []string{fmt.Sprintf("%q", languages)}
	taken := make(map[string]bool, len(found))
	for _, v := range found {
		f := readField(v)
		name := customName(f.key)
		if low := strings.ToLower(name); f.key == "" || !f.active || taken[low] {
			continue // names are compared without case
		} else {
			taken[low] = true
		}
		facts = append(facts, f.String())
		fields[name] = f.attribute()
		switch {
		case f.kind == "checkbox" && f.tag != "":
			tags = append(tags, tagField{name: name, tag: f.tag})
		case f.kind == "dropdown", f.kind == "multiselect":
			tags = append(tags, tagField{name: name})
		}
	}
	slices.Sort(facts)
	sum := sha256.Sum256([]byte(strings.Join(facts, "\n")))
	return fields, tags, hex.EncodeToString(sum[:8])
}

// customName is the name that a custom field has in the type.
func customName(key string) string { return connector.JoinField(container, key) }

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

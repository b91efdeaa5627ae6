package zendesk

import "github.com/usher-scim/usher/schema"

// Type returns the type of an object with the fields that Zendesk documents for
// every account, as far as a mapping can use them, and those that settings switch
// on. The fields that an account has added are not among them; those, and what a
// connection does with an object, are in its description. It is nil for what is no
// object.
func Type(object string) *schema.Type {
	fields := fieldsOf(object)
	if fields == nil {
		return nil
	}
	t, err := schema.NewType(object, fields)
	if err != nil {
		return nil // not for the fields below, see TestType
	}
	return t
}

// fieldsOf returns the fields of an object that every account has.
func fieldsOf(object string) schema.Fields {
	switch object {
	case ObjectUser:
		return withSets(builtinUser(), choices{emails: true, phones: true, organizations: true})
	case ObjectGroup:
		return builtinGroup()
	case ObjectOrganization:
		return builtinOrganization()
	case ObjectCustomRole:
		return builtinCustomRole()
	default:
		return nil
	}
}

// never is for fields whose value Zendesk has no way of taking away.
const never = schema.ClearOmit

func readOnly(t schema.DataType) schema.Attribute {
	return schema.Attribute{Type: t, Mutability: schema.ReadOnly}
}

func idField() schema.Attribute {
	return schema.Attribute{Type: schema.Integer, Mutability: schema.ReadOnly, Filter: schema.Eq}
}

// keyField is a text that a record can be found by.
func keyField() schema.Attribute { return schema.Attribute{Filter: schema.Eq} }

// setOf is a list whose order does not matter.
func setOf(t schema.DataType) schema.Attribute {
	return schema.Attribute{Type: t, MultiValued: true, Unordered: true}
}

// builtinUser are the fields of developer.zendesk.com, "Users".
func builtinUser() schema.Fields {
	return schema.Fields{
		"id":          idField(),
		"name":        {Required: true},
		"email":       {Filter: schema.Eq, Uniqueness: schema.UniqueServer, ClearAs: never},
		"external_id": {Filter: schema.Eq, Uniqueness: schema.UniqueServer},
		"alias":       {Description: "The name of an agent that end users see."},
		fieldEnabled: {Type: schema.Boolean, Mutability: schema.ReadOnly,
			Description: "Whether the account can be used: not suspended. Zendesk itself has no such attribute."},
		"suspended":      readOnly(schema.Boolean),
		"active":         readOnly(schema.Boolean),
		"role":           {Choices: []string{roleEndUser, roleAgent, roleAdmin}, Filter: schema.Eq, ClearAs: never},
		"custom_role_id": {Type: schema.Integer},
		"role_type":      readOnly(schema.Integer),
		fieldAdmin: {Type: schema.Boolean, Mutability: schema.ReadOnly,
			Description: "Whether the account is an administrator's, by its role or its custom role. Zendesk itself has no such attribute."},
		"phone":                   {ClearAs: schema.ClearEmpty},
		"shared_phone_number":     readOnly(schema.Boolean),
		"time_zone":               {ClearAs: never},
		"iana_time_zone":          readOnly(schema.String),
		"locale":                  {ClearAs: never},
		"organization_id":         {Type: schema.Integer},
		"remote_photo_url":        {Mutability: schema.WriteOnly, ClearAs: never},
		"photo.content_url":       readOnly(schema.String),
		"details":                 {},
		"notes":                   {},
		"signature":               {},
		"tags":                    setOf(schema.String),
		"ticket_restriction":      {Choices: []string{"organization", "groups", "assigned", "requested"}},
		"only_private_comments":   {Type: schema.Boolean, ClearAs: never},
		"moderator":               {Type: schema.Boolean, ClearAs: never},
		"verified":                {Type: schema.Boolean, ClearAs: never},
		"skip_verify_email":       {Type: schema.Boolean, Mutability: schema.WriteOnly, ClearAs: never},
		"default_group_id":        {Type: schema.Integer},
		"chat_only":               readOnly(schema.Boolean),
		"shared":                  readOnly(schema.Boolean),
		"shared_agent":            readOnly(schema.Boolean),
		"restricted_agent":        readOnly(schema.Boolean),
		"report_csv":              readOnly(schema.Boolean),
		"two_factor_auth_enabled": readOnly(schema.Boolean),
		"last_login_at":           readOnly(schema.DateTime),
		"created_at":              readOnly(schema.DateTime),
		"updated_at":              readOnly(schema.DateTime),
	}
}

// withSets adds the fields for what a user has several of.
func withSets(fields schema.Fields, c choices) schema.Fields {
	if c.emails {
		emails := setOf(schema.String)
		emails.Description = "The e-mail addresses beyond the primary one."
		fields[fieldEmails] = emails
	}
	if c.phones {
		phones := setOf(schema.String)
		phones.Description = "The phone numbers beyond that of the field phone."
		fields[fieldPhones] = phones
	}
	if c.organizations {
		organizations := setOf(schema.Integer)
		organizations.Description = "The organizations beyond the default one."
		fields[fieldOrganizations] = organizations
	}
	return fields
}

// builtinGroup are the fields of developer.zendesk.com, "Groups", with the members,
// which have paths of their own. There is no search by name: groups are found in
// their list.
func builtinGroup() schema.Fields {
	name := keyField()
	name.Required = true
	return schema.Fields{
		"id": idField(), "name": name, "description": {},
		fieldMembers: setOf(schema.Integer),
		"is_public":  {Type: schema.Boolean, ClearAs: never, Description: "A private group cannot be made public again."},
		"default":    readOnly(schema.Boolean),
		"deleted":    readOnly(schema.Boolean),
		"created_at": readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// builtinOrganization are the fields of developer.zendesk.com, "Organizations",
// with the members, which have paths of their own.
func builtinOrganization() schema.Fields {
	name, external := keyField(), keyField()
	name.Required, name.Uniqueness, external.Uniqueness = true, schema.UniqueServer, schema.UniqueServer
	return schema.Fields{
		"id": idField(), "name": name, "external_id": external,
		fieldMembers: setOf(schema.Integer),
		"details":    {}, "notes": {},
		"domain_names": setOf(schema.String), "tags": setOf(schema.String),
		"shared_tickets":  {Type: schema.Boolean, ClearAs: never},
		"shared_comments": {Type: schema.Boolean, ClearAs: never},
		"group_id":        {Type: schema.Integer},
		"created_at":      readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// builtinCustomRole are the fields of developer.zendesk.com, "Custom agent roles".
func builtinCustomRole() schema.Fields {
	name := keyField()
	name.Mutability = schema.ReadOnly
	return schema.Fields{
		"id": idField(), "name": name, "description": readOnly(schema.String), "role_type": readOnly(schema.Integer),
		"created_at": readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// fixedTypes are the types of objects whose fields are the same in every account.
type fixedTypes struct{ group, customRole *schema.Type }

// newFixedTypes makes them.
func newFixedTypes() (t fixedTypes, err error) {
	if t.group, err = schema.NewType(ObjectGroup, builtinGroup()); err == nil {
		t.customRole, err = schema.NewType(ObjectCustomRole, builtinCustomRole())
	}
	return t, err
}

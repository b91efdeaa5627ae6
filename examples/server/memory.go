package main

import (
	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/scim"
)

// memoryApplication returns the target in memory: users and groups as SCIM
// describes them, with every attribute. Each connection to it begins empty.
func memoryApplication() (connector.Application, error) {
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	if err != nil {
		return connector.Application{}, err
	}
	group, err := scim.GroupType()
	if err != nil {
		return connector.Application{}, err
	}
	return memory.Application([]memory.Object{
		{
			Name: "user", Type: user.Type, Unique: []string{"userName"},
			Index: []string{"externalId", "displayName", "emails.value"}, Groups: "groups", Active: "active",
		},
		{
			Name: "group", Type: group.Type, Unique: []string{"displayName"},
			Index: []string{"externalId"}, Members: "members", Member: []string{"user", "group"},
		},
	}, nil), nil
}

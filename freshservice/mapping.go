package freshservice

import "embed"

// Mappings has the default mapping documents of what connections serve, one file
// each: SCIM users to requesters ("freshservice-requester"). Rules for the
// account's custom fields are not in them, they are made from what the account
// has. A document of one's own can extend one of these by its name, rule by rule.
//
// The directory mapping has those of agents, groups and departments as well, which
// are added here when a connection serves them.
//
//go:embed mapping/requester.yaml mapping/users.yaml
var Mappings embed.FS

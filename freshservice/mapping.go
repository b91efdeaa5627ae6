package freshservice

import "embed"

// Mappings has the default mapping documents, one file each: SCIM users to
// requesters ("freshservice-requester") and agents ("freshservice-agent"), SCIM
// groups to requester groups, agent groups and departments, and the sets that say
// which is for whom ("freshservice-users", "freshservice-groups"). Those of what a
// connection does not serve are passed over. Rules for the account's custom fields
// are not in them, they are made from what the account has. A document of one's own
// can extend one of these by its name, rule by rule.
//
//go:embed mapping/*.yaml
var Mappings embed.FS

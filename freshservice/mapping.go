package freshservice

import "embed"

// Mappings has the default mapping documents, one file each: SCIM users to
// requesters ("freshservice-requester"). Rules for the account's custom fields
// are not in them, they are made from what the account has. A document of one's
// own can extend one of these by its name, rule by rule.
//
//go:embed mapping/*.yaml
var Mappings embed.FS

// Package zendesk reaches Zendesk Support accounts: a [connector.Target] for users
// (end users, agents and administrators), groups of agents and organizations, with
// custom roles to look up.
//
// # What it costs
//
// Calls to the API, in the ordinary case:
//
//	access token                   1   an hour, for an OAuth client
//	describe                       3   /user_fields, /locales and /account/settings, remembered by the Target; the first
//	                                   time /users/me; /organization_fields where organizations are groups
//	create, update, get            1   a group or organization with its members: 2, and 1 for each further hundred
//	find by id, address, other id  1   a group by name: 1 for each hundred groups
//	page of a list                 1   of groups with members: and 1 for each hundred memberships of all groups, or 1 for
//	                                   each group where that is less
//	suspend, delete                1   an agent or administrator: 2; 1 more without a hint at the role
//	unsuspend, downgrade           1
//	erase                          2   more as for delete
//	new e-mail address             2   and 1 for the rest of an update or the record; up to 4 where addresses are kept
//	members come                   1   each, up to three; else 1 for each hundred, and polling: 2 or more
//	members go                     2   each, up to three; else as above, and the list of members
//	further addresses, numbers     1   a read, where they are managed, and 1 for each that comes or goes
//	further organizations          1   the same
//	changes since a time           1   a page of up to 1,000
//	check                          11
//
// An update sends the fields that were edited and nothing else, so it needs no
// reading first. The exceptions are those where Zendesk would do more than was
// asked for: tags that belong to custom fields are kept, a custom role is given to
// agents only, and a new organization ends no other membership.
//
// # Members
//
// The members of groups and, with [OrganizationsGroups], of organizations are
// memberships, which come and go as differences: an agent who leaves a group loses
// its open tickets. Many go by background jobs, which are seen through within
// [Options.Patience]. What came of each member is looked at wherever a job does not
// say for certain that all is done. End users cannot be members of groups, which is
// Invalid in their own results.
//
// # Roles
//
// Nobody's rights grow without a word: a custom role goes only to somebody who is
// or becomes an agent, administrators are made only with [Options.AllowAdmin], and
// unsuspending does not undo the downgrade by which an agent was disabled. The user
// as whom the connection acts, and the [Options.AccountOwner], are not suspended,
// downgraded or deleted.
//
// # Fields of its own
//
// The field "enabled" is not Zendesk's: it is false for who is suspended, and it is
// what tells [connector.Object.Active]. So is "admin", which is true for an
// administrator by role or by custom role, and so are "members" of groups and the
// fields of [SetManaged]. The tags that checkboxes and drop-downs make
// are not among "tags"; they come and go with the fields.
//
// # Errors
//
// Errors are [*connector.Error]. The API's error codes and field names decide,
// its messages are not looked at; no error holds any part of an answer but
// the names of fields that the account has. A taken value is AlreadyExists. A
// create whose answer was lost or cannot be read, or that met another write, is
// Ambiguous. A subscription without a free seat is Exhausted. A user who was
// deleted is NotFound.
//
// # Concurrency
//
// Everything here is safe for concurrent use.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in the
// changelog.
package zendesk

// Package freshservice reaches Freshservice accounts: a [connector.Target] for
// requesters and requester groups; where its [Options] say so for agents, agent
// groups and departments as groups as well; with locations, roles and workspaces to
// look things up in.
//
// # What it costs
//
// Calls to the API, in the ordinary case:
//
//	describe                     1   /requester_fields; with agents, and with departments as groups, 1 more each; remembered by the Target
//	create, update, get          1   get of a user who is an agent: 2
//	find by id or address        1   by address of all its holders: up to 3
//	page of a list or search     1   also of requesters and agents together
//	deactivate, activate, erase  1   2 where the answer leaves it open whether it had been done
//	convert                      1
//	members of a requester group 1   for each who joins or leaves
//	members of an agent group    2   however many they are
//	members of a department      2   for each who joins or leaves, and 1
//	check                        6   with agents 11, with departments as groups 1 more
//
// Records of requester groups and departments show their members for one call more
// for each page of them, unless the caller has no use for them. Roles, workspaces
// and agent groups are read whole where names of them are needed, and remembered for
// five minutes.
//
// An update sends the fields that were edited and nothing else, with one
// exception: the flag "can see all tickets from associated departments" goes
// along wherever it is set, because Freshservice takes it away from whoever is
// updated without it. So the record has to be read before an update, unless
// [Options.DepartmentTickets] says that the flag is not in use.
//
// # Roles
//
// The roles of an agent are two fields: role_ids, the roles, and role_assignments,
// the scopes of those that do not hold for the entire help desk, as a text for each:
//
//	IT Agent: member_groups
//	IT Agent: assigned_items
//	IT Agent: specified_groups: Network, Database
//	IT Agent @ HR: entire_helpdesk
//
// that is, role, workspace where it is not the primary one, scope, and groups.
// Names are taken in any case, and ids in their place; an id is given where a name is
// not unique, or has one of ":,@" in it. A role that stays and of which no new words
// are said keeps its scope.
//
// # Errors
//
// Errors are [*connector.Error]. The API's error codes and field names decide,
// its messages are not looked at; no error holds any part of an answer but
// the names of fields that the account has. A taken address is AlreadyExists,
// whatever the status. A create whose answer was lost, or cannot be read, is
// Ambiguous. Where a request that can need an agent's seat is forbidden although
// the credential may manage agents, it is Exhausted. A group whose members a rule of
// Freshservice finds is ReadOnly.
//
// # Concurrency
//
// Everything here is safe for concurrent use.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in the
// changelog.
package freshservice

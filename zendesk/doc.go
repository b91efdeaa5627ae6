// Package zendesk reaches Zendesk Support accounts: a [connector.Target] for users
// (end users, agents and administrators), with organizations and custom roles to
// look things up in.
//
// # What it costs
//
// Calls to the API, in the ordinary case:
//
//	access token                   1   an hour, for an OAuth client
//	describe                       2   /user_fields and /locales, remembered by the Target; the first time /users/me
//	create, update, get            1
//	find by id, address, other id  1
//	page of a list                 1
//	suspend, delete                1   an agent or administrator: 2; 1 more without a hint at the role
//	unsuspend                      1
//	erase                          2   more as for delete
//	new e-mail address             2   and 1 for the rest of an update or the record; up to 4 where addresses are kept
//	check                          6
//
// An update sends the fields that were edited and nothing else, so it needs no
// reading first. The exceptions are those where Zendesk would do more than was
// asked for: tags that belong to custom fields are kept, a custom role is given to
// agents only, and a new organization ends no other membership.
//
// # Roles
//
// Nobody's rights grow without a word: a custom role goes only to somebody who is
// or becomes an agent, administrators are made only with [Options.AllowAdmin], and
// unsuspending does not undo the downgrade by which an agent was disabled. The user
// as whom the connection acts is not suspended, downgraded or deleted.
//
// # Fields of its own
//
// The field "enabled" is not Zendesk's: it is false for who is suspended, and it is
// what tells [connector.Object.Active]. The tags that checkboxes and drop-downs make
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

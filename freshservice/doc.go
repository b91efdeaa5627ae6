// Package freshservice reaches Freshservice accounts: a [connector.Target] for
// requesters, with departments, locations and agents to look things up in.
//
// # What it costs
//
// Calls to the API, in the ordinary case:
//
//	describe                     1   /requester_fields, remembered by the Target
//	create, update, get          1   get of a user who is an agent: 2
//	find by id or address        1   by address of all its holders: up to 3
//	page of a list or search     1
//	deactivate, activate, erase  1   2 where the answer leaves it open whether it had been done
//	check                        5
//
// An update sends the fields that were edited and nothing else, with one
// exception: the flag "can see all tickets from associated departments" goes
// along wherever it is set, because Freshservice takes it away from whoever is
// updated without it. So the record has to be read before an update, unless
// [Options.DepartmentTickets] says that the flag is not in use.
//
// # Errors
//
// Errors are [*connector.Error]. The API's error codes and field names decide,
// its messages are not looked at; no error holds any part of an answer but
// the names of fields that the account has. A taken address is AlreadyExists,
// whatever the status. A create whose answer was lost, or cannot be read, is
// Ambiguous.
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

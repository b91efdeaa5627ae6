// Package freshservicetest is an in-process stand-in for a Freshservice
// account, for tests of programs that speak the Freshservice REST API v2.
//
// It holds state, checks every request against the vendor's documented rules
// and refuses what the real service refuses: unknown attributes, missing
// mandatory ones, addresses that are in use, unknown languages and time zones,
// custom fields of the wrong type, pages that are too large. It counts every
// call against the plan's rate limits, lets the search behind "query=" lag, and
// sends the vendor's headers and error bodies. It covers
//
//   - requesters: create, view, list (with agents, too), filter, update,
//     deactivate, reactivate, forget, convert_to_agent; requester_fields
//   - agents: create, view, list, filter, update, deactivate, reactivate,
//     forget, convert_to_requester; agent_fields; full-time seats
//   - roles and workspaces: view, list
//   - agent groups: create, view, list by workspace, update, delete; members,
//     observers and leaders, and who waits for approval
//   - requester groups, manual and rule-based: create, view, list, update,
//     delete; members: list, add, remove
//   - departments: create, view, list, filter, update, delete; department_fields
//   - locations: create, view, list, filter, update, delete
//   - API keys with permissions, and access tokens with scopes that an app gets
//     and refreshes at the token endpoint, see [OAuth]
//
// Merging requesters answers 501 with the code "not_simulated". Paths that the
// vendor does not document answer 404 with a sentence that says so. Both are
// recorded like every request.
//
// The rules come from the project's reference page freshservice-api.md; "§" in
// the comments cites its sections. Where the page is silent, contradictory or
// marked as inferred, the behaviour is a switch in [Rules], and [Variants]
// lists every single departure from the defaults so that a client can be run
// against each.
//
// [NewServer] starts a server on a loopback port, in the manner of
// net/http/httptest. [New] gives the bare http.Handler for programs that mount
// it themselves. GET / shows the account's people, groups and departments and the
// last requests as a plain HTML page. [ReadSeed] reads an account from a file.
//
// [Fault] scripts spoil calls, and [Account.After] changes the account between
// two of them, so that the pages of a list shift.
//
// The package brings in no other module.
//
// # Errors
//
// Nothing here returns a Go error for a bad request: the refusal is the answer,
// in one of the vendor's two error shapes (§1.5). [ReadSeed] returns one for a
// file that it cannot read. Seeding does not validate: what is seeded is what the
// account holds, so that a test can also describe old or inconsistent data.
//
// [Fault] scripts that lose or cut an answer end the handler with
// http.ErrAbortHandler, which net/http turns into a closed connection.
//
// # Concurrency
//
// Every method of [Account] and [Server] is safe for concurrent use. Requests
// take effect one at a time, in the order in which they reach the account; a
// delayed request takes effect when its delay has passed. The clock that the
// caller injects must not call back into the account.
//
// # Stability
//
// Before v1.0.0 of the module, fields may be added to the structs and routes
// that answer 501 may come to life. A default in [Rules] changes only when the
// vendor's behaviour becomes known.
package freshservicetest

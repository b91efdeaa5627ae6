// Package zendesktest is an in-process stand-in for a Zendesk Support account,
// for tests of programs that speak the Zendesk Support API v2 about users, groups
// and organizations.
//
// It holds state, checks every request against the vendor's documented rules
// and refuses what the real service refuses: names that are empty, addresses and
// external ids that are in use, unknown roles, locales and time zones, custom
// fields of the wrong type, promotions without a free seat. It does what the
// real service does unasked: an e-mail address in an update becomes a secondary
// one, a custom role makes an agent of an end user, a phone number that somebody
// else has becomes a shared one. It counts calls against the plan's rate limit
// and updates against the limits per user and per second, lets the search lag,
// and sends the vendor's headers and error bodies. It covers
//
//   - POST /oauth/tokens with client credentials, authorization codes (PKCE
//     included) and refresh tokens, which rotate; bearer tokens with scopes; API
//     tokens
//   - users: list by cursor and offset, show, show_many, search, autocomplete,
//     count, me, create, update, create_or_update, delete, related, sessions;
//     create_many, create_or_update_many, update_many, destroy_many, logout_many,
//     request_create; include of identities, groups, organizations, roles
//   - incremental: users by cursor and by time, organizations by time, samples;
//     search, search/count, search/export over users, organizations and groups
//   - identities: list, show, create, update, delete, make_primary, verify,
//     request_verification
//   - deleted_users: list, count, show, permanent deletion
//   - groups: list, show, count, assignable, create, update, delete; of a user:
//     list; the users and memberships of a group: list
//   - group_memberships: list, show, create, create_many, delete, destroy_many,
//     make_default
//   - job_statuses: list, show, show_many
//   - user_fields, organization_fields, custom_roles, locales, time_zones,
//     account/settings: read
//   - organizations: list, count, show, show_many, search, autocomplete, related,
//     create, update, create_or_update, delete, create_many, update_many,
//     destroy_many; of a user: list; the users of an organization: list
//   - organization_memberships: list (all, of a user, of an organization), show,
//     create, create_many, delete, destroy_many, make_default; delete and
//     make_default also by user and organization
//
// Other documented routes answer 501 with the error "not_simulated", paths that
// the vendor does not document 404 with a sentence that says so; both are
// recorded like every request.
//
// The rules come from the project's reference page zendesk-api.md; "§" in the
// comments cites its sections. Where the page is silent, contradictory or marked
// as inferred, the behaviour is a switch in [Rules], and [Variants] lists every
// single departure from the defaults so that a client can be run against each.
//
// [NewServer] starts a server on a loopback port, in the manner of
// net/http/httptest. [New] gives the bare http.Handler for programs that mount
// it themselves. [ReadSeed] reads the description of an account from a JSON file.
// GET / shows the account's people, groups, organizations and jobs and the last
// requests as a plain HTML page.
//
// Background jobs take time on the account's clock, or go on when they are asked
// for ([Options.JobDuration]); [JobFault] scripts let items or whole jobs fail.
//
// The package brings in no other module.
//
// # Errors
//
// Nothing here returns a Go error for a bad request: the refusal is the answer,
// in one of the vendor's error shapes (§2.4). Seeding does not validate: what is
// seeded is what the account holds, so that a test can also describe old or
// inconsistent data.
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
package zendesktest

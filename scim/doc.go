// Package scim is a SCIM 2.0 service provider (RFC 7643, RFC 7644): an
// http.Handler over a [Backend], which knows resources and nothing of HTTP.
//
// A [Handler] parses, checks and repairs requests and shows resources; a backend
// gets typed records, operations and filters and returns records. [UserType] and
// [GroupType] are the resource types of the RFC, with extensions as data. For
// PATCH, [ApplyPatch] carries out operations for a backend that has to read a
// resource first, and [MemberDelta] is for one that can change single members
// without.
//
// # Profiles
//
// The core follows the RFCs. What clients do differently is put right by named
// repairs, and a [Profile] is a list of these: strict has none, compatible, the
// default, has all. The names of the repairs that a request needed go to the
// backend with it, for the log. [RepairCreateMissing], [RepairRemoveAbsent] and
// [RepairEstimatedTotals] are not among them: they permit a backend to do
// something, and only it finds out whether that was needed ([ApplyRepaired] says
// so for PATCH).
//
// # What is served
//
// Every resource type of the backend with GET, HEAD, POST, PUT, PATCH and DELETE;
// lists with filter, startIndex and count; attributes and excludedAttributes
// everywhere; /ServiceProviderConfig, /ResourceTypes and /Schemas. Sorting, Bulk,
// /Me, /.search, conditional requests and paging by cursor are not there yet, and
// ServiceProviderConfig says so. Decisions where the RFCs leave a choice: a count
// above the maximum is cut; a client that gives attributes and
// excludedAttributes gets status 400; absent attributes are cleared by a PUT;
// what is never returned cannot be filtered on.
//
// # Errors
//
// A backend's [*Error] is sent as it is, without its cause. Any other error is
// logged and answered with status 500, a fixed sentence and the request's id;
// a context that has ended with status 503. A panic of a backend is logged and
// answered with status 500.
//
// # Concurrency
//
// A handler is safe for concurrent use and starts no goroutines. Making one costs
// next to nothing.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in
// the changelog.
package scim

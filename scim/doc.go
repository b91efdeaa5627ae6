// Package scim is a SCIM 2.0 service provider (RFC 7643, RFC 7644): an
// http.Handler over a [Backend], which knows resources and nothing of HTTP.
//
// A [Handler] parses, checks and repairs requests and shows resources; a backend
// gets typed records, operations and filters and returns records. [UserType] and
// [GroupType] are the resource types of the RFC, with extensions as data;
// [NewResourceType] makes others, and [ParseSchema] and [ParseResourceTypes] read
// them from JSON. For PATCH, [ApplyPatch] carries out operations for a backend that
// has to read a resource first, and [MemberDelta] is for one that can change single
// members without.
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
// lists with filter, startIndex and count, and, where the backend's [Features] say
// so, sortBy, sortOrder and pages by cursor (RFC 9865); the same by POST on
// /.search of each type; queries over all types by GET on the base and POST on its
// /.search; attributes and excludedAttributes everywhere; versions in If-Match and
// If-None-Match; /Bulk; /Me; /ServiceProviderConfig, /ResourceTypes and /Schemas.
// ServiceProviderConfig announces what works.
//
// A reference to a resource whose type is known (a manager, a member with a type) is
// shown with its location; a $ref that a client sends beside the id is passed over.
// Values of other kinds that RFC 7643 describes in words (addresses, certificates,
// countries) are handed to the backend as they are sent.
//
// Decisions where the RFCs leave a choice: a count above the maximum is cut, by
// cursor as well; a client that gives attributes and excludedAttributes gets
// status 400; absent attributes are cleared by a PUT; what is never returned can
// neither be filtered on nor sorted by.
//
// A sortBy that the type does not have, or that has no order, is answered with
// status 400 and scimType invalidValue in every profile: a list in another order
// would be taken for the one asked for. A backend that does not sort makes the
// parameters unknown ones, which are ignored. A list of several types is sorted by
// the front, up to MaxCount resources, else the answer is 400 tooMany; an
// attribute that a type lacks has no value there, one that no type has is an
// error.
//
// Pages are by index unless there is a parameter cursor. A cursor is encrypted,
// expires, and is good for the query and the principal that it was issued for; the
// count and the attributes may change from page to page. With a cursor, startIndex
// may only be 1, and totalResults is left out where the backend does not know it
// exactly. Where the backend has no cursors an empty one is ignored, any other is
// answered with 400 invalidCursor, lest a client read the first page for ever.
//
// # Bulk requests
//
// Each operation of a bulk request (RFC 7644 section 3.7) goes the way of a single
// one: the same repairs, limits and errors, [Options].Refused included, and a
// context of which [BulkOperation] tells the number. What is wrong with an operation
// fails that one only.
//
// A reference to the resource of a POST (bulkId:qwerty) is replaced wherever it
// stands in data, at the end of a URL as well, and in the filters of PATCH paths,
// before that POST and behind it. One that no POST has is status 400 where a
// reference belongs; in other texts it is text. One to a POST that has failed is
// status 409. Resources that refer to each other in a circle are created one after
// the other, the first without what is not there yet, and completed by an update.
// Where that fails the operation is answered with 409, and the resource stays as
// its location shows it; where required attributes close the circle, none of it is
// created.
//
// Operations are carried out in the order of the request, except that one waits for
// the POSTs that it refers to. Up to [Options].BulkWorkers of them run at the same
// time, where that leads to the same result; resources that are created so may
// get their ids in another order. With failOnErrors they run one after the other.
//
// # Who asks
//
// [Options].Auth lets requests pass: [BearerToken] for one token, [BearerTokens] and
// [Basic] for a function of the program, [AnyOf] for several of these, [AuthFunc] for
// anything else, [NoAuth] where a middleware has done it. Either may say who asks by
// a [Principal], which a backend finds in its context; one that only reads is
// answered with status 403 for all but reads, whatever is asked for.
//
// # Names
//
// userName is prepared by PRECIS (RFC 8265), in bodies and in filters, so that
// full-width letters and decomposed accents make no second user. Preparation is no
// repair, it is there in every profile; a password is handed on as it was sent.
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
// A handler is safe for concurrent use. It starts no goroutines but those that carry
// out the operations of a bulk request, and that request waits for them. Making one
// costs next to nothing.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in
// the changelog.
package scim

// Package elimityscim joins usher and github.com/elimity-com/scim: it serves any
// [scim.Backend] as ResourceHandlers of that library, for programs that have a
// server of its kind already, and it takes that library's schema values in.
//
// What the library's server does not do is not there: authentication, limits on a
// request's size, bulk, search by POST, sorting, cursors, projection, ETag
// preconditions, absolute locations and the $ref of references, statuses such as
// 429 (it answers 500), and the leniency of a profile where the server refuses a
// request before a handler sees it. [scim.NewHandler] has none of these limits. A
// test sends the same requests to both and lists what is answered otherwise.
//
// Whoever authenticates before the server may say who asks by
// [scim.WithPrincipal]: the writes of a principal who only reads are refused.
//
// # Errors
//
// A backend's [*scim.Error] becomes a bare ScimError value, which is what the
// library recognises; everything else is logged and becomes its internal error,
// so that no text of it reaches a client.
//
// # Concurrency
//
// Handlers are safe for concurrent use. The attributes that they return are made
// anew for every request, because the library writes into them.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in
// the changelog.
package elimityscim

// Package elimityscim joins usher and github.com/elimity-com/scim: it serves any
// [scim.Backend] as ResourceHandlers of that library, for programs that have a
// server of its kind already, and it takes that library's schema values in.
//
// What the library's server does not do is not there: bulk, projection, ETag
// preconditions, statuses such as 429 (it answers 500), filters on id and meta,
// and the leniency of a profile where the server refuses a request before a
// handler sees it. [scim.NewHandler] has none of these limits.
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

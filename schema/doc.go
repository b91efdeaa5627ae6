// Package schema is the one attribute model that both sides of usher share: a
// SCIM resource and a record of a target application are the same kind of
// thing, a [Record] of a [Type], and differ only in the names and
// characteristics of their attributes.
//
// A [Value] keeps unset, null and empty apart (RFC 7643 section 2.5 makes them
// equal for a client, a target may not) and keeps 64-bit ids exact. A [Type] is
// immutable and numbers its attributes: authors of drivers speak of attributes
// by name ("primary_email"), the engine by [Slot]. [Edit] is one change to one
// attribute.
//
// The package also has the parsers of the SCIM filter and path grammar (RFC
// 7644 sections 3.4.2.2 and 3.5.2), bounded in length, depth and number of
// terms, and their binding to a type: a [Matcher] decides whether a record
// passes a filter, a [Selector] names the values that a path means.
//
// # Errors
//
// Parsing and binding return a [*SyntaxError], which says what was wrong, where
// it stands in the text, and of which [ErrorKind] it is, so that a protocol
// front can choose between invalidFilter, invalidPath and invalidValue.
//
// # Concurrency
//
// Types, values, parsed filters, matchers and selectors are immutable and safe
// for concurrent use. A record may be read by many goroutines, or changed by
// one.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in
// the changelog.
package schema

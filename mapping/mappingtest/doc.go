// Package mappingtest runs cases of mapping documents: files of the vector
// format (mapping-design section 8), and the tests that a document brings along.
// A case says what goes in (a SCIM resource, PATCH operations, a record, a
// filter) and what has to come out (a record, a difference, errors, a resource,
// queries, a trace); the package carries it out on the engine and compares.
//
// It does not use package testing, so that a command can run cases as well, and
// does not know the protocol: the SCIM schemas and the carrying out of a PATCH
// are given to it.
//
// # Errors
//
// A case that fails has an error in its [Result], with what was expected and
// what came. It never has an error for how a value looks inside: comparison is
// by JSON.
//
// # Concurrency
//
// All functions may be called from several goroutines at once.
package mappingtest

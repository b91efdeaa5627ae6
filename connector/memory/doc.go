// Package memory is a target that keeps its records in memory: the reference
// implementation of [connector.Driver], a SCIM store of full fidelity, and a
// target for examples and tests.
//
// Its objects are whatever types the caller gives, SCIM resource types included.
// It answers every filter, keeps groups as sets of members, serves the groups of
// a user from the other side of the same set, and sees every write at once.
// Nothing outlives the process.
//
// # Errors
//
// NotFound for an unknown id, AlreadyExists with Field for a unique value that
// is taken, Invalid with Field for a value that does not fit or a member that does
// not exist, Unsupported for actions other than Delete. [Driver.Fail] has any
// other error returned.
//
// # Concurrency
//
// A [Driver] is safe for concurrent use. Records that it returns are the
// caller's and never change by themselves.
package memory

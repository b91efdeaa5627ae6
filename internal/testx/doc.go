// Package testx has small helpers for usher's own tests.
//
// # Errors
//
// The helpers fail or skip the test they are given.
//
// # Concurrency
//
// [Clock] is safe for concurrent use.
package testx

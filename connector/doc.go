// Package connector is what lies between the engine and a target application:
// the [Driver] that an author writes, and the [Target] that the rest of usher
// holds, which adds to every driver what all of them need.
//
// # Errors
//
// Every error of a [Target] is an [*Error] with a [Code]; errors.Is(err,
// connector.NotFound) asks for one.
//
// # Concurrency
//
// Drivers and targets are safe for concurrent use.
package connector

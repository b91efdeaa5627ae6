// Package simulator holds what the simulators of applications have in common and
// what no vendor's rules decide: answers that are built whole before they are
// sent, scripts of faults, the journal of requests, records with a search index
// that lags, the HTML page, and the way from a vendor's host name to a loopback
// port. What a vendor accepts, refuses and answers stays with its simulator, and
// so do the exported types that users of a simulator see.
//
// The package uses the standard library only.
//
// # Errors
//
// [JSON] returns the error of the encoder, and the transport of [Client] fails
// for hosts that are not the simulator's. Nothing else fails.
//
// # Concurrency
//
// [Faults] is safe for concurrent use. [Journal] and [Store] are not: the
// simulator guards them with the lock under which calls take effect. Answers
// belong to the call that they answer; a [Page] is as safe as its functions.
package simulator

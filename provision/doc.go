// Package provision is one connection at work: a scim.Backend that joins a
// resource to a record of a target. It matches, applies the connection's
// policies, plans as few target calls as possible, settles what a lost answer
// left open, and says in events what it did.
//
//	target, err := freshservice.New("acme", freshservice.APIKey(key), nil)
//	backend, err := provision.New(target, freshservice.Mappings, nil)
//	handler, err := scim.NewHandler(backend, &scim.Options{…})
//
// The target is the source of truth. What SCIM needs and a target cannot hold
// (the tombstone of a DELETE, a userName that is no address, an externalId that
// cannot be searched, a reference to somebody who is not there yet) goes through
// a [State].
//
// # Errors
//
// Every error of a [Backend] is a *scim.Error; one table leads from the codes of
// package connector to status, scimType and Retry-After. A target's word on a
// field comes back under the name of the SCIM attribute behind it.
//
// # Concurrency
//
// A Backend is safe for concurrent use. Writes to one record, and creates with
// one login address, wait for each other through the [Locker].
package provision

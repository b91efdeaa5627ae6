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
// # Lists
//
// A list costs one call for each page of the target; what the target cannot filter
// or sort is read, up to [Options].ScanLimit records. By cursor (RFC 9865) a list of
// any length is read in constant memory, with any filter: a page has what was found
// among the records read for it, be it nothing.
//
// # Versions
//
// The version of a resource is a digest of what it shows, the same in every process
// and kept nowhere. Other records count by their ids, not by their names. A resource
// of which not all was read has none. A write with If-Match reads the resource
// under its lock, and writes nothing where the version is another one.
//
// # Errors
//
// Every error of a [Backend] is a *scim.Error; one table leads from the codes of
// package connector to status, scimType and Retry-After. A target's word on a
// field comes back under the name of the SCIM attribute behind it. Status 412 says
// that a resource is in another version than asked for, 400 tooMany that a list
// would take more reading than ScanLimit allows, 400 invalidCursor that a cursor is
// not one of the list as it is now.
//
// # Concurrency
//
// A Backend is safe for concurrent use. Writes to one record, and creates with
// one login address, wait for each other through the [Locker].
package provision

// Package importer turns the attribute mappings of other systems into documents
// of package mapping: the synchronization schema of Microsoft Entra ID ([Entra]),
// the custom attributes of an Okta application ([Okta]) and the request bodies of
// miniOrange ([MiniOrange]).
//
// An import never drops anything silently: [Result.Lines] has a line for every
// attribute, condition and option of the source, which says what became of it.
// What has a counterpart here is carried over; what means something slightly
// different is carried over with a note; what has none is left out, with the
// reason. A result with something left out is still a document that parses, and a
// start to go on from.
//
// # From which side an expression is seen
//
// The expressions of an identity provider read its directory, those of a mapping
// document read the SCIM resource that arrives. An importer translates a source
// attribute into the SCIM attribute in which the provider sends it by default
// ([Options.Attributes] adds others): [givenName] is name.givenName. An imported
// mapping therefore takes the place of the provider's: there, the attributes are
// mapped directly from then on.
//
// # Errors
//
// An error means that the input is not of the kind that the function reads.
//
// # Concurrency
//
// The functions may be called from any goroutine; they share nothing.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in the
// changelog.
package importer

// Package contract is the place of tests that need tools too heavy for an
// importer of the library: validation against OpenAPI documents, scripted command
// lines. It is a module of its own, so that none of them shows in the root
// module's graph. There is none yet; the first one adds
//
//	require github.com/usher-scim/usher v0.0.0
//
//	replace github.com/usher-scim/usher => ../../
//
// to its go.mod.
package contract

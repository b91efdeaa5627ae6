// Package contract is the place of tests that need tools too heavy for an
// importer of the library: validation against OpenAPI documents, scripted command
// lines. It is a module of its own, so that none of them shows in the root
// module's graph. It has no code but tests: zendesk_test.go holds the Zendesk
// simulator against the vendor's OpenAPI document.
package contract

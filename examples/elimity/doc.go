// Command elimity serves SCIM for a Freshservice account from a server of
// github.com/elimity-com/scim, for programs that have one already: main.go is all of
// it. The package documentation of scim/elimityscim says what that server lacks;
// examples/embed is the same program without it.
//
//	FRESHSERVICE_API_KEY=… SCIM_TOKEN=… go run ./examples/elimity
package main

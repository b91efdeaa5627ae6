// Command embed serves SCIM for a Freshservice account from a program's own
// http.ServeMux: main.go is all of it.
//
//	FRESHSERVICE_API_KEY=… SCIM_TOKEN=… go run ./examples/embed
package main

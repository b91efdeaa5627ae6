// Command customconnector serves SCIM for an in-house directory of users, a CSV
// file: what a connector of your own looks like from its driver to the endpoint.
// docs/connector-authors.md builds it step by step.
//
//	go run ./examples/customconnector users.csv
//
// directory.go is the driver, mapping/user.yaml the mapping of SCIM attributes,
// main.go the server. roster.go is the application behind the driver.
package main

// Package scim is a SCIM 2.0 service provider (RFC 7643, RFC 7644): an
// http.Handler over a [Backend].
//
// # Errors
//
// A backend's [*Error] is sent as it is; any other error is logged and answered
// with status 500 and a fixed sentence.
//
// # Concurrency
//
// A handler is safe for concurrent use.
package scim

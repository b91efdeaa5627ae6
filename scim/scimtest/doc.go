// Package scimtest tests a SCIM 2.0 service provider (RFC 7643, RFC 7644) from
// the outside. It has two parts.
//
// A runner plays conversation vectors: JSON files, each a scripted
// conversation between an identity provider's client and a service provider.
// [Load] and [LoadDir] read them strictly, [Run] and [RunT] send the requests
// in order to a [Target] and check every answer. A target is any http.Handler
// in this process ([Handler]) or any server ([URL]). Paths are sent byte for
// byte, and both kinds of target build their requests with the same code.
//
// A [Client] makes single requests and returns status, headers and body; it is
// meant for tests and examples and hides nothing of the protocol.
//
// [Matcher] is the expectation language of the vectors on its own, for tests
// that want to compare other JSON documents (such as an application's native
// records) by the same rules.
//
// The package depends on the standard library only and does not need package
// testing: [RunT] takes a small interface.
//
// # Rules that the format leaves open
//
//   - Variables used in a step are those captured in earlier steps: a capture
//     takes effect when its step has passed. A use that no earlier step can
//     have set is found when the file is loaded.
//   - If several pairings of matchers and array elements are possible, the
//     first one in the order of the matchers and then of the elements is taken,
//     so captures do not depend on chance.
//   - If one step captures a name twice, the later one in the file counts.
//   - An empty answer is a body that is "not there": $missing, $absent and
//     $optional match it.
//   - Several header fields of one name are joined with a comma and a space.
//   - A request's bodyText is sent as it is, without filling in variables.
//   - A run stops at the first step that fails.
//
// # Errors
//
// [*FileError] is a mistake in a conversation file: it names the file, the
// place as a JSON pointer (RFC 6901) and the mistake. [*FailedError] is a
// conversation that ran and failed; its text has the request, the status, each
// unmet expectation with its JSON pointer, and the first part of both bodies.
// It is meant to be read in test output, so it shows what the server answered;
// the target's token is replaced by {{token}}. Errors of the network are
// reported as failures of their step and can be reached with errors.Is.
//
// # Concurrency
//
// A Conversation, a Matcher, a Target and a Client may be used by several
// goroutines at once as long as nobody changes them. The package starts no
// goroutines and keeps no state between runs.
//
// # Stability
//
// Before version 1 of the module names may change in minor versions; the file
// format is fixed.
package scimtest

// Package oauth2 is what drivers have in common that get access tokens from an OAuth 2.0 token endpoint
// (RFC 6749): a [Source] that renews tokens before they expire, one renewal at a time, an [Endpoint] that asks for
// them, and the address of a request for consent with the proof of RFC 7636.
//
// # Refresh tokens
//
// A target that rotates refresh tokens takes each one once, and the answer that brings the next one is all there
// is. So a refresh is not cut short when the caller who waits for it goes away, and its token is saved before it
// is used; one that could not be saved is kept and saved at the next occasion. Processes that share a store look
// there before they refresh, and once more after a refusal: another may have been faster.
//
// # Errors
//
// What the endpoint refuses is an [*Error] with a code of package connector and a reason fit for administrators.
// What else goes wrong with the call is an [*httpx.Error].
//
// # Concurrency
//
// [Source] and [Endpoint] are safe for concurrent use. There are no goroutines: who needs a token renews it.
//
// # Stability
//
// Internal to usher.
package oauth2

// Package connector is what lies between the engine and a target application:
// the [Driver] that an author writes, and the [Target] that the rest of usher
// holds, which adds to every driver what all of them need.
//
// A driver says with Describe which objects its target has, which fields they
// have, and what can be done with them; the other five methods may then rely on
// being asked for nothing else. Optional abilities are interfaces of their own
// ([Members], [Checker], [Omitter], [Changes]). Drivers of JSON APIs find the way between
// native objects and records in [DecodeRecord], [RecordBody] and [ChangeBody],
// and that between filters and search languages in [EqOn], [Leaves] and
// [Render]. A [Registry] opens targets by name from [Settings].
// Drivers whose credential changes with use keep it in a [TokenStore], such as
// those of a [TokenDirectory].
//
// # Errors
//
// Every error of a [Target] is an [*Error] with a [Code], the operation and the
// object; errors.Is(err, connector.NotFound) asks for a code. What is wrong with
// settings is a [*SettingError].
//
// # Concurrency
//
// Drivers, targets and registries are safe for concurrent use. A target lets one
// write of a record through at a time.
//
// # Stability
//
// Driver does not get further methods; new abilities are new interfaces.
package connector

// Package expr is the expression language of mapping documents: parsed once,
// checked against the schemas, compiled to closures, evaluated many times. It
// also has the steps of a rule's pipe with their inverses, the value maps, and
// the reading of a SCIM path out of a record.
//
//	lower(name.givenName) + "." + lower(name.familyName) + "@example.com"
//	coalesce(displayName, join(" ", name.givenName, name.familyName))
//	emails[type eq "work"].value | lower
//	active && ent:department != "Sales" ? "full" : "none"
//
// The language has no loops, no recursion, no input or output and no clock of
// its own, so every expression ends; its cost is bounded when it is compiled
// (E_COST) and counted while it runs (E_LIMIT).
//
// Absent attributes, null, empty lists and (see [Env]) empty strings are all
// unset. An unset operand makes a function or + unset; the exceptions are
// coalesce, default, join, isPresent, isUnset, switch, ==, !=, &&, || and !.
//
// # Errors
//
// All errors are [*Error] with a stable [Code]. Those of [Parse], [ParseStep] and
// [Compile] have the position in the text, and the nearest name as suggestion
// where a name is unknown. Those of [Program.Eval] and [Step.Forward] keep the
// value at fault apart from the message: [Error.Error] never shows it.
//
// # Concurrency
//
// An [Expr], a [Program], a [Step], a [Reader] and a [ValueMap] are immutable
// and safe for concurrent use. A [Scope] belongs to one goroutine at a time.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in
// the changelog.
package expr

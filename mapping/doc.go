// Package mapping converts between SCIM resources and the records of a target
// application, in both directions, from one declarative document in YAML or
// JSON. It does no input or output of its own.
//
// A document is parsed ([Parse], [ParseFS]) and compiled against the type of the
// resources and the type of the target's records ([Compile]); all problems are
// reported at once, each with its place and, where a name is unknown, the
// nearest one. The resulting [Plan] is immutable. A document may extend another
// rule by rule ([Resolve]), and a [Routes] chooses among several for one resource
// type. [Document.WithCustom] adds rules for fields that were discovered.
//
// A write has three phases, so that the plan stays free of calls: [Plan.Needs]
// says which references have to be looked up, the caller does that and fills a
// [Resolved], and [Plan.ToTarget] gives the minimal edits. A read is
// [Plan.ReadNeeds] and [Plan.ToSCIM]. [Plan.Filter] translates a SCIM filter into
// one for the target and a rest, [Plan.Matches] gives the queries by which an
// existing record is found, [Plan.Explain] says why each field gets what it gets.
//
// What is unset: an attribute that is absent, null, an empty list, an object
// without members and, unless the document says emptyString: value, "". A
// boolean false and the number 0 are values.
//
// # Errors
//
// Problems of a document are [Diagnostics]. [Plan.ToTarget] and [Plan.Matches]
// return [*Errors]: one per rule at most, in the order of the rules; when there
// is one, nothing may be written. Values of secret rules are masked in both, and
// in a [Trace].
//
// # Limits
//
// Whatever the document and the resource, a write ends: an expression that could
// take more than 100,000 steps does not compile (E_COST), and one that takes more
// fails, as do all rules together past [Options.MaxTotalSteps] (E_LIMIT). A step
// is an operation on a value or on 16 bytes of text. Texts that expressions make
// are bounded by 4 KiB, lists by 1000 elements; what rules copy as it is has no
// bound but the caller's. What a document may have is bounded as well: its size
// ([MaxDocumentSize] and the like), its rules, the steps of a pipe, the
// instructions of a pattern.
//
// # Concurrency
//
// A [Document], a [Plan], a [Routes] and a [Lookup] are immutable and safe for
// concurrent use. A [Result] and a [Resolved] belong to one goroutine at a time;
// a Resolved may be read by many once it is filled.
//
// # Stability
//
// Before v1 the package may change in a minor version; the change is listed in
// the changelog.
package mapping

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
// # Functions
//
// Lengths and positions count code points, from 1; texts compare with case. A
// function is applied to each element of a list unless it takes lists.
//
//	toInt(v) toString(v) toBool(v) boolString(b) not(b)
//	    canonical decimals; true/false, yes/no in any case, 1/0
//	prefix(s, p) suffix(s, p) base64(s) base64utf16(s) utf8hex(s)
//	    texts are UTF-8, but for base64utf16 (Entra's ConvertToBase64)
//	dateFormat(s, from, to)
//	    formats of yyyy MM dd HH mm ss; other letters than T and Z are refused
//	lower(s) upper(s) pcase(s) trim(s) stripSpaces(s) digits(s)
//	    pcase: "o'neil" is "O'Neil"; digits are 0-9, spaces those of Unicode
//	normalizeDiacritics(s)
//	    ø is oe, æ ae, œ oe, ß ss; other letters lose their marks
//	replace(s, old, new) replaceRegex(s, re, new) extract(s, re[, group])
//	    patterns are RE2 and literal; new may name groups ($1); extract gives the
//	    first group, or the match where there is none
//	left(s, n) right(s, n) truncate(s, n) mid(s, i, n) word(s, n[, separators])
//	before(s, sep) after(s, sep)
//	    before without the separator is all of s, after nothing; several
//	    separators in a row count once; a negative n is all of s
//	len(s) instr(s, x) contains(s, x) startsWith(s, x) endsWith(s, x)
//	matches(s, re) isEmail(v) isString(v)
//	    instr is 0 for no place; the whole of s has to match
//	first(l) item(l, n) count(l) wrap(v) dedupe(l) sort(l) joinList(l, sep)
//	    take lists; a single value is a list of itself
//	split(s, sep)
//	    trims the parts and drops empty ones
//	join(sep, …) coalesce(…) default(v, w) isPresent(v) isUnset(v)
//	switch(v, k1, r1, …[, else])
//	    take unset values; join leaves them out
//	dateAdd(d, interval, n) dateDiff(interval, a, b)
//	    intervals are yyyy m d ww h n s; dateDiff counts whole ones
//	bitAnd(n, m) dateFromNum(n) numFromDate(d)
//	    numbers of dates count 100 ns from the year 1601
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

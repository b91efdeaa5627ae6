// Package archtest holds tests of the repository as a whole: which package may
// import which, how many modules an importer sees, what source files must not
// contain, and whether the documents still say what the code does. It exports
// nothing and no package imports it.
//
// Each check is a function over plain data that returns the breaches it finds, and
// has a test on data that break the rule: a check that cannot fail guards nothing.
package archtest

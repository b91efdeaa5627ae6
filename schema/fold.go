package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns the form in which texts are compared that are not case-exact: two
// texts have the same one if and only if [strings.EqualFold] holds for them.
func Fold(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(foldRune, s)
		}
	}
	return strings.ToLower(s)
}

// foldRune returns one and the same of the runes that differ in case only.
// strings.ToLower would take the Kelvin sign for a k, as it has to be, but leave
// the long s alone, and it would take the dotted capital I for an i.
func foldRune(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if 'A' <= least && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

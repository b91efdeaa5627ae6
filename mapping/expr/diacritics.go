package expr

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// normalizeDiacritics writes ø as oe, æ as ae, œ as oe and ß as ss (capitals
// likewise), and takes the marks from all other letters.
func normalizeDiacritics(v, _, _ schema.Value) (schema.Value, *Error) {
	s := v.Text()
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] < utf8.RuneSelf
	}
	if plain {
		return v, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch r {
		case 'ø':
			b.WriteString("oe")
		case 'Ø':
			b.WriteString("OE")
		case 'æ':
			b.WriteString("ae")
		case 'Æ':
			b.WriteString("AE")
		case 'œ':
			b.WriteString("oe")
		case 'Œ':
			b.WriteString("OE")
		case 'ß':
			b.WriteString("ss")
		case 'ẞ':
			b.WriteString("SS")
		default:
			if !unicode.Is(unicode.Mn, r) {
				b.WriteRune(unmarked(r))
			}
		}
	}
	return text(b.String())
}

// unmarked returns the letter of r without its marks.
func unmarked(r rune) rune {
	if r < utf8.RuneSelf || r > 0xffff {
		return r
	}
	c := uint16(r)
	i := sort.Search(len(marked), func(i int) bool { return marked[i][0] >= c })
	if i < len(marked) && marked[i][0] == c {
		return rune(marked[i][1])
	}
	return r
}

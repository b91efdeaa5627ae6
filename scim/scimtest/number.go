package scimtest

import (
	"math/big"
	"strings"
)

// sameNumber compares two JSON numbers by value. It never goes through a
// float, so 9007199254740993 and 9007199254740992 differ, and it never writes
// out an exponent, so 1e999999999 costs nothing.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, y := canonicalNumber(a), canonicalNumber(b)
	return x.negative == y.negative && x.digits == y.digits && x.exponent.Cmp(y.exponent) == 0
}

// decimal is digits × 10^exponent; digits neither begin nor end with a zero, and
// are empty for zero.
type decimal struct {
	negative bool
	digits   string
	exponent *big.Int
}

func canonicalNumber(s string) decimal {
	s, negative := strings.CutPrefix(s, "-")
	exponent := new(big.Int)
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if _, ok := exponent.SetString(strings.TrimPrefix(s[i+1:], "+"), 10); !ok {
			exponent.SetInt64(0) // not a JSON number; callers pass only parsed ones
		}
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	exponent.Sub(exponent, big.NewInt(int64(len(fraction))))
	digits := strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return decimal{exponent: new(big.Int)}
	}
	exponent.Add(exponent, big.NewInt(int64(len(digits)-len(short))))
	return decimal{negative, short, exponent}
}

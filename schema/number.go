package schema

import (
	"cmp"
	"strings"
)

// decimal is a number as 0.digits times ten to the power of exp. The digits have
// no zero at either end; there are none for zero. Equal numbers have equal
// decimals, however they are written.
type decimal struct {
	negative bool
	digits   string
	exp      int
}

// decimalOf takes the text of a number apart, see isNumber.
func decimalOf(text string) decimal {
	var d decimal
	text, d.negative = strings.CutPrefix(text, "-")
	mantissa := text
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		sign, n := 1, 0
		for _, c := range text[i+1:] {
			switch c {
			case '-':
				sign = -1
			case '+':
			default:
				n = 10*n + int(c-'0')
			}
		}
		d.exp = sign * n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.exp += len(whole)
	d.digits = whole
	if fraction != "" {
		d.digits += fraction
	}
	n := len(d.digits)
	d.digits = strings.TrimLeft(d.digits, "0")
	d.exp -= n - len(d.digits)
	if d.digits = strings.TrimRight(d.digits, "0"); d.digits == "" {
		return decimal{}
	}
	return d
}

// compare returns the order of two numbers, exactly.
func (d decimal) compare(e decimal) int {
	switch {
	case d.sign() != e.sign():
		return cmp.Compare(d.sign(), e.sign())
	case d.negative:
		d, e = e, d
	}
	if d.exp != e.exp {
		return cmp.Compare(d.exp, e.exp)
	}
	return strings.Compare(d.digits, e.digits)
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}

func compareNumbers(v, w Value) int {
	if v.Kind() == KindInteger && w.Kind() == KindInteger {
		return cmp.Compare(v.number(), w.number())
	}
	return decimalOf(v.Text()).compare(decimalOf(w.Text()))
}

// isPlainInteger holds for the JSON form of an integer: no sign but a minus, no
// leading zero. "-0" stays a decimal, since an int64 would lose its sign.
func isPlainInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && digits[0] != '+' && (digits[0] != '0' || s == "0")
}

// maxNumberText bounds the exponent work that comparing two numbers can cause.
const maxNumberText = 64

func isNumber(s string) bool {
	if len(s) > maxNumberText {
		return false
	}
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == start || (i-start > 1 && s[start] == '0') {
		return false
	}
	if i < len(s) && s[i] == '.' {
		start = i + 1
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
		if i == start {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		start = i
		for ; i < len(s) && isDigit(s[i]); i++ {
		}
		// Three digits are more than a float64 can use; more would let
		// "1e999999999" cost memory when it is compared.
		if i == start || i-start > 3 {
			return false
		}
	}
	return i == len(s)
}

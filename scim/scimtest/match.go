package scimtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// value is an actual value; there is false for a member that does not exist,
// which is not the same as null.
type value struct {
	v     any
	there bool
}

// report collects what a match found. A nil report asks for the answer only.
type report struct {
	place    string
	failures []Failure
	captures []capture
}

type capture struct{ name, value string }

func (r *report) fail(at, expected, actual, detail string) bool {
	if r != nil {
		r.failures = append(r.failures, Failure{
			Place: r.place, Pointer: at, Expected: expected, Actual: actual, Detail: detail,
		})
	}
	return false
}

// check fails with the usual words unless ok.
func (r *report) check(ok bool, n *node, v value, at string) bool {
	if !ok && r != nil {
		r.fail(at, n.String(), v.String(), "")
	}
	return ok
}

// String shows an actual value in a message.
func (v value) String() string {
	if !v.there {
		return "nothing"
	}
	return string(encodeJSON(v.v))
}

// child extends a pointer, unless nobody will read it.
func (r *report) child(at, token string) string {
	if r == nil {
		return ""
	}
	return at + "/" + escapePointer(token)
}

// eval matches v, found at the pointer at, against a bound matcher.
func (n *node) eval(v value, at string, r *report) bool {
	text, isString := v.v.(string)
	list, isArray := v.v.([]any)
	switch n.kind {
	case kindAny:
		return r.check(v.there && v.v != nil && (!isString || text != "") && (!isArray || len(list) > 0), n, v, at)
	case kindMissing:
		return r.check(!v.there, n, v, at)
	case kindAbsent:
		return r.check(v.v == nil || isArray && len(list) == 0, n, v, at)
	case kindString:
		return r.check(isString, n, v, at)
	case kindNumber:
		_, ok := v.v.(json.Number)
		return r.check(ok, n, v, at)
	case kindBoolean:
		_, ok := v.v.(bool)
		return r.check(ok, n, v, at)
	case kindArray:
		return r.check(isArray, n, v, at)
	case kindObject:
		_, ok := v.v.(map[string]any)
		return r.check(ok, n, v, at)
	case kindDateTime:
		return r.check(isString && beginsWithDateTime(text), n, v, at)
	case kindCapture:
		if ok := r.check(isString && text != "", n, v, at); !ok {
			return false
		}
		if r != nil {
			r.captures = append(r.captures, capture{n.text, text})
		}
		return true
	case kindCI:
		return r.check(isString && strings.EqualFold(text, n.text), n, v, at)
	case kindPrefix:
		return r.check(isString && hasPrefixFold(text, n.text), n, v, at)
	case kindContains:
		return r.check(isString && strings.Contains(text, n.text), n, v, at)
	case kindAll:
		ok := true
		for _, kid := range n.kids {
			ok = kid.eval(v, at, r) && ok
		}
		return ok
	case kindOptional:
		return v.v == nil || n.kids[0].eval(v, at, r)
	case kindMembers:
		return n.evalMembers(v, at, r)
	case kindLen, kindNone, kindCount, kindExact, kindPairs:
		if !r.check(isArray, n, v, at) {
			return false
		}
		return n.evalArray(list, at, r)
	default:
		return r.check(v.there && sameLiteral(n.value, v.v), n, v, at)
	}
}

func sameLiteral(want, got any) bool {
	switch want := want.(type) {
	case nil:
		return got == nil
	case json.Number:
		number, ok := got.(json.Number)
		return ok && sameNumber(want.String(), number.String())
	case string:
		text, ok := got.(string)
		return ok && text == want
	case bool:
		truth, ok := got.(bool)
		return ok && truth == want
	}
	return false
}

func (n *node) evalMembers(v value, at string, r *report) bool {
	members, ok := v.v.(map[string]any)
	if !r.check(ok, n, v, at) {
		return false
	}
	for i, kid := range n.kids {
		name := n.names[i]
		got, there := members[name]
		before := 0
		if r != nil {
			before = len(r.failures)
		}
		if kid.eval(value{got, there}, r.child(at, name), r) {
			continue
		}
		if r == nil {
			return false
		}
		ok = false
		if other := otherSpelling(members, name); !there && other != "" && len(r.failures) > before {
			r.failures[before].Detail = fmt.Sprintf("there is a member %s, but names are compared exactly", quoteJSON(other))
		}
	}
	return ok
}

// otherSpelling returns the member whose name differs from name in case only,
// the first in sorted order.
func otherSpelling(members map[string]any, name string) string {
	found := ""
	for other := range members {
		if strings.EqualFold(other, name) && (found == "" || other < found) {
			found = other
		}
	}
	return found
}

// evalArray matches the operators that look at an array.
func (n *node) evalArray(list []any, at string, r *report) bool {
	switch n.kind {
	case kindLen:
		return len(list) == n.n || r.fail(at, n.String(), countOf(len(list), "element"), "")
	case kindNone, kindCount:
		var hits []string
		for i, e := range list {
			if n.kids[0].eval(value{e, true}, "", nil) {
				hits = append(hits, r.child(at, strconv.Itoa(i)))
			}
		}
		if len(hits) == n.n { // n is 0 for $none
			return true
		}
		actual := countOf(len(hits), "matching element") + " of " + strconv.Itoa(len(list))
		detail := ""
		if len(hits) > 0 {
			detail = "matching: " + strings.Join(hits, ", ")
		}
		return r.fail(at, n.String(), actual, detail)
	}
	if r == nil && len(n.kids) > len(list) {
		return false
	}
	p := newPairing(len(n.kids), len(list), func(i, j int) bool {
		return n.kids[i].eval(value{list[j], true}, "", nil)
	})
	ok := true
	if n.kind == kindExact && len(n.kids) != len(list) {
		ok = r.fail(at, fmt.Sprintf("exactly %s", countOf(len(n.kids), "element")),
			countOf(len(list), "element"), n.leftOver(p, list, at, r))
	}
	for _, i := range p.unpairedRows() {
		ok = false
		if r != nil {
			n.failUnpaired(i, p, list, at, r)
		}
	}
	if r != nil && ok {
		for i, j := range p.element {
			n.kids[i].eval(value{list[j], true}, r.child(at, strconv.Itoa(j)), r)
		}
	}
	return ok
}

// leftOver names the elements that no matcher was paired with.
func (n *node) leftOver(p *pairing, list []any, at string, r *report) string {
	columns := p.unpairedColumns()
	if r == nil || len(columns) == 0 {
		return ""
	}
	const most = 5
	var words []string
	for _, j := range columns[:min(len(columns), most)] {
		words = append(words, r.child(at, strconv.Itoa(j))+" "+shorten(string(encodeJSON(list[j])), 120))
	}
	if len(columns) > most {
		words = append(words, "and "+strconv.Itoa(len(columns)-most)+" more")
	}
	return "not asked for: " + strings.Join(words, ", ")
}

// failUnpaired explains why the matcher i found no element.
func (n *node) failUnpaired(i int, p *pairing, list []any, at string, r *report) {
	kid := n.kids[i]
	var taken []string
	for j, edge := range p.edges[i] {
		if edge {
			taken = append(taken, r.child(at, strconv.Itoa(j)))
		}
	}
	expected := "an element " + kid.String()
	if len(taken) > 0 {
		r.fail(at, expected, "none that is free",
			"other matchers need the elements that match: "+strings.Join(taken, ", "))
		return
	}
	if len(list) == 0 {
		r.fail(at, expected, "an empty array", "")
		return
	}
	// The element with the fewest failures is the one that was probably meant;
	// one that another matcher did not take is the better guess.
	const most = 200
	var nearest *report
	for _, free := range []bool{true, false} {
		for j, e := range list[:min(len(list), most)] {
			if (p.matcher[j] < 0) != free {
				continue
			}
			attempt := &report{place: r.place}
			kid.eval(value{e, true}, r.child(at, strconv.Itoa(j)), attempt)
			if nearest == nil || len(attempt.failures) < len(nearest.failures) {
				nearest = attempt
			}
		}
	}
	r.fail(at, expected, "none among "+countOf(len(list), "element"), "nearest: "+nearest.summary())
}

// summary joins the first failures in one line.
func (r *report) summary() string {
	const most = 3
	var words []string
	for _, f := range r.failures[:min(len(r.failures), most)] {
		words = append(words, f.String())
	}
	if len(r.failures) > most {
		words = append(words, "and "+strconv.Itoa(len(r.failures)-most)+" more")
	}
	return strings.Join(words, "; ")
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// beginsWithDateTime looks at the form YYYY-MM-DDThh:mm:ss only.
func beginsWithDateTime(s string) bool {
	const form = "dddd-dd-ddTdd:dd:dd"
	if len(s) < len(form) {
		return false
	}
	for i := range len(form) {
		if form[i] == 'd' {
			if s[i] < '0' || s[i] > '9' {
				return false
			}
		} else if s[i] != form[i] {
			return false
		}
	}
	return true
}

// hasPrefixFold compares rune by rune, because letters of different case can
// have different lengths in UTF-8.
func hasPrefixFold(s, prefix string) bool {
	rest := []rune(s)
	want := []rune(prefix)
	return len(rest) >= len(want) && strings.EqualFold(string(rest[:len(want)]), string(want))
}

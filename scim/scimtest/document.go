package scimtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Matcher is an expectation in the language of the conversation files, for use
// on any JSON document. Make one with [ParseMatcher]. It is safe for concurrent
// use.
type Matcher struct {
	root *node
}

// ParseMatcher reads a matcher. An unknown operator, an operator with a wrong
// argument, a member given twice and text that is not JSON are errors
// (*FileError, its Pointer is the place in the matcher).
func ParseMatcher(matcher []byte) (*Matcher, error) {
	tree, problem := parseTree(matcher, "")
	if problem != nil {
		return nil, problem
	}
	root, problem := compileMatcher(tree, "")
	if problem != nil {
		return nil, problem
	}
	return &Matcher{root}, nil
}

// String returns the matcher as compact JSON, in the order it was written in.
func (m *Matcher) String() string { return m.root.String() }

// Match compares a JSON document with the matcher, variables filled in from
// vars. A document without any text is one that is not there.
//
// Captures holds what was captured if there are no failures. A variable that is
// not in vars is an error (*FileError); so is a document that is not JSON.
// Neither document nor vars are kept or changed.
func (m *Matcher) Match(document []byte, vars map[string]string) (captures map[string]string, failures []Failure, err error) {
	bound, problem := m.root.bind(vars)
	if problem != nil {
		return nil, nil, problem
	}
	actual, err := parseActual(document)
	if err != nil {
		return nil, nil, err
	}
	r := &report{place: "document"}
	if !bound.eval(actual, "", r) {
		return nil, r.failures, nil
	}
	captures = make(map[string]string, len(r.captures))
	for _, c := range r.captures {
		captures[c.name] = c.value
	}
	return captures, nil, nil
}

// parseActual reads one JSON value, numbers as written.
func parseActual(data []byte) (value, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return value{}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return value{}, errors.New("not JSON: " + syntaxProblem(data, err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return value{}, errors.New("not JSON: more text after the first value")
	}
	return value{v, true}, nil
}

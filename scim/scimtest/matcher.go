package scimtest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// kind is what one node of a matcher does.
type kind int

const (
	kindAny kind = iota
	kindMissing
	kindAbsent
	kindString
	kindNumber
	kindBoolean
	kindArray
	kindObject
	kindDateTime
	kindCapture
	kindCI
	kindPrefix
	kindContains
	kindExact
	kindLen
	kindNone
	kindCount
	kindAll
	kindOptional
	kindMembers // rule 3: an object with the listed members
	kindPairs   // rule 4: an array with the listed elements
	kindLiteral // rule 5: everything else
)

// operators returns the string operators without text.
func operators() map[string]kind {
	return map[string]kind{
		"any": kindAny, "missing": kindMissing, "absent": kindAbsent, "string": kindString,
		"number": kindNumber, "boolean": kindBoolean, "array": kindArray, "object": kindObject,
		"datetime": kindDateTime,
	}
}

// textOperators returns the string operators with a text after a colon.
func textOperators() map[string]kind {
	return map[string]kind{
		"capture": kindCapture, "ci": kindCI, "prefix": kindPrefix, "contains": kindContains,
	}
}

// node is one matcher. Before bind its texts and names may hold variables.
type node struct {
	kind  kind
	at    string   // JSON pointer in the file
	text  string   // operator text, or name of the variable to capture
	n     int      // kindLen, kindCount
	names []string // kindMembers: the member names of kids
	kids  []*node
	value any // kindLiteral: string, json.Number, bool or nil
}

// compileMatcher reads a matcher from a tree by the first rule that fits.
func compileMatcher(v any, at string) (*node, *FileError) {
	switch v := v.(type) {
	case string:
		if strings.HasPrefix(v, "$") {
			return compileOperator(v, at)
		}
	case object:
		if len(v) == 1 && strings.HasPrefix(v[0].name, "$") {
			return compileObjectOperator(v[0], at)
		}
		n := &node{kind: kindMembers, at: at}
		for _, m := range v {
			kid, err := compileMatcher(m.value, at+"/"+escapePointer(m.name))
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, m.name)
			n.kids = append(n.kids, kid)
		}
		return n, nil
	case []any:
		kids, err := compileList(v, at)
		return &node{kind: kindPairs, at: at, kids: kids}, err
	}
	return &node{kind: kindLiteral, at: at, value: v}, nil
}

func compileList(list []any, at string) ([]*node, *FileError) {
	kids := make([]*node, len(list))
	for i, e := range list {
		kid, err := compileMatcher(e, at+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		kids[i] = kid
	}
	return kids, nil
}

func compileOperator(s, at string) (*node, *FileError) {
	name, text, hasText := strings.Cut(s[1:], ":")
	if k, ok := operators()[name]; ok && !hasText {
		return &node{kind: k, at: at}, nil
	}
	k, ok := textOperators()[name]
	if !ok || !hasText {
		return nil, &FileError{Pointer: at, Problem: "unknown operator " + quoteJSON(s)}
	}
	if k == kindCapture {
		if !isVariableName(text) {
			return nil, &FileError{Pointer: at, Problem: "$capture needs a name of A-Z a-z 0-9 _, not " + quoteJSON(text)}
		}
		if text == varBaseURL || text == varToken {
			return nil, &FileError{Pointer: at, Problem: "{{" + text + "}} is set by the runner and cannot be captured"}
		}
	}
	return &node{kind: k, at: at, text: text}, nil
}

func compileObjectOperator(m member, at string) (*node, *FileError) {
	place := at + "/" + escapePointer(m.name)
	wrong := func(problem string) (*node, *FileError) {
		return nil, &FileError{Pointer: place, Problem: problem}
	}
	one := func(k kind, n int, v any, at string) (*node, *FileError) {
		kid, err := compileMatcher(v, at)
		return &node{kind: k, at: place, n: n, kids: []*node{kid}}, err
	}
	list, isList := m.value.([]any)
	switch m.name {
	case "$exact", "$all":
		if !isList {
			return wrong(m.name + " needs an array of matchers")
		}
		k := kindExact
		if m.name == "$all" {
			k = kindAll
		}
		kids, err := compileList(list, place)
		return &node{kind: k, at: place, kids: kids}, err
	case "$len":
		n, ok := wholeNumber(m.value)
		if !ok {
			return wrong("$len needs a whole number, 0 or more")
		}
		return &node{kind: kindLen, at: place, n: n}, nil
	case "$none":
		return one(kindNone, 0, m.value, place)
	case "$optional":
		return one(kindOptional, 0, m.value, place)
	case "$count":
		if len(list) == 2 {
			if n, ok := wholeNumber(list[1]); ok {
				return one(kindCount, n, list[0], place+"/0")
			}
		}
		return wrong("$count needs [matcher, number], the number whole and 0 or more")
	}
	return wrong("unknown operator " + quoteJSON(m.name))
}

func wholeNumber(v any) (int, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(number.String())
	return n, err == nil && n >= 0
}

// bind returns a copy of the matcher with variables filled in. What a variable
// holds is never read as an operator.
func (n *node) bind(vars map[string]string) (*node, *FileError) {
	out := *n
	var err *FileError
	if out.text, err = fillString(n.text, vars, n.at); err != nil {
		return nil, err
	}
	if s, ok := n.value.(string); ok {
		if out.value, err = fillString(s, vars, n.at); err != nil {
			return nil, err
		}
	}
	if n.names != nil {
		out.names = make([]string, len(n.names))
		seen := make(map[string]bool, len(n.names))
		for i, name := range n.names {
			if out.names[i], err = fillString(name, vars, n.at); err != nil {
				return nil, err
			}
			if seen[out.names[i]] {
				return nil, &FileError{Pointer: n.at, Problem: "member " + quoteJSON(out.names[i]) + " given twice once variables are filled in"}
			}
			seen[out.names[i]] = true
		}
	}
	out.kids = make([]*node, len(n.kids))
	for i, kid := range n.kids {
		if out.kids[i], err = kid.bind(vars); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// variables calls use for each variable that the matcher needs.
func (n *node) variables(use func(name, at string)) {
	each := func(s string) { variablesIn(s, func(name string) { use(name, n.at) }) }
	each(n.text)
	if s, ok := n.value.(string); ok {
		each(s)
	}
	for _, name := range n.names {
		each(name)
	}
	for _, kid := range n.kids {
		kid.variables(use)
	}
}

// captures calls set for each variable that the matcher can set.
func (n *node) captures(set func(name string)) {
	switch n.kind {
	case kindCapture:
		set(n.text)
	case kindNone, kindCount: // take no captures
	default:
		for _, kid := range n.kids {
			kid.captures(set)
		}
	}
}

// tree turns the matcher back into JSON, for messages.
func (n *node) tree() any {
	list := func() []any {
		out := make([]any, len(n.kids))
		for i, kid := range n.kids {
			out[i] = kid.tree()
		}
		return out
	}
	switch n.kind {
	case kindExact:
		return object{{"$exact", list()}}
	case kindAll:
		return object{{"$all", list()}}
	case kindLen:
		return object{{"$len", json.Number(strconv.Itoa(n.n))}}
	case kindNone:
		return object{{"$none", n.kids[0].tree()}}
	case kindOptional:
		return object{{"$optional", n.kids[0].tree()}}
	case kindCount:
		return object{{"$count", []any{n.kids[0].tree(), json.Number(strconv.Itoa(n.n))}}}
	case kindMembers:
		out := make(object, len(n.kids))
		for i, kid := range n.kids {
			out[i] = member{n.names[i], kid.tree()}
		}
		return out
	case kindPairs:
		return list()
	case kindLiteral:
		return n.value
	}
	for name, k := range operators() {
		if k == n.kind {
			return "$" + name
		}
	}
	for name, k := range textOperators() {
		if k == n.kind {
			return "$" + name + ":" + n.text
		}
	}
	return nil
}

// String returns the matcher as compact JSON.
func (n *node) String() string { return string(appendTree(nil, n.tree())) }

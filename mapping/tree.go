package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// Bounds of a document.
const (
	MaxDocumentSize  = 1 << 20 // bytes
	MaxDocumentDepth = 32      // nested lists and mappings
	MaxDocumentName  = 256     // bytes of a member's name
	MaxDocumentNodes = 50_000  // scalars, lists and mappings, aliases counted as often as they are used
)

// source is the text of a document and its tree, for messages.
type source struct {
	file string
	data []byte
	root *tree
}

// tree is a node of a document, the same for YAML and JSON.
type tree struct {
	kind         treeKind
	value        schema.Value // of a scalar
	members      []member     // of a mapping, in order
	items        []*tree      // of a list
	line, column int          // from 1
	size         int          // nodes, itself included, aliases expanded
	depth        int          // levels below
}

type treeKind uint8

const (
	scalarTree treeKind = iota
	listTree
	mappingTree
)

type member struct {
	name         string
	line, column int
	tree         *tree
}

// at returns the tree that a JSON pointer leads to and where it stands. Where the
// last member is absent it is the place of the one that should have it.
func (s *source) at(pointer string) (text *tree, line, column int) {
	t := s.root
	if t == nil {
		return nil, 0, 0
	}
	line, column = t.line, t.column
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		var next *tree
		switch t.kind {
		case mappingTree:
			for _, m := range t.members {
				if m.name == part {
					next = m.tree
					line, column = m.tree.line, m.tree.column
					if m.tree.kind != scalarTree {
						line, column = m.line, m.column
					}
				}
			}
		case listTree:
			if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(t.items) {
				next = t.items[i]
				line, column = next.line, next.column
			}
		}
		if next == nil {
			return nil, line, column
		}
		t = next
	}
	return t, line, column
}

// line returns a line of the text, from 1, without its end.
func (s *source) line(n int) string {
	data := s.data
	for ; n > 1; n-- {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return ""
		}
		data = data[i+1:]
	}
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		data = data[:i]
	}
	return strings.TrimSuffix(string(data), "\r")
}

// diagnostic makes a problem at a pointer. Offset is the place within the text
// of that scalar, in bytes; it counts where the text stands in the document as
// it is.
func (s *source) diagnostic(code Code, pointer string, offset int, msg string) Diagnostic {
	d := Diagnostic{Code: code, At: pointer, Msg: msg}
	if s == nil {
		return d
	}
	d.File = s.file
	t, line, column := s.at(pointer)
	d.Line, d.Column = line, column
	if line == 0 {
		return d
	}
	text := s.line(line)
	if t != nil && t.kind == scalarTree && offset > 0 {
		if v, ok := t.value.Str(); ok && offset <= len(v) {
			d.Column += within(text, column, v, offset)
		}
	}
	d.Snippet = snippet(text, d.Column)
	return d
}

// within returns how many characters lie between a column and an offset in the
// scalar that begins there, 0 where the scalar is not written as it is.
func within(line string, column int, value string, offset int) int {
	start := 0
	for range column - 1 {
		_, n := utf8.DecodeRuneInString(line[start:])
		start += n
	}
	rest := line[start:]
	for quote := 0; quote <= 1 && quote <= len(rest); quote++ {
		if strings.HasPrefix(rest[quote:], value) {
			return quote + utf8.RuneCountInString(value[:offset])
		}
	}
	return 0
}

// treeError is a document that cannot be read as YAML or JSON.
type treeError struct {
	line, column int
	msg          string
}

func (e *treeError) Error() string { return e.msg }

// parseTree reads a document. JSON is read as such, so that numbers, tabs and
// escapes mean what they mean there.
func parseTree(data []byte) (*tree, []*treeError) {
	if len(data) > MaxDocumentSize {
		return nil, []*treeError{{msg: fmt.Sprintf("the document is larger than %d bytes", MaxDocumentSize)}}
	}
	if !utf8.Valid(data) {
		return nil, []*treeError{{msg: "the document is not UTF-8 text"}}
	}
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && first[0] == '{' && json.Valid(data) {
		b := &jsonBuilder{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1, column: 1}
		b.dec.UseNumber()
		t, err := b.next(0)
		return t, b.problems.with(err)
	}
	return parseYAML(data)
}

// problems are those that do not keep the rest of a document from being read.
type problems []*treeError

func (p *problems) add(line, column int, format string, args ...any) {
	*p = append(*p, &treeError{line, column, fmt.Sprintf(format, args...)})
}

// name adds what is wrong with the name of a mapping's member, and reports
// whether nothing is.
func (p *problems) name(line, column int, name string, seen map[string]bool) bool {
	switch {
	case len(name) > MaxDocumentName:
		p.add(line, column, "a member's name is longer than %d bytes", MaxDocumentName)
	case seen[name]:
		p.add(line, column, "member %s is there twice", name)
	default:
		seen[name] = true
		return true
	}
	return false
}

// with returns the problems and the one that ended the reading, if any.
func (p problems) with(end error) []*treeError {
	var e *treeError
	if errors.As(end, &e) {
		p = append(p, e)
	}
	return p
}

// toValue returns the tree as a value.
func (t *tree) toValue() schema.Value {
	switch t.kind {
	case listTree:
		vs := make([]schema.Value, len(t.items))
		for i, c := range t.items {
			vs[i] = c.toValue()
		}
		return schema.ListValue(vs...)
	case mappingTree:
		ms := make([]schema.Member, len(t.members))
		for i, m := range t.members {
			ms[i] = schema.Member{Name: m.name, Value: m.tree.toValue()}
		}
		return schema.MembersValue(ms...)
	default:
		return t.value
	}
}

// sorted is toValue with the members of each mapping by name.
func (t *tree) sorted() schema.Value {
	switch t.kind {
	case listTree:
		vs := make([]schema.Value, len(t.items))
		for i, c := range t.items {
			vs[i] = c.sorted()
		}
		return schema.ListValue(vs...)
	case mappingTree:
		ms := make([]schema.Member, len(t.members))
		for i, m := range t.members {
			ms[i] = schema.Member{Name: m.name, Value: m.tree.sorted()}
		}
		slices.SortFunc(ms, func(a, b schema.Member) int { return strings.Compare(a.Name, b.Name) })
		return schema.MembersValue(ms...)
	default:
		return t.value
	}
}

// get returns the member of that name, or nil.
func (t *tree) get(name string) *tree {
	for _, m := range t.members {
		if m.name == name {
			return m.tree
		}
	}
	return nil
}

package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/schema"
)

// Bounds of a document.
const (
	MaxDocumentSize  = 1 << 20 // bytes
	MaxDocumentDepth = 32      // nested lists and mappings
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

// with returns the problems and the one that ended the reading, if any.
func (p problems) with(end error) []*treeError {
	var e *treeError
	if errors.As(end, &e) {
		p = append(p, e)
	}
	return p
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func parseYAML(data []byte) (t *tree, errs []*treeError) {
	// The YAML reader is not ours; a document must not bring the program down.
	defer func() {
		if p := recover(); p != nil {
			t, errs = nil, []*treeError{{msg: "not YAML"}}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, []*treeError{{line: 1, column: 1, msg: "the document is empty"}}
		}
		m := yamlLine.FindStringSubmatch(err.Error())
		e := &treeError{msg: "not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
		if m != nil {
			e.line, _ = strconv.Atoi(m[1])
			e.msg = "not YAML: " + err.Error()[len(m[0]):]
		}
		if e.line > 0 {
			e.column = 1
		}
		return nil, []*treeError{e}
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, []*treeError{{line: more.Line, column: more.Column, msg: "a file holds one document; here a second one begins"}}
	}
	if len(doc.Content) != 1 {
		return nil, []*treeError{{line: 1, column: 1, msg: "the document is empty"}}
	}
	b := &yamlBuilder{anchors: make(map[*yaml.Node]*tree)}
	t, err := b.build(doc.Content[0], 0)
	return t, b.problems.with(err)
}

// yamlBuilder makes a tree of YAML nodes. What an anchor names is built once and
// shared; its size counts at each use, so that aliases of aliases cannot blow
// the document up.
type yamlBuilder struct {
	anchors  map[*yaml.Node]*tree // nil: being built
	problems problems
}

func (b *yamlBuilder) build(n *yaml.Node, depth int) (*tree, error) {
	fail := func(format string, args ...any) (*tree, error) {
		return nil, &treeError{line: n.Line, column: n.Column, msg: fmt.Sprintf(format, args...)}
	}
	if depth > MaxDocumentDepth {
		return fail("the document nests deeper than %d", MaxDocumentDepth)
	}
	if n.Kind == yaml.AliasNode {
		return b.alias(n, depth)
	}
	if n.Anchor != "" {
		b.anchors[n] = nil
	}
	t := &tree{line: n.Line, column: n.Column, size: 1}
	switch n.Kind {
	case yaml.ScalarNode:
		v, msg := yamlScalar(n)
		if msg != "" {
			b.problems.add(n.Line, n.Column, "%s", msg)
		}
		t.value = v
	case yaml.SequenceNode:
		if tag := n.ShortTag(); tag != "!!seq" || n.Style&yaml.TaggedStyle != 0 {
			b.problems.add(n.Line, n.Column, "tag %s is not allowed", tag)
		}
		t.kind = listTree
		for _, c := range n.Content {
			item, err := b.build(c, depth+1)
			if err != nil {
				return nil, err
			}
			t.items = append(t.items, item)
			if err := t.grow(item); err != nil {
				return nil, err
			}
		}
	case yaml.MappingNode:
		if tag := n.ShortTag(); tag != "!!map" || n.Style&yaml.TaggedStyle != 0 {
			b.problems.add(n.Line, n.Column, "tag %s is not allowed", tag)
		}
		t.kind = mappingTree
		if err := b.members(t, n, depth); err != nil {
			return nil, err
		}
	default:
		return fail("not YAML that a mapping document can have")
	}
	if n.Anchor != "" {
		b.anchors[n] = t
	}
	return t, nil
}

func (b *yamlBuilder) alias(n *yaml.Node, depth int) (*tree, error) {
	t, known := b.anchors[n.Alias]
	switch {
	case !known:
		return nil, &treeError{line: n.Line, column: n.Column, msg: "alias *" + n.Value + " has no anchor"}
	case t == nil:
		return nil, &treeError{line: n.Line, column: n.Column, msg: "alias *" + n.Value + " stands within its own anchor"}
	case depth+t.depth > MaxDocumentDepth:
		return nil, &treeError{line: n.Line, column: n.Column, msg: fmt.Sprintf("the document nests deeper than %d", MaxDocumentDepth)}
	}
	return t, nil
}

func (b *yamlBuilder) members(t *tree, n *yaml.Node, depth int) error {
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" {
			b.problems.add(k.Line, k.Column, "a member's name has to be plain text")
			continue
		}
		if k.Style&yaml.TaggedStyle != 0 {
			b.problems.add(k.Line, k.Column, "tag %s is not allowed", k.ShortTag())
		}
		if seen[k.Value] {
			b.problems.add(k.Line, k.Column, "member %s is there twice", k.Value)
			continue
		}
		seen[k.Value] = true
		v, err := b.build(n.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		t.members = append(t.members, member{k.Value, k.Line, k.Column, v})
		if err := t.grow(v); err != nil {
			return err
		}
	}
	return nil
}

// grow counts a child.
func (t *tree) grow(child *tree) error {
	t.size += child.size
	t.depth = max(t.depth, child.depth+1)
	if t.size > MaxDocumentNodes {
		return &treeError{line: child.line, column: child.column, msg: fmt.Sprintf("the document has more than %d nodes", MaxDocumentNodes)}
	}
	return nil
}

func yamlScalar(n *yaml.Node) (v schema.Value, msg string) {
	tag := n.ShortTag()
	if n.Style&yaml.TaggedStyle != 0 {
		return schema.Value{}, "tag " + tag + " is not allowed"
	}
	switch tag {
	case "!!str", "!!timestamp", "!!merge":
		return schema.StringValue(n.Value), ""
	case "!!null":
		return schema.Null(), ""
	case "!!bool":
		var truth bool
		if n.Decode(&truth) != nil {
			return schema.Value{}, "not a boolean: " + n.Value
		}
		return schema.BooleanValue(truth), ""
	case "!!int", "!!float":
		if v, ok := schema.NumberValue(n.Value); ok {
			return v, ""
		}
		var i int64
		if tag == "!!int" && n.Decode(&i) == nil {
			return schema.IntegerValue(i), ""
		}
		var f float64
		if n.Decode(&f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			if v, ok := schema.NumberValue(strconv.FormatFloat(f, 'g', -1, 64)); ok {
				return v, ""
			}
		}
		return schema.Value{}, "a number that JSON does not have: " + n.Value
	default:
		return schema.Value{}, "tag " + tag + " is not allowed"
	}
}

// jsonBuilder makes a tree of JSON tokens.
type jsonBuilder struct {
	data         []byte
	dec          *json.Decoder
	pos          int // up to where line and column are counted
	line, column int
	problems     problems
}

// token reads a token and notes where it begins.
func (b *jsonBuilder) token() (tok json.Token, line, column int, err error) {
	start := int(b.dec.InputOffset())
	for start < len(b.data) && strings.IndexByte(" \t\r\n,:", b.data[start]) >= 0 {
		start++
	}
	for b.pos < start {
		r, n := utf8.DecodeRune(b.data[b.pos:])
		b.pos += n
		if r == '\n' {
			b.line++
			b.column = 1
		} else {
			b.column++
		}
	}
	line, column = b.line, b.column
	tok, err = b.dec.Token()
	return tok, line, column, err
}

func (b *jsonBuilder) next(depth int) (*tree, error) {
	tok, line, column, err := b.token()
	if err != nil {
		return nil, &treeError{line: line, column: column, msg: "not JSON"}
	}
	if depth > MaxDocumentDepth {
		return nil, &treeError{line: line, column: column, msg: fmt.Sprintf("the document nests deeper than %d", MaxDocumentDepth)}
	}
	t := &tree{line: line, column: column, size: 1}
	switch tok := tok.(type) {
	case json.Delim:
		t.kind = listTree
		if tok == '{' {
			t.kind = mappingTree
		}
		return t, b.children(t, depth)
	case string:
		t.value = schema.StringValue(tok)
	case json.Number:
		v, ok := schema.NumberValue(tok.String())
		if !ok {
			b.problems.add(line, column, "a number has too many digits")
		}
		t.value = v
	case bool:
		t.value = schema.BooleanValue(tok)
	default:
		t.value = schema.Null()
	}
	return t, nil
}

func (b *jsonBuilder) children(t *tree, depth int) error {
	seen := make(map[string]bool)
	for b.dec.More() {
		var m member
		if t.kind == mappingTree {
			tok, line, column, err := b.token()
			name, ok := tok.(string)
			if err != nil || !ok {
				return &treeError{line: line, column: column, msg: "not JSON"}
			}
			if seen[name] {
				b.problems.add(line, column, "member %s is there twice", name)
			}
			seen[name] = true
			m.name, m.line, m.column = name, line, column
		}
		child, err := b.next(depth + 1)
		if err != nil {
			return err
		}
		if t.kind == mappingTree {
			m.tree = child
			t.members = append(t.members, m)
		} else {
			t.items = append(t.items, child)
		}
		if err := t.grow(child); err != nil {
			return err
		}
	}
	_, line, column, err := b.token() // the closing bracket
	if err != nil {
		return &treeError{line: line, column: column, msg: "not JSON"}
	}
	return nil
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

// get returns the member of that name, or nil.
func (t *tree) get(name string) *tree {
	for _, m := range t.members {
		if m.name == name {
			return m.tree
		}
	}
	return nil
}

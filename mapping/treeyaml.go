package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/schema"
)

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
		if !b.problems.name(k.Line, k.Column, k.Value, seen) {
			continue
		}
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

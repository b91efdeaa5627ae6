package mapping

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

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
			b.problems.name(line, column, name, seen)
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

package expr

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Expr is a parsed expression.
type Expr struct{ root *node }

// PathRef is a SCIM path as an expression writes it.
type PathRef struct {
	Prefix         string // what stands before the colon, "" for none or a URN (which is in Path)
	Path           schema.Path
	Offset, Length int
}

// String returns the expression's text in its canonical form: single spaces,
// only the parentheses it needs, pipes written as calls. Parsing that gives an
// equal expression.
func (e *Expr) String() string {
	var b strings.Builder
	e.root.print(&b, 0)
	return b.String()
}

// Paths returns the SCIM paths of the expression in the order of its text,
// duplicates included.
func (e *Expr) Paths() []PathRef {
	var refs []PathRef
	e.root.walk(func(n *node) {
		if n.op == opPath {
			refs = append(refs, PathRef{Prefix: n.name, Path: n.path, Offset: n.off, Length: n.length})
		}
	})
	return refs
}

// op is the kind of a node.
type op uint8

const (
	opLiteral op = iota // value
	opPath              // name (prefix), path
	opTarget            // name: the field's path as written
	opOp                // $op
	opNow               // $now
	opCall              // name, args
	opTernary           // args: condition, then, else
	opOr                // args, two at least
	opAnd               // args, two at least
	opNot               // args: one
	opCompare           // name, args: two
	opAdd               // args, two at least
)

// levels are the binding strengths of the operations: an operand that binds
// weaker than its place demands stands in parentheses.
var levels = [...]int{opLiteral: 6, opPath: 6, opTarget: 6, opOp: 6, opNow: 6, opCall: 6, opTernary: 0, opOr: 1, opAnd: 2, opNot: 3, opCompare: 4, opAdd: 5}

// node is one operation of an expression.
type node struct {
	op          op
	off, length int // in the text, pipes from their subject on
	name        string
	value       schema.Value
	path        schema.Path
	args        []*node
}

func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, a := range n.args {
		a.walk(visit)
	}
}

func (n *node) depth() int {
	d := 0
	for _, a := range n.args {
		d = max(d, a.depth())
	}
	return d + 1
}

func (n *node) print(b *strings.Builder, level int) {
	if levels[n.op] < level {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n.op {
	case opLiteral:
		b.WriteString(literal(n.value))
	case opPath:
		if n.name != "" {
			b.WriteString(n.name + ":")
		}
		b.WriteString(n.path.String())
	case opTarget:
		b.WriteString("$target." + n.name)
	case opOp:
		b.WriteString("$op")
	case opNow:
		b.WriteString("$now")
	case opCall:
		b.WriteString(n.name + "(")
		n.printArgs(b, ", ", 0)
		b.WriteByte(')')
	case opTernary:
		n.args[0].print(b, 1)
		b.WriteString(" ? ")
		n.args[1].print(b, 0)
		b.WriteString(" : ")
		n.args[2].print(b, 0)
	case opOr:
		n.printArgs(b, " || ", 2)
	case opAnd:
		n.printArgs(b, " && ", 3)
	case opNot:
		b.WriteByte('!')
		n.args[0].print(b, 3)
	case opCompare:
		n.printArgs(b, " "+n.name+" ", 5)
	case opAdd:
		n.printArgs(b, " + ", 6)
	}
}

func (n *node) printArgs(b *strings.Builder, sep string, level int) {
	for i, a := range n.args {
		if i > 0 {
			b.WriteString(sep)
		}
		a.print(b, level)
	}
}

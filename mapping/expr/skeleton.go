package expr

import (
	"time"

	"github.com/usher-scim/usher/schema"
)

// Bounds of the text of an expression.
const (
	MaxLength = 4096 // bytes
	MaxDepth  = 32   // nested operations
	MaxNodes  = 200  // operations, paths and literals
)

// Expr is a parsed expression.
type Expr struct{ root *node }

type node struct{}

// PathRef is a SCIM path as an expression writes it.
type PathRef struct {
	Prefix         string // what stands before the colon, "" for none or a URN (which is in Path)
	Path           schema.Path
	Offset, Length int
}

// Parse reads an expression. Errors are *Error with the code E_SYNTAX or E_COST.
func Parse(text string) (*Expr, error) { return nil, nil }

// String returns the expression's text in its canonical form.
func (e *Expr) String() string { return "" }

// Paths returns the SCIM paths of the expression in the order of its text.
func (e *Expr) Paths() []PathRef { return nil }

// Pick says how several values become one.
type Pick uint8

// The ways to pick.
const (
	PickPrimary Pick = iota // the one marked primary, else the first
	PickFirst               // the first
	PickError               // several are E_AMBIGUOUS_VALUE
)

// Env is what an expression is compiled against.
type Env struct {
	Resource *schema.Type      // what SCIM paths mean; nil: there are none
	Target   *schema.Type      // what $target means; nil: there is none
	Prefixes map[string]string // short names of URNs
	Pick     Pick
	// EmptyString keeps "" as a value; else it counts as unset.
	EmptyString bool
	// List says that the result is for a list: multi-valued paths give all their
	// values.
	List bool
}

// Program is a compiled expression.
type Program struct{}

// Compile checks and compiles an expression: all errors, in the order of the
// text, or a program.
func Compile(e *Expr, env *Env) (*Program, []*Error) { return nil, nil }

// Type returns the type of the result.
func (p *Program) Type() Type { return Type{} }

// Inputs returns what the expression reads of the resource, without
// duplicates, in the order of the text.
func (p *Program) Inputs() []schema.Selector { return nil }

// UsesTarget reports whether the expression reads $target.
func (p *Program) UsesTarget() bool { return false }

// UsesOp reports whether the expression reads $op.
func (p *Program) UsesOp() bool { return false }

// UsesNow reports whether the expression reads $now.
func (p *Program) UsesNow() bool { return false }

// Cost returns the static bound of the work, in steps.
func (p *Program) Cost() int { return 0 }

// Scope is what an expression is evaluated over. One scope serves any number of
// programs in turn.
type Scope struct {
	Resource *schema.Record // of Env.Resource, nil: everything is unset
	Target   *schema.Record // of Env.Target, nil: everything is unset
	Op       string         // create, replace or patch; "": unset
	Now      time.Time      // zero: unset
	// Steps is the work that one evaluation may do; 0 means DefaultSteps.
	Steps int
}

// Eval evaluates the program. The value is unset, never null or an empty list,
// when there is none.
func (p *Program) Eval(s *Scope) (schema.Value, error) { return schema.Value{}, nil }

// Holds evaluates a condition: it holds if it is true.
func (p *Program) Holds(s *Scope) (bool, error) { return false, nil }

// ReadOptions say how a Reader reads.
type ReadOptions struct {
	Pick        Pick
	EmptyString bool // "" is a value, not unset
}

// Reader reads what a path means out of records.
type Reader struct{}

// NewReader returns a reader of a bound path.
func NewReader(sel schema.Selector, o ReadOptions) *Reader { return nil }

// Selector returns the path.
func (r *Reader) Selector() schema.Selector { return schema.Selector{} }

// Type returns the type of what is read, a list where the path goes through a
// multi-valued attribute.
func (r *Reader) Type() Type { return Type{} }

// Scalar returns one value, picked where there are several. The only error has
// the code E_AMBIGUOUS_VALUE.
func (r *Reader) Scalar(rec *schema.Record) (schema.Value, error) { return schema.Value{}, nil }

// List returns all values as a list, unset when there are none.
func (r *Reader) List(rec *schema.Record) schema.Value { return schema.Value{} }

// Resolve binds a path that a rule writes ("ent:manager.value") to a type. Errors
// are *Error with the codes E_SYNTAX, E_UNKNOWN_PREFIX, E_UNKNOWN_ATTRIBUTE and
// E_TYPE.
func Resolve(text string, t *schema.Type, prefixes map[string]string) (schema.Selector, error) {
	return schema.Selector{}, nil
}

// ResolveField finds a field of a target by its path ("custom_fields.x",
// `custom_fields."a.b"`). Errors have the codes E_SYNTAX and E_UNKNOWN_FIELD.
func ResolveField(text string, t *schema.Type) (schema.Slot, error) { return 0, nil }

// Suggest returns the nearest of names, at an edit distance of at most 2, or "".
func Suggest(name string, names []string) string { return "" }

// Step is one element of a rule's pipe.
type Step struct{}

// ParseStep reads a step. Errors have the codes E_SYNTAX, E_UNKNOWN_FUNC, E_TYPE
// and E_COST.
func ParseStep(text string) (*Step, error) { return nil, nil }

// Name returns the function's name: "lower", "map", "lookup".
func (s *Step) Name() string { return "" }

// Args returns the literal arguments.
func (s *Step) Args() []schema.Value { return nil }

// Ref returns the name that map or lookup names, "" for other steps.
func (s *Step) Ref() string { return "" }

// TakesList reports whether the step works on a list as a whole.
func (s *Step) TakesList() bool { return false }

// Class returns the step's class. That of a map is the value map's, a lookup is
// Iso.
func (s *Step) Class() Class { return 0 }

// Type returns the type that the step makes of a value of type in; E_TYPE where
// it cannot take one.
func (s *Step) Type(in Type) (Type, error) { return Type{}, nil }

// Forward applies the step towards the target, to each element of a list unless
// the step takes lists. Map and lookup return v as it is.
func (s *Step) Forward(v schema.Value) (schema.Value, error) { return v, nil }

// Backward applies the inverse. It returns false for a value that the step
// cannot take back, which reads as unset.
func (s *Step) Backward(v schema.Value) (schema.Value, bool) { return v, true }

// Entry is one pair of a value map.
type Entry struct{ SCIM, Native schema.Value }

// MapSpec describes a value map.
type MapSpec struct {
	Entries     []Entry
	CaseExact   bool         // strings are compared with case (fold: false)
	Parent      bool         // fallback: parent
	Default     schema.Value // native value of what no entry has; unset: none
	Passthrough bool         // what no entry has stands for itself
}

// ValueMap maps SCIM values to those of a target and back.
type ValueMap struct{}

// NewValueMap returns a value map. It fails with E_TYPE where an entry is not a
// pair of scalars.
func NewValueMap(spec MapSpec) (*ValueMap, error) { return nil, nil }

// Class returns Iso if every native value stands for one SCIM value and there is
// neither fallback nor default, else Lossy.
func (m *ValueMap) Class() Class { return 0 }

// Forward returns the native value of v: stored, if v stands for it, else the
// first. It returns false where there is none.
func (m *ValueMap) Forward(v, stored schema.Value) (schema.Value, bool) { return v, false }

// All returns every native value that v stands for, nil for none. The slice must
// not be changed.
func (m *ValueMap) All(v schema.Value) []schema.Value { return nil }

// Several reports whether some SCIM value stands for more than one native value.
func (m *ValueMap) Several() bool { return false }

// Backward returns the SCIM value of a native one, false where there is none.
func (m *ValueMap) Backward(native schema.Value) (schema.Value, bool) { return native, false }

// BuiltinMap returns the built-in value map of that name (locale.language,
// tz.rails, bool.yesNo, …), or nil.
func BuiltinMap(name string) *ValueMap { return nil }

// BuiltinMaps returns the names of the built-in value maps in alphabetical
// order.
func BuiltinMaps() []string { return nil }

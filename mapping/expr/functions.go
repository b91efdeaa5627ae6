package expr

import (
	"iter"
	"maps"
	"slices"

	"github.com/usher-scim/usher/schema"
)

// apply computes a function of its subject and up to two more arguments. All
// arguments that were given are set; one that was left out is unset.
type apply func(v, a, b schema.Value) (schema.Value, *Error)

// inverse computes a subject from a result and the arguments. It returns false
// where there is none.
type inverse func(v, a, b schema.Value) (schema.Value, bool)

// function is a row of the table of functions.
type function struct {
	// params are the kinds of the subject and the other arguments, of which the
	// last ones are optional.
	params   []Kind
	optional int
	// special functions take any number of arguments, from min on; the compiler
	// and Step know them by name.
	special bool
	min     int
	// result is the kind of the result; for Any with a list in and out see
	// resultType.
	result Kind
	// lists says that the subject is taken as a whole list; else the function is
	// applied to each element.
	lists bool
	class Class
	// shrinks says that the text of the result is never longer than the
	// subject's.
	shrinks bool
	apply   apply
	back    inverse // nil: identity for Fold and Lossy, nothing for None
	// prepare, if set, makes apply (and back) from the literal arguments, once.
	// What is not a literal is unset and given to apply.
	prepare func(f *function, a, b schema.Value) (*function, *Error)
	// literal says which argument has to be a literal, 0 for none.
	literal int
	// factor is the work for each step of the subject's weight, less one.
	factor int
}

// Function describes a function of the language, for documentation and tools.
type Function struct {
	Name string
	// Params are the kinds of the arguments, the subject first. Optional of them,
	// the last, may be left out. Functions that take any number of arguments have
	// none; they need Min.
	Params        []Kind
	Optional, Min int
	// Result is the kind of the result: of an element, where the function is
	// applied to a list element by element.
	Result Kind
	// TakesList says that a list is taken as a whole.
	TakesList bool
	Class     Class
}

// Functions yields the functions of the language in alphabetical order.
func Functions() iter.Seq[Function] {
	return func(yield func(Function) bool) {
		for _, name := range functionNames() {
			f := functions[name]
			if !yield(Function{Name: name, Params: slices.Clone(f.params), Optional: f.optional, Min: f.min,
				Result: f.result, TakesList: f.lists, Class: f.class}) {
				return
			}
		}
	}
}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

// functions is the table of mapping-design.md section 2.4, never changed.
var functions = map[string]*function{
	// Conversions with an inverse.
	"toInt":       {params: []Kind{Any}, result: Integer, class: Iso, apply: toInt, back: toIntBack},
	"toString":    {params: []Kind{Any}, result: String, class: Iso, apply: toString, back: toStringBack},
	"toBool":      {params: []Kind{Any}, result: Boolean, class: Iso, apply: toBool, back: boolBack},
	"boolString":  {params: []Kind{Boolean}, result: String, class: Iso, apply: boolString, back: boolStringBack},
	"not":         {params: []Kind{Boolean}, result: Boolean, class: Iso, apply: negate, back: negateBack},
	"prefix":      {params: []Kind{String, String}, result: String, class: Iso, apply: addPrefix, back: stripPrefix},
	"suffix":      {params: []Kind{String, String}, result: String, class: Iso, apply: addSuffix, back: stripSuffix},
	"dateFormat":  {params: []Kind{String, String, String}, result: String, class: Iso, apply: dateFormat, prepare: prepareDateFormat},
	"base64":      {params: []Kind{String}, result: String, class: Iso, apply: toBase64, back: fromBase64},
	"base64utf16": {params: []Kind{String}, result: String, class: Iso, apply: toBase64UTF16, back: fromBase64UTF16},
	"utf8hex":     {params: []Kind{String}, result: String, class: Iso, apply: toHex, back: fromHex},
	"wrap":        {params: []Kind{Any}, lists: true, class: Iso, apply: wrap, back: unwrap, shrinks: true},

	// Identity up to case.
	"lower": {params: []Kind{String}, result: String, class: Fold, apply: lower},
	"upper": {params: []Kind{String}, result: String, class: Fold, apply: upper},

	// Lossy: reading gives the stored value.
	"trim":                {params: []Kind{String}, result: String, class: Lossy, apply: trim, shrinks: true},
	"digits":              {params: []Kind{String}, result: String, class: Lossy, apply: digits, shrinks: true},
	"truncate":            {params: []Kind{String, Integer}, result: String, class: Lossy, apply: left, shrinks: true},
	"stripSpaces":         {params: []Kind{String}, result: String, class: Lossy, apply: stripSpaces, shrinks: true},
	"normalizeDiacritics": {params: []Kind{String}, result: String, class: Lossy, apply: normalizeDiacritics},
	"pcase":               {params: []Kind{String}, result: String, class: Lossy, apply: properCase},
	"replace":             {params: []Kind{String, String, String}, result: String, class: Lossy, apply: replace},
	"first":               {params: []Kind{Any}, lists: true, class: Lossy, apply: first, shrinks: true},
	"dedupe":              {params: []Kind{Any}, lists: true, class: Lossy, apply: dedupe, shrinks: true},
	"sort":                {params: []Kind{Any}, lists: true, class: Lossy, apply: sortList, shrinks: true},
	"split":               {params: []Kind{String, String}, result: String, class: Lossy, apply: split, back: splitBack, shrinks: true},
	"joinList":            {params: []Kind{Any, String}, result: String, lists: true, class: Lossy, apply: joinList, back: joinListBack},

	// Without an inverse: parts of a text.
	"left":         {params: []Kind{String, Integer}, result: String, class: None, apply: left, shrinks: true},
	"right":        {params: []Kind{String, Integer}, result: String, class: None, apply: right, shrinks: true},
	"mid":          {params: []Kind{String, Integer, Integer}, result: String, class: None, apply: mid, shrinks: true},
	"word":         {params: []Kind{String, Integer, String}, optional: 1, result: String, class: None, apply: word, shrinks: true},
	"before":       {params: []Kind{String, String}, result: String, class: None, apply: before, shrinks: true},
	"after":        {params: []Kind{String, String}, result: String, class: None, apply: after, shrinks: true},
	"extract":      {params: []Kind{String, String, Any}, optional: 1, result: String, class: None, prepare: prepareExtract, literal: 1, shrinks: true},
	"replaceRegex": {params: []Kind{String, String, String}, result: String, class: None, prepare: prepareReplaceRegex, literal: 1},

	// Without an inverse: facts about a value.
	"count":       {params: []Kind{Any}, result: Integer, lists: true, class: None, apply: count},
	"item":        {params: []Kind{Any, Integer}, lists: true, class: None, apply: item, shrinks: true},
	"len":         {params: []Kind{String}, result: Integer, class: None, apply: length},
	"contains":    {params: []Kind{String, String}, result: Boolean, class: None, apply: contains},
	"startsWith":  {params: []Kind{String, String}, result: Boolean, class: None, apply: startsWith},
	"endsWith":    {params: []Kind{String, String}, result: Boolean, class: None, apply: endsWith},
	"matches":     {params: []Kind{String, String}, result: Boolean, class: None, prepare: prepareMatches, literal: 1},
	"instr":       {params: []Kind{String, String}, result: Integer, class: None, apply: instr},
	"isEmail":     {params: []Kind{Any}, result: Boolean, class: None, apply: isEmail},
	"isString":    {params: []Kind{Any}, result: Boolean, class: None, apply: isString},
	"dateAdd":     {params: []Kind{Time, String, Integer}, result: Time, class: None, apply: dateAdd, prepare: prepareDateAdd},
	"bitAnd":      {params: []Kind{Integer, Integer}, result: Integer, class: None, apply: bitAnd},
	"dateFromNum": {params: []Kind{Integer}, result: Time, class: None, apply: dateFromNum},
	"numFromDate": {params: []Kind{Time}, result: Integer, class: None, apply: numFromDate},
	"dateDiff":    {params: []Kind{String, Time, Time}, result: Integer, class: None, apply: dateDiff},

	// Those that take unset arguments.
	"coalesce":  {special: true, min: 1, class: None},
	"default":   {special: true, min: 2, class: None},
	"join":      {special: true, min: 2, result: String, class: None},
	"isPresent": {special: true, min: 1, result: Boolean, class: None},
	"isUnset":   {special: true, min: 1, result: Boolean, class: None},
	"switch":    {special: true, min: 3, class: None},
}

// resultType is the type of f's result for a subject of type in.
func (f *function) resultType(name string, in Type) Type {
	switch name {
	case "wrap":
		return Type{Kind: in.Kind, List: true}
	case "first", "item":
		return Type{Kind: in.Kind}
	case "dedupe", "sort":
		return in
	case "split":
		return Type{Kind: String, List: true}
	case "joinList", "count":
		return Type{Kind: f.result}
	default:
		return Type{Kind: f.result, List: in.List}
	}
}

// each applies f to v: to the elements of a list one by one, unless f takes
// lists. Elements without a result are left out.
func (f *function) each(name string, v, a, b schema.Value) (schema.Value, *Error) {
	if v.Kind() != schema.KindList || f.lists {
		return f.one(name, v, a, b)
	}
	vs := make([]schema.Value, 0, v.Len())
	for i := range v.Len() {
		e := v.At(i)
		if e.IsUnset() || e.IsNull() {
			continue
		}
		r, err := f.one(name, e, a, b)
		if err != nil {
			return schema.Value{}, err
		}
		if r.Kind() == schema.KindList {
			for j := range r.Len() {
				vs = append(vs, r.At(j))
			}
		} else if !r.IsUnset() {
			vs = append(vs, r)
		}
	}
	if len(vs) == 0 {
		return schema.Value{}, nil
	}
	return schema.ListValue(vs...), nil
}

func (f *function) one(name string, v, a, b schema.Value) (schema.Value, *Error) {
	if !holds(v, f.params[0], f.lists) {
		return schema.Value{}, misfit(name, f.params[0], v)
	}
	r, err := f.apply(v, a, b)
	if err != nil {
		return schema.Value{}, err
	}
	// In a pipe a long text may come in, and leave shorter or as it was.
	if s, _ := r.Str(); len(s) > MaxString && len(s) > len(v.Text()) {
		return schema.Value{}, limitError("a text is longer than 4 KiB")
	}
	return r, nil
}

// holds reports whether a set value is of a parameter's kind.
func holds(v schema.Value, k Kind, list bool) bool {
	switch v.Kind() {
	case schema.KindList:
		return list
	case schema.KindObject:
		return false
	case schema.KindString:
		return k == Any || isText(k)
	case schema.KindInteger:
		return k == Any || k == Integer || k == Number
	case schema.KindDecimal:
		return k == Any || k == Number
	case schema.KindBoolean:
		return k == Any || k == Boolean
	default:
		return true
	}
}

func misfit(name string, want Kind, got schema.Value) *Error {
	if want == Any {
		return &Error{Code: CodeType, Msg: name + " cannot take a " + got.Kind().String()}
	}
	return &Error{Code: CodeType, Msg: name + " takes " + want.String() + ", not " + got.Kind().String()}
}

package expr

import (
	"regexp"
	"regexp/syntax"

	"github.com/usher-scim/usher/schema"
)

// MaxPattern is the number of instructions a regular expression may compile to.
const MaxPattern = 1000

// CompilePattern compiles a regular expression (RE2, at most MaxPattern
// instructions), with whole one that has to match a text from beginning to end.
// Work is how many steps a match takes for each step of the text's [Weight].
// Errors are *Error with the codes E_TYPE and E_COST.
func CompilePattern(source string, whole bool) (re *regexp.Regexp, work int, err error) {
	re, factor, perr := pattern(source, whole)
	if perr != nil {
		return nil, 0, perr
	}
	return re, 1 + factor, nil
}

// pattern is CompilePattern; the factor is one less than the work.
func pattern(source string, whole bool) (re *regexp.Regexp, factor int, perr *Error) {
	parsed, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, 0, &Error{Code: CodeType, Msg: "not a regular expression (RE2): " + quote(source)}
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > MaxPattern {
		return nil, 0, &Error{Code: CodeCost, Msg: "the regular expression is too large"}
	}
	if whole {
		source = `\A(?:` + source + `)\z`
	}
	if re, err = regexp.Compile(source); err != nil {
		return nil, 0, &Error{Code: CodeType, Msg: "not a regular expression (RE2): " + quote(source)}
	}
	return re, len(prog.Inst) / 16, nil
}

// prepareMatches: the whole value has to match, as in validate.
func prepareMatches(f *function, a, _ schema.Value) (*function, *Error) {
	re, factor, err := pattern(a.Text(), true)
	if err != nil {
		return nil, err
	}
	g := *f
	g.factor = factor
	g.apply = func(v, _, _ schema.Value) (schema.Value, *Error) {
		return schema.BooleanValue(re.MatchString(v.Text())), nil
	}
	return &g, nil
}

// prepareReplaceRegex: the new text may name groups, $1 or ${name}.
func prepareReplaceRegex(f *function, a, _ schema.Value) (*function, *Error) {
	re, factor, err := pattern(a.Text(), false)
	if err != nil {
		return nil, err
	}
	g := *f
	g.factor = factor
	g.apply = func(v, _, b schema.Value) (schema.Value, *Error) { return replaceMatches(re, v.Text(), b.Text()) }
	return &g, nil
}

// replaceMatches is ReplaceAllString with a limit.
func replaceMatches(re *regexp.Regexp, s, with string) (schema.Value, *Error) {
	matches := re.FindAllStringSubmatchIndex(s, -1)
	if matches == nil {
		return text(s)
	}
	var buf []byte
	last := 0
	for _, m := range matches {
		buf = append(buf, s[last:m[0]]...)
		buf = re.ExpandString(buf, with, s, m)
		last = m[1]
		if len(buf) > max(MaxString, len(s)) {
			return schema.Value{}, limitError("a text is longer than 4 KiB")
		}
	}
	return text(string(append(buf, s[last:]...)))
}

// prepareExtract: the group is a number or a name; by default the first, or the
// whole match where there is none.
func prepareExtract(f *function, a, b schema.Value) (*function, *Error) {
	re, factor, err := pattern(a.Text(), false)
	if err != nil {
		return nil, err
	}
	g := *f
	g.factor = factor
	preset := min(1, re.NumSubexp())
	if !b.IsUnset() {
		if preset, err = group(re, b); err != nil {
			return nil, err
		}
	}
	g.apply = func(v, _, b schema.Value) (schema.Value, *Error) {
		index := preset
		if !b.IsUnset() {
			g, err := group(re, b)
			if err != nil {
				return schema.Value{}, err
			}
			index = g
		}
		s := v.Text()
		m := re.FindStringSubmatchIndex(s)
		if m == nil || m[2*index] < 0 {
			return schema.Value{}, nil
		}
		return text(s[m[2*index]:m[2*index+1]])
	}
	return &g, nil
}

func group(re *regexp.Regexp, v schema.Value) (int, *Error) {
	if name, ok := v.Str(); ok {
		if i := re.SubexpIndex(name); i >= 0 {
			return i, nil
		}
	} else if n, ok := v.Integer(); ok && n >= 0 && n <= int64(re.NumSubexp()) {
		return int(n), nil
	}
	return 0, &Error{Code: CodeType, Msg: "the regular expression has no group " + literal(v)}
}

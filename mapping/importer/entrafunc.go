package importer

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// translator writes Entra expressions in the language of package expr.
type translator struct {
	work  *work
	notes []string // what is different
}

// peel takes off what is a key of a rule here, and no function.
func (t *translator) peel(n *node, r *rule) *node {
	for n.kind == nodeCall && len(n.args) == 1 {
		switch strings.ToLower(n.text) {
		case "ignoreflowifnullorempty":
			r.onUnset = "keep"
		case "redact":
			r.secret = true
		default:
			return n
		}
		n = n.args[0]
	}
	return n
}

func (t *translator) attribute(n *node) (string, error) {
	if path, ok := t.work.scimPath(n.text); ok {
		return path, nil
	}
	return "", fmt.Errorf("the SCIM attribute in which [%s] arrives is not known: say so with the option Attributes", n.text)
}

// expression writes a node.
func (t *translator) expression(n *node) (string, error) {
	switch n.kind {
	case nodeNothing:
		return "null", nil
	case nodeText:
		return quote(n.text), nil
	case nodeNumber:
		if hex, ok := strings.CutPrefix(strings.ToLower(n.text), "&h"); ok {
			v, err := strconv.ParseInt(hex, 16, 64)
			return strconv.FormatInt(v, 10), err
		}
		return n.text, nil
	case nodeAttribute:
		return t.attribute(n)
	case nodeWord:
		switch strings.ToLower(n.text) {
		case "true", "false", "null":
			return strings.ToLower(n.text), nil
		}
		return "", fmt.Errorf("the word %s is not known", n.text)
	case nodeCompare:
		op := n.text
		switch op {
		case "=":
			op = "=="
		case "<>":
			op = "!="
		}
		list, err := t.all(n.args)
		if err != nil {
			return "", err
		}
		return "(" + list[0] + " " + op + " " + list[1] + ")", nil
	default:
		return t.call(n)
	}
}

func (t *translator) all(ns []*node) ([]string, error) {
	out := make([]string, len(ns))
	for i, n := range ns {
		var err error
		if out[i], err = t.expression(n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// entraFunc translates a call with its arguments written already. Trailing
// arguments that were left out are not among them.
type entraFunc struct {
	least, most int // arguments; most -1: any number
	write       func(t *translator, n *node, args []string) (string, error)
}

// plain is a function that is called the same way here, by another name.
func plain(name string, least, most int) entraFunc {
	return entraFunc{least, most, func(_ *translator, _ *node, args []string) (string, error) {
		return name + "(" + strings.Join(args, ", ") + ")", nil
	}}
}

// form is a function whose arguments stand in other places here.
func form(count int, text string) entraFunc {
	return entraFunc{count, count, func(_ *translator, _ *node, args []string) (string, error) {
		list := make([]any, len(args))
		for i, a := range args {
			list[i] = a
		}
		return fmt.Sprintf(text, list...), nil
	}}
}

// refused is a function that has no counterpart.
func refused(why string) entraFunc {
	return entraFunc{0, -1, func(*translator, *node, []string) (string, error) { return "", errors.New(why) }}
}

// noCulture is a function whose second argument, a culture, is not supported.
func noCulture(name string) entraFunc {
	return entraFunc{1, 2, func(_ *translator, n *node, args []string) (string, error) {
		if len(args) == 2 {
			return "", fmt.Errorf("%s with a culture has no counterpart", n.text)
		}
		return name + "(" + args[0] + ")", nil
	}}
}

const needsEntropy = "nothing random is made here: let the target make it, or map an attribute that has it"

// entraFuncs are the functions by name in lower case.
var entraFuncs = map[string]entraFunc{
	"append": form(2, "(%s + %s)"), "bitand": plain("bitAnd", 2, 2), "cbool": plain("toBool", 1, 1), "coalesce": plain("coalesce", 1, -1),
	"converttobase64": plain("base64utf16", 1, 1), "converttoutf8hex": plain("utf8hex", 1, 1), "count": plain("count", 1, 1),
	"cstr": plain("toString", 1, 1), "dateadd": form(3, "dateAdd(%[3]s, %[1]s, %[2]s)"), "datediff": plain("dateDiff", 3, 3),
	"datefromnum": plain("dateFromNum", 1, 1), "numfromdate": plain("numFromDate", 1, 1), "now": form(0, "$now"),
	"iif": form(3, "(%s ? %s : %s)"), "isnull": plain("isUnset", 1, 1), "isnullorempty": plain("isUnset", 1, 1),
	"ispresent": plain("isPresent", 1, 1), "isstring": plain("isString", 1, 1), "item": plain("item", 2, 2), "join": plain("join", 2, -1),
	"left": plain("left", 2, 2), "mid": plain("mid", 3, 3), "normalizediacritics": plain("normalizeDiacritics", 1, 1), "not": form(1, "!(%s)"),
	"removeduplicates": plain("dedupe", 1, 1), "split": plain("split", 2, 2), "stripspaces": plain("stripSpaces", 1, 1),
	"tolower": noCulture("lower"), "toupper": noCulture("upper"), "word": plain("word", 2, 3),
	"pcase": {1, 2, func(_ *translator, _ *node, args []string) (string, error) {
		if len(args) == 2 {
			return "", errors.New("PCase with its own separators has no counterpart")
		}
		return "pcase(" + args[0] + ")", nil
	}},
	"cdate": {1, 2, func(t *translator, _ *node, args []string) (string, error) {
		if len(args) == 2 {
			return "", errors.New("CDate with a culture has no counterpart")
		}
		t.notes = append(t.notes, "CDate is left off: dates are RFC 3339 texts here")
		return args[0], nil
	}},
	"instr":          {2, 4, writeInStr},
	"switch":         {2, -1, writeSwitch},
	"replace":        {1, 7, writeReplace},
	"formatdatetime": {4, 4, writeFormatDateTime},

	"guid": refused(needsEntropy), "randomstring": refused(needsEntropy),
	"selectuniquevalue":       refused("values are not tried out here until one is free: let the target refuse what is taken"),
	"ignoreflowifnullorempty": refused("it is only possible around the whole expression"),
	"redact":                  refused("it is only possible around the whole expression"),
	"singleapproleassignment": {1, 1, writeRoles}, "approleassignmentscomplex": {1, 1, writeRoles}, "assertiveapproleassignmentscomplex": {1, 1, writeRoles},
}

func (t *translator) call(n *node) (string, error) {
	f, ok := entraFuncs[strings.ToLower(n.text)]
	if !ok {
		return "", fmt.Errorf("the function %s is not known", n.text)
	}
	given := n.args
	for len(given) > 0 && given[len(given)-1].kind == nodeNothing {
		given = given[:len(given)-1]
	}
	if len(given) < f.least && len(n.args) >= f.least {
		given = n.args[:f.least]
	}
	if len(given) < f.least || f.most >= 0 && len(given) > f.most {
		return "", fmt.Errorf("%s has %d arguments", n.text, len(n.args))
	}
	var args []string
	if f.most >= 0 || f.write != nil && f.least > 0 {
		var err error
		if args, err = t.all(given); err != nil {
			return "", err
		}
	}
	return f.write(t, &node{kind: nodeCall, text: n.text, args: given}, args)
}

// writeRoles takes the roles as they arrive: the front has read the texts in which
// Entra packs them (the repair textRoles).
func writeRoles(t *translator, n *node, args []string) (string, error) {
	t.notes = append(t.notes, n.text+" is left off: roles that arrive as JSON in a text are read by the repair textRoles")
	return args[0] + ".value", nil
}

// writeSwitch: Switch(source, default, key, value, …) is switch(source, key,
// value, …, default).
func writeSwitch(_ *translator, n *node, args []string) (string, error) {
	if len(args)%2 == 1 {
		return "", errors.New("a key of Switch has no value")
	}
	out := append([]string{args[0]}, args[2:]...)
	if n.args[1].kind != nodeNothing {
		out = append(out, args[1])
	}
	if len(out) < 3 {
		return "", fmt.Errorf("%s has no keys", n.text)
	}
	return "switch(" + strings.Join(out, ", ") + ")", nil
}

func writeInStr(_ *translator, n *node, args []string) (string, error) {
	fold := false
	switch {
	case len(args) >= 3 && n.args[2].kind != nodeNothing && n.args[2].text != "1":
		return "", errors.New("InStr from a place other than the first has no counterpart")
	case len(args) == 4 && (n.args[3].text == "1" || strings.EqualFold(n.args[3].text, "vbTextCompare")):
		fold = true
	}
	if fold {
		return "instr(lower(" + args[0] + "), lower(" + args[1] + "))", nil
	}
	return "instr(" + args[0] + ", " + args[1] + ")", nil
}

// writeReplace: Replace(source, oldValue, regexPattern, regexGroupName,
// replacementValue, replacementAttributeName, template) has a mode for every set
// of arguments that is given.
func writeReplace(_ *translator, n *node, args []string) (string, error) {
	given := func(i int) bool { return i < len(n.args) && n.args[i].kind != nodeNothing }
	source, replacement := args[0], ""
	switch {
	case given(4):
		replacement = args[4]
	case given(5):
		replacement = args[5]
	}
	switch {
	case given(1) && given(6) && !given(2):
		return "replace(" + args[6] + ", " + args[1] + ", " + source + ")", nil
	case given(1) && !given(2) && !given(3) && replacement != "":
		return "replace(" + source + ", " + args[1] + ", " + replacement + ")", nil
	case given(2) && n.args[2].kind != nodeText:
		return "", errors.New("a pattern that is no literal has no counterpart")
	case given(2) && given(3) && n.args[3].kind != nodeText:
		return "", errors.New("the name of a group that is no literal has no counterpart")
	case given(2) && replacement != "":
		return replaceByPattern(n, source, replacement, given(3))
	default:
		return "", errors.New("this form of Replace has no counterpart")
	}
}

// replaceByPattern replaces what a pattern matches or, where a group is named, that
// group of it.
func replaceByPattern(n *node, source, replacement string, grouped bool) (string, error) {
	pattern, err := goRegexp(n.args[2].text)
	if err != nil {
		return "", err
	}
	// A dollar sign begins the name of a group here.
	if strings.HasPrefix(replacement, `"`) {
		replacement = strings.ReplaceAll(replacement, "$", "$$")
	} else {
		replacement = "replace(" + replacement + `, "$", "$$")`
	}
	if grouped {
		var behind int
		if pattern, behind, err = aroundGroup(pattern, n.args[3].text); err != nil {
			return "", err
		}
		replacement = fmt.Sprintf(`"${1}" + %s + "${%d}"`, replacement, behind)
	}
	return "replaceRegex(" + source + ", " + quote(pattern) + ", " + replacement + ")", nil
}

// aroundGroup puts what stands before a named group and behind it into groups as
// well, the first one and the one whose number it returns, so that they can be kept.
func aroundGroup(pattern, name string) (string, int, error) {
	lost := fmt.Errorf("a pattern whose group %s stands within others or beside alternatives has no counterpart", name)
	begin := strings.Index(pattern, "(?P<"+name+">")
	if begin < 0 {
		return "", 0, fmt.Errorf("the pattern has no group %s", name)
	}
	// The group ends where what is left of it is a pattern by itself.
	for end := begin + 1; end < len(pattern); end++ {
		if pattern[end] != ')' {
			continue
		}
		group, err := regexp.Compile(pattern[begin : end+1])
		if err != nil {
			continue
		}
		before, behind := pattern[:begin], pattern[end+1:]
		for _, part := range []string{before, behind} {
			if re, err := regexp.Compile(part); err != nil || re.NumSubexp() > 0 || strings.Contains(part, "|") {
				return "", 0, lost
			}
		}
		if behind != "" && strings.ContainsRune("*+?{", rune(behind[0])) {
			return "", 0, lost // the group itself is repeated
		}
		return "(" + before + ")" + pattern[begin:end+1] + "(" + behind + ")", 2 + group.NumSubexp(), nil
	}
	return "", 0, lost
}

// goRegexp writes a pattern of .NET in the syntax of RE2, which has no look-around
// and no back references.
func goRegexp(pattern string) (string, error) {
	for _, form := range []string{"(?=", "(?!", "(?<=", "(?<!", "(?>", `\k<`} {
		if strings.Contains(pattern, form) {
			return "", fmt.Errorf("patterns with %s have no counterpart", form)
		}
	}
	if regexp.MustCompile(`(^|[^\\])(\\\\)*\\[1-9]`).MatchString(pattern) {
		return "", errors.New("patterns with back references have no counterpart")
	}
	out := strings.ReplaceAll(pattern, "(?<", "(?P<")
	if _, err := regexp.Compile(out); err != nil {
		return "", errors.New("the pattern is none of RE2")
	}
	return out, nil
}

// writeFormatDateTime: FormatDateTime(source, styles, inputFormat, outputFormat).
func writeFormatDateTime(_ *translator, n *node, args []string) (string, error) {
	if n.args[1].kind != nodeNothing {
		return "", errors.New("FormatDateTime with a style has no counterpart")
	}
	if n.args[2].kind != nodeText || n.args[3].kind != nodeText {
		return "", errors.New("a date format that is no literal has no counterpart")
	}
	for _, n := range n.args[2:4] {
		if rest := strings.NewReplacer("yyyy", "", "MM", "", "dd", "", "HH", "", "mm", "", "ss", "").Replace(n.text); strings.ContainsAny(rest,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSUVWXY'\\%") {
			return "", fmt.Errorf("the date format %q has more than yyyy MM dd HH mm ss", n.text)
		}
	}
	return "dateFormat(" + args[0] + ", " + args[2] + ", " + args[3] + ")", nil
}

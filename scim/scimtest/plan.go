package scimtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// plan is a conversation ready to run: every text parsed, every mistake that
// does not depend on answers found.
type plan struct {
	steps []planStep
}

type planStep struct {
	at      string // JSON pointer of the step
	step    *Step
	headers []planHeader
	body    any // tree
	expect  []expectHeader
	answer  *node // nil: the body is not looked at
}

type planHeader struct{ name, value, at string }

type expectHeader struct {
	name    string
	matcher *node
}

// compile checks a conversation and prepares it.
func compile(c *Conversation) (*plan, *FileError) {
	p, err := compileSteps(c)
	if err != nil {
		return nil, inFile(err, c.File)
	}
	return p, nil
}

func compileSteps(c *Conversation) (*plan, *FileError) {
	if c.Name == "" {
		return nil, &FileError{Pointer: "/name", Problem: "must not be empty"}
	}
	if c.Level != LevelRFC && c.Level != LevelCompat {
		return nil, &FileError{Pointer: "/level", Problem: "must be \"rfc\" or \"compat\", not " + quoteJSON(string(c.Level))}
	}
	for i, feature := range c.Requires {
		if !slices.Contains(Features(), feature) {
			return nil, &FileError{Pointer: "/requires/" + strconv.Itoa(i), Problem: "unknown feature " + quoteJSON(feature)}
		}
	}
	if len(c.Steps) == 0 {
		return nil, &FileError{Pointer: "/steps", Problem: "must have at least one step"}
	}
	p := &plan{}
	known := map[string]bool{varBaseURL: true, varToken: true}
	for i := range c.Steps {
		s, err := compileStep(&c.Steps[i], "/steps/"+strconv.Itoa(i), known)
		if err != nil {
			return nil, err
		}
		p.steps = append(p.steps, *s)
	}
	return p, nil
}

// compileStep prepares one step and adds what it captures to known.
func compileStep(s *Step, at string, known map[string]bool) (*planStep, *FileError) {
	p := &planStep{at: at, step: s}
	if err := p.compileRequest(); err != nil {
		return nil, err
	}
	if err := p.compileExpect(); err != nil {
		return nil, err
	}

	var unset *FileError
	use := func(name, at string) {
		if !known[name] && unset == nil {
			unset = unsetVariable(name, at)
			unset.Problem += " by an earlier step"
		}
	}
	variablesIn(s.Request.Path, func(name string) { use(name, at+"/request/path") })
	for _, h := range p.headers {
		variablesIn(h.value, func(name string) { use(name, h.at) })
	}
	treeVariables(p.body, at+"/request/body", use)
	matchers := p.matchers()
	for _, m := range matchers {
		m.variables(use)
	}
	if unset != nil {
		return nil, unset
	}
	for _, m := range matchers {
		m.captures(func(name string) { known[name] = true })
	}
	return p, nil
}

// matchers returns all matchers of the step in the order of evaluation.
func (p *planStep) matchers() []*node {
	var out []*node
	for _, h := range p.expect {
		out = append(out, h.matcher)
	}
	if p.answer != nil {
		out = append(out, p.answer)
	}
	return out
}

func (p *planStep) compileRequest() *FileError {
	r, at := p.step.Request, p.at+"/request"
	if !isToken(r.Method) || r.Method != strings.ToUpper(r.Method) {
		return &FileError{Pointer: at + "/method", Problem: "must be an HTTP method in capitals"}
	}
	// Whatever a variable holds is percent-encoded, so a letter stands for it.
	if err := checkTarget(scanVariables(r.Path, func(string) string { return "x" })); err != nil {
		return &FileError{Pointer: at + "/path", Problem: err.Error()}
	}
	names := map[string]bool{}
	for _, name := range sortedKeys(r.Headers) {
		place := at + "/headers/" + escapePointer(name)
		key := http.CanonicalHeaderKey(name)
		switch {
		case names[key]:
			return &FileError{Pointer: place, Problem: "header given twice"}
		case key == "Host" || key == "Content-Length" || key == "Transfer-Encoding":
			return &FileError{Pointer: place, Problem: "header is added by the runner"}
		}
		if err := checkHeader(name, r.Headers[name]); err != nil {
			return &FileError{Pointer: place, Problem: err.Error()}
		}
		names[key] = true
		p.headers = append(p.headers, planHeader{name, r.Headers[name], place})
	}
	if r.Body == nil {
		return nil
	}
	if r.BodyText != nil {
		return &FileError{Pointer: at, Problem: "body and bodyText cannot both be given"}
	}
	var err *FileError
	p.body, err = parseTree(r.Body, at+"/body")
	return err
}

func (p *planStep) compileExpect() *FileError {
	e, at := p.step.Expect, p.at+"/expect"
	if len(e.Status) == 0 {
		return &FileError{Pointer: at + "/status", Problem: "must have at least one status code"}
	}
	for i, code := range e.Status {
		if code < 200 || code > 599 {
			return &FileError{Pointer: at + "/status/" + strconv.Itoa(i), Problem: "must be a status code from 200 to 599"}
		}
	}
	names := map[string]bool{}
	for _, name := range sortedKeys(e.Headers) {
		place := at + "/headers/" + escapePointer(name)
		key := http.CanonicalHeaderKey(name)
		if names[key] {
			return &FileError{Pointer: place, Problem: "header given twice"}
		}
		names[key] = true
		m, err := compileText(e.Headers[name], place)
		if err != nil {
			return err
		}
		p.expect = append(p.expect, expectHeader{name, m})
	}
	if e.Body == nil {
		return nil
	}
	var err *FileError
	p.answer, err = compileText(e.Body, at+"/body")
	return err
}

func compileText(matcher []byte, at string) (*node, *FileError) {
	tree, err := parseTree(matcher, at)
	if err != nil {
		return nil, err
	}
	return compileMatcher(tree, at)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// fill makes the request of the step.
func (p *planStep) fill(vars map[string]string) (exchange, *FileError) {
	r := p.step.Request
	x := exchange{method: r.Method, header: http.Header{}}
	var err *FileError
	if x.path, err = fillPath(r.Path, vars, p.at+"/request/path"); err != nil {
		return x, err
	}
	for _, h := range p.headers {
		v, err := fillString(h.value, vars, h.at)
		if err != nil {
			return x, err
		}
		x.header.Set(h.name, v)
	}
	authorize(x.header, vars[varToken])
	switch {
	case r.BodyText != nil:
		x.body, x.hasBody = []byte(*r.BodyText), true
	case r.Body != nil:
		tree, err := fillTree(p.body, vars, p.at+"/request/body")
		if err != nil {
			return x, err
		}
		x.body, x.hasBody = appendTree(nil, tree), true
	}
	return x, nil
}

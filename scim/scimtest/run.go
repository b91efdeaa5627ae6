package scimtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Options are the settings of a run. Nil Options are the zero value.
type Options struct {
	// Features lists the optional features that the service provider has; a
	// conversation that requires another one is skipped. Nil means all of them,
	// an empty list none.
	Features []string
	// Skip returns the reason not to run a conversation, "" to run it. Nil skips
	// none.
	Skip func(c *Conversation) string
	// Before is called before each step is sent. An error fails the step, which
	// is then not sent. Nil does nothing.
	Before func(ctx context.Context, s StepRun) error
	// After is called after each step that passed its checks, and an error fails
	// the step. The variables captured by the step are set already. It must not
	// change the response. Nil does nothing.
	After func(ctx context.Context, s StepRun, answer *Response) error
}

// StepRun is a step on its way, as hooks see it.
type StepRun struct {
	Conversation *Conversation
	// Index counts from 0.
	Index int
	// Step is the step as it stands in the file. It must not be changed.
	Step *Step
	// Line is the method and the path, variables filled in.
	Line string
	// Vars are the variables set so far. They are the hook's own copy.
	Vars map[string]string
}

// Result says how a conversation went.
type Result struct {
	Conversation *Conversation
	// Skipped is the reason the conversation was not run, "" if it was.
	Skipped string
	// Problem is what kept the conversation from being run to its end through no
	// fault of the service provider: a *FileError, or a target with a wrong base
	// URL. Nil if there was none.
	Problem error
	// Steps has the steps that were begun, in order. A failed one is the last.
	Steps []StepResult
}

// StepResult says how one step went.
type StepResult struct {
	// Index counts from 0.
	Index int
	// Note is the step's remark.
	Note string
	// Line is the method and the path, variables filled in.
	Line string
	// Sent is the request body, nil if there was none.
	Sent []byte
	// Status is the status code of the answer, 0 if there was none.
	Status int
	// Answer is the answer, nil if there was none.
	Answer *Response
	// Failures lists the unmet expectations; a step that passed has none.
	Failures []Failure

	sent, got string // both bodies as messages show them, set by a failure
}

// Err returns nil if the conversation passed or was skipped, the Problem if
// there is one, and a *FailedError otherwise.
func (r *Result) Err() error {
	if r.Problem != nil {
		return fmt.Errorf("%s: %w", r.Conversation.ID(), r.Problem)
	}
	for _, s := range r.Steps {
		if len(s.Failures) > 0 {
			return &FailedError{Result: r}
		}
	}
	return nil
}

// Run plays a conversation against a target on which no users and groups exist
// yet, and stops at the first step that fails. It never returns nil; opts may be
// nil.
func Run(ctx context.Context, target Target, c *Conversation, opts *Options) *Result {
	var o Options
	if opts != nil {
		o = *opts
	}
	result := &Result{Conversation: c}
	p, problem := compile(c)
	if problem != nil {
		result.Problem = problem
		return result
	}
	if result.Skipped = o.skip(c); result.Skipped != "" {
		return result
	}
	if target.err != nil {
		result.Problem = target.err
		return result
	}
	r := &runner{
		target: target, options: o, conversation: c,
		vars: map[string]string{varBaseURL: target.baseURL, varToken: target.token},
	}
	for i := range p.steps {
		s, problem := r.step(ctx, i, &p.steps[i])
		if s != nil {
			result.Steps = append(result.Steps, *s)
		}
		if problem != nil {
			result.Problem = inFile(problem, c.File)
			return result
		}
		if len(s.Failures) > 0 {
			return result
		}
	}
	return result
}

func (o Options) skip(c *Conversation) string {
	if o.Features != nil {
		for _, feature := range c.Requires {
			if !slices.Contains(o.Features, feature) {
				return "needs the feature " + feature
			}
		}
	}
	if o.Skip != nil {
		return o.Skip(c)
	}
	return ""
}

// runner holds the state of one run.
type runner struct {
	target       Target
	options      Options
	conversation *Conversation
	vars         map[string]string
}

// step runs one step. The result is nil if the step could not be begun.
func (r *runner) step(ctx context.Context, i int, p *planStep) (*StepResult, *FileError) {
	x, problem := p.fill(r.vars)
	if problem != nil {
		return nil, problem
	}
	headers, answer, problem := p.bind(r.vars)
	if problem != nil {
		return nil, problem
	}
	result := &StepResult{Index: i, Note: p.step.Note, Line: r.clean(x.method + " " + x.path), Sent: x.body}
	fail := func(failures ...Failure) (*StepResult, *FileError) {
		for j := range failures {
			failures[j].Expected = r.clean(failures[j].Expected)
			failures[j].Actual = r.clean(failures[j].Actual)
			failures[j].Detail = r.clean(failures[j].Detail)
		}
		result.Failures = failures
		result.sent = r.clean(string(x.body))
		if result.Answer != nil {
			result.got = r.clean(strings.TrimSpace(string(result.Answer.Raw)))
		}
		return result, nil
	}
	view := func() StepRun {
		return StepRun{Conversation: r.conversation, Index: i, Step: p.step, Line: result.Line, Vars: maps.Clone(r.vars)}
	}

	if r.options.Before != nil {
		if err := r.options.Before(ctx, view()); err != nil {
			return fail(Failure{Place: "before", Detail: err.Error(), err: err})
		}
	}
	res, err := r.target.do(ctx, x)
	if err != nil {
		return fail(Failure{Place: "request", Detail: err.Error(), err: err})
	}
	result.Status, result.Answer = res.Status, res
	captures, failures := checkAnswer(p.step, headers, answer, res)
	if len(failures) > 0 {
		return fail(failures...)
	}
	for _, c := range captures {
		r.vars[c.name] = c.value
	}
	if r.options.After != nil {
		if err := r.options.After(ctx, view(), res); err != nil {
			return fail(Failure{Place: "after", Detail: err.Error(), err: err})
		}
	}
	return result, nil
}

// bind fills the variables in in the step's matchers.
func (p *planStep) bind(vars map[string]string) ([]expectHeader, *node, *FileError) {
	headers := make([]expectHeader, len(p.expect))
	for i, h := range p.expect {
		m, err := h.matcher.bind(vars)
		if err != nil {
			return nil, nil, err
		}
		headers[i] = expectHeader{h.name, m}
	}
	if p.answer == nil {
		return headers, nil, nil
	}
	answer, err := p.answer.bind(vars)
	return headers, answer, err
}

// checkAnswer compares an answer with what the step expects. If the status is
// wrong the rest is not looked at: it would only repeat the news.
func checkAnswer(s *Step, headers []expectHeader, answer *node, res *Response) ([]capture, []Failure) {
	if !slices.Contains(s.Expect.Status, res.Status) {
		return nil, []Failure{{Place: "status", Expected: statusList(s.Expect.Status), Actual: strconv.Itoa(res.Status)}}
	}
	var captures []capture
	var failures []Failure
	for _, h := range headers {
		r := &report{place: "header " + h.name}
		h.matcher.eval(headerValue(res, h.name), "", r)
		captures, failures = append(captures, r.captures...), append(failures, r.failures...)
	}
	if answer == nil || res.Status == 204 {
		return captures, failures
	}
	actual, err := parseActual(res.Raw)
	if err != nil {
		return nil, append(failures, Failure{
			Place: "body", Expected: answer.String(), Actual: string(res.Raw), Detail: err.Error(),
		})
	}
	r := &report{place: "body"}
	answer.eval(actual, "", r)
	return append(captures, r.captures...), append(failures, r.failures...)
}

func headerValue(res *Response, name string) value {
	values := res.Header.Values(name)
	if len(values) == 0 {
		return value{}
	}
	return value{strings.Join(values, ", "), true}
}

func statusList(codes []int) string {
	words := make([]string, len(codes))
	for i, code := range codes {
		words[i] = strconv.Itoa(code)
	}
	return strings.Join(words, " or ")
}

// clean keeps the target's token out of what is shown. Very short tokens stay:
// they would be found in unrelated text, and guard nothing.
func (r *runner) clean(s string) string {
	const shortest = 8
	if len(r.target.token) < shortest {
		return s
	}
	return strings.ReplaceAll(s, r.target.token, "{{"+varToken+"}}")
}

package scimtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// FileError is a mistake in a conversation: the file cannot be run, whatever
// the service provider answers.
type FileError struct {
	// File is the path of the file; empty for a conversation made in a program.
	File string
	// Pointer is the place as a JSON pointer (RFC 6901); empty for the whole.
	Pointer string
	// Problem says what is wrong.
	Problem string
}

// Error returns file, place and problem in one line.
func (e *FileError) Error() string {
	s := "conversation"
	if e.File != "" {
		s += " " + e.File
	}
	if e.Pointer != "" {
		s += ": " + e.Pointer
	}
	return s + ": " + e.Problem
}

func inFile(e *FileError, file string) *FileError {
	out := *e
	out.File = file
	return &out
}

// decodeConversation reads the outer parts of a file with exact member names.
func decodeConversation(data []byte) (*Conversation, *FileError) {
	tree, err := parseTree(data, "")
	if err != nil {
		return nil, err
	}
	d := &decoder{}
	c := &Conversation{}
	d.object(tree, "", fields{
		"name":     required(func(v any, at string) { c.Name = d.text(v, at) }),
		"source":   required(func(v any, at string) { c.Source = d.text(v, at) }),
		"level":    required(func(v any, at string) { c.Level = Level(d.text(v, at)) }),
		"requires": required(func(v any, at string) { c.Requires = d.texts(v, at) }),
		"about":    optional(func(v any, at string) { c.About = d.text(v, at) }),
		"steps": required(func(v any, at string) {
			for i, e := range d.list(v, at) {
				c.Steps = append(c.Steps, d.step(e, at+"/"+strconv.Itoa(i)))
			}
		}),
	})
	if d.err != nil {
		return nil, d.err
	}
	return c, nil
}

// decoder keeps the first mistake; once there is one its results are not used.
type decoder struct{ err *FileError }

type field struct {
	required bool
	read     func(v any, at string)
}

type fields map[string]field

func required(read func(v any, at string)) field { return field{true, read} }
func optional(read func(v any, at string)) field { return field{false, read} }

func (d *decoder) fail(at, format string, args ...any) {
	if d.err == nil {
		d.err = &FileError{Pointer: at, Problem: fmt.Sprintf(format, args...)}
	}
}

func (d *decoder) step(v any, at string) Step {
	var s Step
	d.object(v, at, fields{
		"note":    optional(func(v any, at string) { s.Note = d.text(v, at) }),
		"request": required(func(v any, at string) { s.Request = d.request(v, at) }),
		"expect":  required(func(v any, at string) { s.Expect = d.expect(v, at) }),
	})
	return s
}

func (d *decoder) request(v any, at string) Request {
	var r Request
	d.object(v, at, fields{
		"method": required(func(v any, at string) { r.Method = d.text(v, at) }),
		"path":   required(func(v any, at string) { r.Path = d.text(v, at) }),
		"headers": optional(func(v any, at string) {
			r.Headers = map[string]string{}
			for _, m := range d.members(v, at) {
				r.Headers[m.name] = d.text(m.value, at+"/"+escapePointer(m.name))
			}
		}),
		"body": optional(func(v any, _ string) { r.Body = appendTree(nil, v) }),
		"bodyText": optional(func(v any, at string) {
			s := d.text(v, at)
			r.BodyText = &s
		}),
	})
	return r
}

func (d *decoder) expect(v any, at string) Expect {
	var e Expect
	d.object(v, at, fields{
		"status": required(func(v any, at string) {
			for i, s := range d.list(v, at) {
				number, ok := s.(json.Number)
				code, err := strconv.Atoi(number.String())
				if !ok || err != nil {
					d.fail(at+"/"+strconv.Itoa(i), "must be a status code")
				}
				e.Status = append(e.Status, code)
			}
		}),
		"headers": optional(func(v any, at string) {
			e.Headers = map[string]json.RawMessage{}
			for _, m := range d.members(v, at) {
				e.Headers[m.name] = appendTree(nil, m.value)
			}
		}),
		"body": optional(func(v any, _ string) { e.Body = appendTree(nil, v) }),
	})
	return e
}

// object reads the known members of an object and refuses all others.
func (d *decoder) object(v any, at string, known fields) {
	members := d.members(v, at)
	for _, m := range members {
		f, ok := known[m.name]
		if !ok {
			d.fail(at+"/"+escapePointer(m.name), "unknown member")
			return
		}
		f.read(m.value, at+"/"+escapePointer(m.name))
	}
	var missing []string
	for name, f := range known {
		if _, ok := members.get(name); !ok && f.required {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		d.fail(at, "no member %q", slices.Min(missing))
	}
}

func (d *decoder) members(v any, at string) object {
	o, ok := v.(object)
	if !ok {
		d.fail(at, "must be an object")
	}
	return o
}

func (d *decoder) list(v any, at string) []any {
	l, ok := v.([]any)
	if !ok {
		d.fail(at, "must be an array")
	}
	return l
}

func (d *decoder) text(v any, at string) string {
	s, ok := v.(string)
	if !ok {
		d.fail(at, "must be a string")
	}
	return s
}

func (d *decoder) texts(v any, at string) []string {
	out := []string{}
	for i, e := range d.list(v, at) {
		out = append(out, d.text(e, at+"/"+strconv.Itoa(i)))
	}
	return out
}

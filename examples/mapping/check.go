package main

import (
	"encoding/json"
	"fmt"

	"github.com/usher-scim/usher/mapping"
)

// check compiles documents, and reports every problem at once.
func check(c *command, args []string) error {
	asJSON := c.flags.Bool("json", false, "print the problems as JSON, one object a line")
	names, err := c.parse(args, 1, -1)
	if err != nil {
		return err
	}
	f, err := c.load(names)
	if err != nil {
		return err
	}
	problems := f.problems
	for _, doc := range f.docs {
		var ds mapping.Diagnostics
		if doc.IsSet() {
			ds = compileSet(doc)
		} else {
			_, ds = compile(doc)
		}
		problems = append(problems, ds...)
		if len(ds) == 0 && !*asJSON {
			fmt.Fprintf(c.out, "%s %s (%s, %d rules)\n", c.paint(green, "ok"), doc.Name(), or(doc.File(), "shipped"), len(doc.Rules()))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	if !*asJSON {
		c.tell(problems)
		return errWrong
	}
	enc := json.NewEncoder(c.out)
	for _, d := range problems {
		if err := enc.Encode(map[string]any{
			"code": d.Code, "at": d.At, "file": d.File, "line": d.Line, "column": d.Column, "message": d.Msg, "suggestion": d.Suggestion,
		}); err != nil {
			return err
		}
	}
	return errWrong
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

// printDocument prints a document whole.
func printDocument(c *command, args []string) error {
	names, err := c.parse(args, 1, 1)
	if err != nil {
		return err
	}
	f, err := c.load(names)
	if err != nil {
		return err
	}
	if len(f.problems) > 0 {
		c.tell(f.problems)
		return errWrong
	}
	_, err = c.out.Write(f.docs[0].AppendYAML(nil))
	return err
}

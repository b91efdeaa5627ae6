package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/mapping/importer"
)

// importDocument prints another system's mapping as a document. What became of
// each of its parts goes to standard error.
func importDocument(c *command, args []string) error {
	base := c.flags.String("base", "", "the `DOCUMENT` that the import is to extend")
	name := c.flags.String("name", "", "the `NAME` of the document")
	attributes := make(map[string]string)
	c.flags.Func("attribute", "a source attribute and the SCIM path in which it arrives, `NAME=PATH`; may be repeated", func(s string) error {
		source, path, ok := strings.Cut(s, "=")
		if !ok || source == "" || path == "" {
			return errors.New("NAME=PATH is wanted")
		}
		attributes[source] = path
		return nil
	})
	names, err := c.parse(args, 2, 2)
	if err != nil {
		return err
	}
	read, ok := map[string]func([]byte, *importer.Options) (*importer.Result, error){
		"entra": importer.Entra, "okta": importer.Okta, "miniorange": importer.MiniOrange,
	}[names[0]]
	if !ok {
		return usageError{fmt.Errorf("%s is not known: entra, okta and miniorange are", names[0])}
	}
	o := &importer.Options{Name: *name, Attributes: attributes}
	if *base != "" {
		if o.Base, _, err = c.one(*base); err != nil {
			return err
		}
	}
	data, err := c.read(names[1])
	if err != nil {
		return err
	}
	r, err := read(data, o)
	if err != nil {
		return err
	}
	for _, l := range r.Lines {
		text := l.String()
		if l.Status == importer.Left {
			text = c.paint(red, text)
		}
		fmt.Fprintln(c.err, text)
	}
	if _, err := c.out.Write(r.Document); err != nil {
		return err
	}
	if !r.Complete() {
		return errWrong
	}
	return nil
}

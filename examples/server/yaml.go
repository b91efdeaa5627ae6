package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxConfig bounds the size of a configuration file, in bytes.
const maxConfig = 1 << 20

// node is a value of a YAML file that knows where it stands, so that every
// complaint has file, line and field.
type node struct {
	file string
	path string // "connections[0].name"; "" for the whole
	yaml *yaml.Node
}

// syntaxError matches what the YAML reader says of a line.
var syntaxError = regexp.MustCompile(`^yaml: line (\d+): (?s)(.*)$`)

// readYAML reads a file with one YAML document.
func readYAML(file string) (node, error) {
	f, err := os.Open(file)
	if err != nil {
		return node{}, fmt.Errorf("cannot read the configuration: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return node{}, fmt.Errorf("cannot read the configuration: %w", err)
	case len(data) > maxConfig:
		return node{}, fmt.Errorf("%s: larger than 1 MiB", file)
	}
	d := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc, more yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return node{}, fmt.Errorf("%s:1: the file is empty", file)
	case err != nil:
		if m := syntaxError.FindStringSubmatch(err.Error()); m != nil {
			return node{}, fmt.Errorf("%s:%s: not valid YAML: %s", file, m[1], m[2])
		}
		return node{}, fmt.Errorf("%s:1: not valid YAML: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if d.Decode(&more) == nil {
		return node{}, fmt.Errorf("%s:%d: only one document is wanted", file, more.Line)
	}
	return node{file: file, yaml: doc.Content[0]}, nil
}

// errorf returns a complaint about the value.
func (n node) errorf(format string, args ...any) error {
	where := n.file + ":" + strconv.Itoa(n.yaml.Line) + ": "
	if n.path != "" {
		where += n.path + ": "
	}
	return fmt.Errorf("%s%w", where, fmt.Errorf(format, args...))
}

// isNull reports whether nothing was written.
func (n node) isNull() bool { return n.yaml.Kind == yaml.ScalarNode && n.yaml.Tag == "!!null" }

func (n node) member(name string, v *yaml.Node) node {
	path := name
	if n.path != "" {
		path = n.path + "." + name
	}
	return node{n.file, path, v}
}

// entries calls f for each member of an object.
func (n node) entries(f func(name string, v node) error) error {
	if n.yaml.Kind != yaml.MappingNode {
		return n.errorf("a list of names and values is wanted")
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		key, value := n.yaml.Content[i], n.yaml.Content[i+1]
		v := n.member(key.Value, value)
		at := node{n.file, v.path, key}
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str":
			return node{n.file, n.path, key}.errorf("a plain name is wanted")
		case seen[key.Value]:
			return at.errorf("it is there twice")
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			return at.errorf("anchors and aliases are not taken")
		}
		seen[key.Value] = true
		if err := f(key.Value, v); err != nil {
			return err
		}
	}
	return nil
}

// members are the readers of an object's members, by name.
type members map[string]func(node) error

// object reads an object with known members. Members without a value count as
// not there.
func (n node) object(m members) error {
	return n.entries(func(name string, v node) error {
		read := m[name]
		if read == nil {
			known := make([]string, 0, len(m))
			for k := range m {
				known = append(known, k)
			}
			slices.Sort(known)
			return v.errorf("unknown field; known are %s", strings.Join(known, ", "))
		}
		if v.isNull() {
			return nil
		}
		return read(v)
	})
}

// list calls f for each element of a list.
func (n node) list(f func(node) error) error {
	if n.yaml.Kind != yaml.SequenceNode {
		return n.errorf("a list is wanted")
	}
	for i, v := range n.yaml.Content {
		e := node{n.file, fmt.Sprintf("%s[%d]", n.path, i), v}
		if v.Kind == yaml.AliasNode || v.Anchor != "" {
			return e.errorf("anchors and aliases are not taken")
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

// text reads a string.
func (n node) text() (string, error) {
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Tag != "!!str" || n.yaml.Value == "" {
		return "", n.errorf("a string is wanted")
	}
	return n.yaml.Value, nil
}

// into reads a string into p.
func into(p *string) func(node) error {
	return func(n node) (err error) {
		*p, err = n.text()
		return err
	}
}

// flag is true or false.
func (n node) flag() (bool, error) {
	v, err := n.scalar()
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, n.errorf("true or false is wanted")
	}
	return b, nil
}

// scalar reads a string, a number or a boolean as it is.
func (n node) scalar() (any, error) {
	var v any
	if n.yaml.Kind != yaml.ScalarNode || n.yaml.Decode(&v) != nil {
		return nil, n.errorf("a string, a number, true or false is wanted")
	}
	switch v.(type) {
	case string, bool, int, int64, uint64, float64, nil:
		return v, nil
	default: // timestamps look like strings to their writers
		return n.yaml.Value, nil
	}
}

// reference reads a secret that stands elsewhere: env:NAME or file:PATH, the
// path relative to the configuration file. A secret in the file itself is
// refused, and not repeated.
func (n node) reference(lookup func(string) (string, bool)) (string, error) {
	s, err := n.text()
	if err != nil {
		return "", err
	}
	if name, ok := strings.CutPrefix(s, "env:"); ok {
		return n.environment(name, lookup)
	}
	if path, ok := strings.CutPrefix(s, "file:"); ok {
		return n.secretFile(path)
	}
	return "", n.errorf("a secret is not written here: env:NAME or file:PATH is wanted")
}

func (n node) environment(name string, lookup func(string) (string, bool)) (string, error) {
	v, ok := lookup(name)
	if !ok || v == "" {
		return "", n.errorf("the environment has no variable %s", name)
	}
	return v, nil
}

func (n node) secretFile(path string) (string, error) {
	data, err := os.ReadFile(n.resolve(path))
	if err != nil {
		return "", n.errorf("%w", err)
	}
	v := strings.TrimRight(string(data), "\r\n")
	if v == "" {
		return "", n.errorf("the file is empty")
	}
	return v, nil
}

// resolve returns a path that is relative to the configuration file.
func (n node) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(n.file), path)
}

// find returns the value under a dotted path, or the nearest one above it, with
// the path asked for.
func (n node) find(path string) node {
	at := n
	rest := path
	for rest != "" && at.yaml.Kind == yaml.MappingNode {
		name, more, _ := strings.Cut(rest, ".")
		found := false
		for i := 0; i+1 < len(at.yaml.Content); i += 2 {
			if at.yaml.Content[i].Value == name {
				at, found = at.member(name, at.yaml.Content[i+1]), true
				break
			}
		}
		if !found {
			break
		}
		rest = more
	}
	if path != "" {
		at.path = n.member(path, nil).path
	}
	return at
}

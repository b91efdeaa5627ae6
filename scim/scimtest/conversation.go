package scimtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Level says what a conversation asks of a service provider.
type Level string

// The levels of a conversation.
const (
	// LevelRFC marks a conversation that every conforming service provider
	// with User, the enterprise extension and Group passes.
	LevelRFC Level = "rfc"
	// LevelCompat marks a conversation in which the client departs from
	// RFC 7643 or RFC 7644, or wants more than they promise.
	LevelCompat Level = "compat"
)

// The optional features that a conversation can require.
const (
	// FeaturePatch is the PATCH method (RFC 7644 section 3.5.2).
	FeaturePatch = "patch"
	// FeatureFilter is the filter parameter (RFC 7644 section 3.4.2.2).
	FeatureFilter = "filter"
	// FeatureFilterValuePath is the filter parameter with a value path, such as
	// emails[type eq "work"].
	FeatureFilterValuePath = "filter-valuepath"
	// FeatureUserGroups is the read-only groups attribute of users.
	FeatureUserGroups = "user-groups"
)

// Features returns every optional feature that a conversation can require.
func Features() []string {
	return []string{FeaturePatch, FeatureFilter, FeatureFilterValuePath, FeatureUserGroups}
}

// Clients returns the names of the folders that hold conversations in a
// vectors directory, one for each identity provider.
func Clients() []string {
	return []string{"entra", "okta", "miniorange", "onelogin", "jumpcloud", "ping", "sailpoint"}
}

// Conversation is one scripted conversation between an identity provider's
// SCIM client and a service provider that starts on an empty tenant.
//
// Encoding a Conversation with encoding/json gives its file again.
type Conversation struct {
	// Name says in one line what the conversation shows.
	Name string `json:"name"`
	// Source is the title of the document that the behaviour was taken from.
	Source string `json:"source"`
	// Level is LevelRFC or LevelCompat.
	Level Level `json:"level"`
	// Requires lists the optional features the service provider must have.
	Requires []string `json:"requires"`
	// About is background; it may be empty.
	About string `json:"about,omitempty"`
	// Steps are the requests and the answers expected, in order.
	Steps []Step `json:"steps"`

	// File is the path that the conversation was loaded from; empty for one
	// made in a program.
	File string `json:"-"`
}

// ID returns a short name for subtests and skip lists: the last folder and the
// file name without its ending, such as "entra/02-match-then-create", or the
// Name of a conversation that was not loaded from a file.
func (c *Conversation) ID() string {
	if c.File == "" {
		return c.Name
	}
	file := filepath.ToSlash(c.File)
	file = strings.TrimSuffix(file, ".json")
	dir, base := "", file
	if i := strings.LastIndexByte(file, '/'); i >= 0 {
		dir, base = file[:i], file[i+1:]
	}
	if i := strings.LastIndexByte(dir, '/'); i >= 0 {
		dir = dir[i+1:]
	}
	if dir == "" || dir == "." || dir == ".." {
		return base
	}
	return dir + "/" + base
}

// Step is one request and what is expected of its answer.
type Step struct {
	// Note is a remark; it may be empty.
	Note    string  `json:"note,omitempty"`
	Request Request `json:"request"`
	Expect  Expect  `json:"expect"`
}

// Request is what the client sends in one step. Variables are written
// {{name}}.
type Request struct {
	// Method is the HTTP method in capitals.
	Method string `json:"method"`
	// Path is relative to the base URL, begins with a slash, may have a query,
	// and is percent-encoded already. Variables are percent-encoded when they
	// are filled in.
	Path string `json:"path"`
	// Headers are sent as given, variables filled in. Authorization is added
	// unless it is listed here; an empty one is left out of the request. Host,
	// Content-Length and Transfer-Encoding cannot be listed.
	Headers map[string]string `json:"headers,omitempty"`
	// Body is a JSON text, sent with variables filled in in strings and member
	// names. Nil means that none is sent.
	Body json.RawMessage `json:"body,omitempty"`
	// BodyText is sent as it is, instead of Body; nil means that there is none.
	BodyText *string `json:"bodyText,omitempty"`
}

// Expect is what the answer of one step has to be.
type Expect struct {
	// Status lists the allowed status codes, at least one.
	Status []int `json:"status"`
	// Headers maps header names, in any case, to matchers.
	Headers map[string]json.RawMessage `json:"headers,omitempty"`
	// Body is a matcher for the JSON body. Nil means that the body is not
	// looked at; it is not looked at either when the status is 204.
	Body json.RawMessage `json:"body,omitempty"`
}

// Validate reports the first mistake that can be seen without running the
// conversation, as a *FileError: a missing or wrong member, a matcher that does
// not follow the format, a variable that no earlier step captures. [Run]
// validates too.
func (c *Conversation) Validate() error {
	if _, err := compile(c); err != nil {
		return err
	}
	return nil
}

// Parse reads a conversation from the text of a file. The file name is kept in
// File and used in errors. Members that the format does not have, members given
// twice and everything that Validate finds are errors (*FileError).
func Parse(file string, data []byte) (*Conversation, error) {
	c, err := decodeConversation(data)
	if err != nil {
		return nil, inFile(err, file)
	}
	c.File = file
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// Load reads the conversation file at path; see Parse.
func Load(path string) (*Conversation, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read conversation: %w", err)
	}
	return Parse(path, data)
}

// LoadDir reads every file ending in .json in dir and the folders below it,
// sorted by path. It reads all files and joins the errors of those that are
// wrong. A directory without conversations is an error too: a suite that runs
// nothing must not pass.
func LoadDir(dir string) ([]*Conversation, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() && strings.HasSuffix(path, ".json") {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("read conversations: no .json file in %s", dir)
	}
	slices.Sort(paths)

	conversations := make([]*Conversation, 0, len(paths))
	var problems []error
	for _, path := range paths {
		c, err := Load(path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		conversations = append(conversations, c)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return conversations, nil
}

// LoadVectors reads the folders named by [Clients] in a vectors directory and
// leaves out everything else in it, which has other formats. A missing folder
// is an error.
func LoadVectors(root string) ([]*Conversation, error) {
	var all []*Conversation
	var problems []error
	for _, name := range Clients() {
		list, err := LoadDir(filepath.Join(root, name))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, list...)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return all, nil
}

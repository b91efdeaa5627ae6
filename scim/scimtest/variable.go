package scimtest

import "strings"

// The variables that the runner sets.
const (
	varBaseURL = "baseURL"
	varToken   = "token"
)

// fillString returns s with its variables filled in as they are.
func fillString(s string, vars map[string]string, at string) (string, *FileError) {
	return fill(s, vars, at, func(value string) string { return value })
}

// fillPath returns s with its variables filled in percent-encoded.
func fillPath(s string, vars map[string]string, at string) (string, *FileError) {
	return fill(s, vars, at, percentEncode)
}

func fill(s string, vars map[string]string, at string, encode func(string) string) (string, *FileError) {
	var problem *FileError
	out := scanVariables(s, func(name string) string {
		value, ok := vars[name]
		if !ok && problem == nil {
			problem = unsetVariable(name, at)
		}
		return encode(value)
	})
	if problem != nil {
		return "", problem
	}
	return out, nil
}

func unsetVariable(name, at string) *FileError {
	return &FileError{Pointer: at, Problem: "variable {{" + name + "}} was never set"}
}

// variablesIn calls use for each variable in s.
func variablesIn(s string, use func(name string)) {
	scanVariables(s, func(name string) string {
		use(name)
		return ""
	})
}

// scanVariables replaces each {{name}} in s. Braces around anything that is not
// a name are plain text. What is filled in is not scanned again.
func scanVariables(s string, replace func(name string) string) string {
	if !strings.Contains(s, "{{") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if name, ok := variableAt(s[i:]); ok {
			b.WriteString(replace(name))
			i += len(name) + 4
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// variableAt returns the name of the variable that s begins with.
func variableAt(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "{{")
	if !ok {
		return "", false
	}
	n := 0
	for n < len(rest) && isNameByte(rest[n]) {
		n++
	}
	if n == 0 || !strings.HasPrefix(rest[n:], "}}") {
		return "", false
	}
	return rest[:n], true
}

func isVariableName(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isNameByte(c byte) bool {
	return isAlphanumeric(c) || c == '_'
}

func isAlphanumeric(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
}

// percentEncode encodes every byte outside the unreserved set of RFC 3986
// section 2.3.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if isAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

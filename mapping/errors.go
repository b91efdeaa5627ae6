package mapping

import "strings"

// Code is the stable name of a problem or a warning. Documents, logs and tests
// may rely on it.
type Code string

// Codes of problems in a document.
const (
	CodeSyntax             Code = "E_SYNTAX"
	CodeUnknownAttribute   Code = "E_UNKNOWN_ATTRIBUTE"
	CodeUnknownField       Code = "E_UNKNOWN_FIELD"
	CodeUnknownFunc        Code = "E_UNKNOWN_FUNC"
	CodeUnknownValueMap    Code = "E_UNKNOWN_VALUE_MAP"
	CodeUnknownLookup      Code = "E_UNKNOWN_LOOKUP"
	CodeUnknownSchema      Code = "E_UNKNOWN_SCHEMA"
	CodeUnknownPrefix      Code = "E_UNKNOWN_PREFIX"
	CodeLossy              Code = "E_LOSSY"
	CodeNoInverse          Code = "E_NO_INVERSE"
	CodeReadOnlyField      Code = "E_READONLY_FIELD"
	CodeDuplicateTarget    Code = "E_DUPLICATE_TARGET"
	CodeClearRequired      Code = "E_CLEAR_REQUIRED"
	CodeSecretDirection    Code = "E_SECRET_DIRECTION"
	CodeMatchPrecedence    Code = "E_MATCH_PRECEDENCE"
	CodeMatchNotFilterable Code = "E_MATCH_NOT_FILTERABLE"
	CodeCost               Code = "E_COST"
	CodeCycle              Code = "E_CYCLE"
)

// Codes of errors of a write. CodeType and CodeLimit also occur in documents.
const (
	CodeType              Code = "E_TYPE"
	CodeLimit             Code = "E_LIMIT"
	CodeRequired          Code = "E_REQUIRED"
	CodeConvert           Code = "E_CONVERT"
	CodeValueMap          Code = "E_VALUE_MAP"
	CodeValidate          Code = "E_VALIDATE"
	CodeAmbiguousValue    Code = "E_AMBIGUOUS_VALUE"
	CodeLookupMissing     Code = "E_LOOKUP_MISSING"
	CodeLookupAmbiguous   Code = "E_LOOKUP_AMBIGUOUS"
	CodeLookupCreateLimit Code = "E_LOOKUP_CREATE_LIMIT"
	CodeMatchAmbiguous    Code = "E_MATCH_AMBIGUOUS"
	CodeMutability        Code = "E_MUTABILITY"
)

// Codes of warnings.
const (
	WarnLookupMissing Code = "W_LOOKUP_MISSING"
	WarnValueMap      Code = "W_VALUE_MAP"
	WarnUnclearable   Code = "W_UNCLEARABLE"
)

// Error is why a rule failed.
type Error struct {
	Status   int    // HTTP status
	SCIMType string // RFC 7644 table 9
	Rule     string
	Path     string // the rule's SCIM path as it was written, "" without one
	Target   string // the field
	Code     Code
	// Reason says what failed and names the value, or [redacted] in its place.
	Reason string

	index int // of the rule
}

// Error returns the reason with the SCIM path and the field.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Path != "" {
		b.WriteString(e.Path)
		if e.Target != "" {
			b.WriteString(" → " + e.Target)
		}
		b.WriteString(": ")
	} else if e.Target != "" {
		b.WriteString(e.Target + ": ")
	}
	b.WriteString(e.Reason)
	if e.Rule != "" {
		b.WriteString(" (rule " + e.Rule + ", " + string(e.Code) + ")")
	}
	return b.String()
}

// Errors are the errors of one write, one per rule at most, in the order of the
// rules.
type Errors struct{ All []Error }

// Error returns one line per error, fit for a client's detail.
func (e *Errors) Error() string {
	lines := make([]string, len(e.All))
	for i := range e.All {
		lines[i] = e.All[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Status returns the HTTP status of the first error.
func (e *Errors) Status() int {
	if len(e.All) == 0 {
		return 0
	}
	return e.All[0].Status
}

// SCIMType returns the scimType of the first error.
func (e *Errors) SCIMType() string {
	if len(e.All) == 0 {
		return ""
	}
	return e.All[0].SCIMType
}

// Package yamltext writes values as YAML that people can read: a line for what
// fits on one, a block for the rest. Members keep their order. What it writes is
// a subset of YAML in which every text means itself.
package yamltext

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// width is how long a line of flow style may be, in bytes.
const width = 120

// Append appends an object as a document in block style.
func Append(dst []byte, v schema.Value) []byte {
	w := &writer{buf: dst}
	w.object("", v)
	return w.buf
}

type writer struct{ buf []byte }

// object writes the members of an object, one a line or a block.
func (w *writer) object(indent string, v schema.Value) {
	for name, m := range v.Members() {
		w.buf = append(w.buf, indent+Text(name)+":"...)
		w.after(indent, m, len(indent)+len(name)+2)
	}
}

// after writes what stands behind a colon.
func (w *writer) after(indent string, v schema.Value, column int) {
	flow := Flow(v)
	switch {
	case v.Kind() == schema.KindList && v.Len() > 0 && (v.At(0).Kind() == schema.KindObject || column+len(flow) > width):
		w.buf = append(w.buf, '\n')
		for e := range v.Elements() {
			w.item(indent+"  ", e)
		}
	case v.Kind() == schema.KindObject && flow != "{}" && column+len(flow) > width:
		w.buf = append(w.buf, '\n')
		w.object(indent+"  ", v)
	default:
		w.buf = append(w.buf, " "+flow+"\n"...)
	}
}

// item writes an element of a list in block style.
func (w *writer) item(indent string, v schema.Value) {
	flow := Flow(v)
	if v.Kind() != schema.KindObject || len(indent)+2+len(flow) <= width {
		w.buf = append(w.buf, indent+"- "+flow+"\n"...)
		return
	}
	first := true
	for name, m := range v.Members() {
		lead := indent + "  "
		if first {
			lead = indent + "- "
		}
		first = false
		w.buf = append(w.buf, lead+Text(name)+":"...)
		w.after(indent+"  ", m, len(indent)+2+len(name)+2)
	}
}

// Flow writes a value on one line.
func Flow(v schema.Value) string {
	switch v.Kind() {
	case schema.KindString:
		s, _ := v.Str()
		return Text(s)
	case schema.KindList:
		parts := make([]string, v.Len())
		for i := range v.Len() {
			parts[i] = Flow(v.At(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case schema.KindObject:
		var parts []string
		for name, m := range v.Members() {
			parts = append(parts, Text(name)+": "+Flow(m))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return string(v.AppendJSON(nil))
	}
}

// bare is text that YAML takes for text and nothing else, in any place.
var bare = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_.$/-]*$`)

// Text writes a text: bare where nothing else can be made of it, else in single
// quotes where that keeps it readable, else as JSON.
func Text(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return quoted(s)
	}
	switch {
	case bare.MatchString(s):
		return s
	case strings.ContainsRune(s, '"') && !strings.ContainsFunc(s, unprintable):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	default:
		return quoted(s)
	}
}

// unprintable holds for what JSON takes as it is, and YAML does not, and for what
// would break a line.
func unprintable(c rune) bool {
	return c < 0x20 || c >= 0x7f && c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffd
}

// quoted writes a text as JSON, which is YAML, too.
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // cannot be: it is a string
	}
	var out strings.Builder
	for _, c := range strings.TrimSuffix(b.String(), "\n") {
		if unprintable(c) && c != 0xfffd {
			fmt.Fprintf(&out, `\u%04x`, c)
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}

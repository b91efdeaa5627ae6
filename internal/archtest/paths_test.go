package archtest

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// machinePath matches paths that mean something on the author's machine only. It
// is put together of parts, so that it does not match itself; a plain /Users is
// left alone, for it is SCIM's.
var machinePath = regexp.MustCompile(`(?:^|[\s"'` + "`" + `=:(])(/(?:` + `work|home|root)/[\w.-]+|[A-Z]:\\\\?Users\\)`)

func TestMachinePaths(t *testing.T) {
	t.Parallel()
	files(t, func(name string, content []byte) {
		for _, breach := range pathBreaches(name, content) {
			t.Error(breach)
		}
	})
}

// pathBreaches returns the lines of a text file that hold a machine's path.
func pathBreaches(name string, content []byte) []string {
	if !utf8.Valid(content) {
		return nil
	}
	var out []string
	for i, line := range bytes.Split(content, []byte("\n")) {
		if m := machinePath.FindSubmatch(line); m != nil {
			out = append(out, fmt.Sprintf("%s:%d: %s is a path of one machine", name, i+1, m[1]))
		}
	}
	return out
}

func TestPathBreaches(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"work", "home", "root"} {
		text := "one\nsee \"/" + dir + "/someone/notes\"\n"
		assert.Equal(t, []string{"a.md:2: /" + dir + "/someone is a path of one machine"}, pathBreaches("a.md", []byte(text)))
	}
	assert.Len(t, pathBreaches("a.md", []byte(`C:\`+`Users\someone`)), 1)
	for _, text := range []string{"the /Users/1 resource", "GET /Users/{{id}}", "../work/x", "homework/a", "/Groups/1"} {
		assert.Emptyf(t, pathBreaches("a.md", []byte(text)), "%q", text)
	}
}

package scim

import (
	"net/http"
	"slices"
	"strings"
)

// ifMatch returns the versions of If-Match, nil where any will do. What versions
// there are is known in a backend that has them; where it has none, no version
// can be the present one.
func (x *exchange) ifMatch() ([]string, error) {
	return x.versions(x.r.Header.Values("If-Match"))
}

// conditions returns the versions in which a resource may be written: those of
// If-Match, and none of If-None-Match (RFC 9110 section 13.1.2), which few clients
// send with a write and which costs a read. What is read then has to be there still
// when it is written.
func (x *exchange) conditions(l *layout, id string) ([]string, error) {
	match, err := x.ifMatch()
	none := entityTags(x.r.Header.Values("If-None-Match"))
	if err != nil || none == nil {
		return match, err
	}
	res, err := x.h.backend.Get(x.ctx, Ref{l.rt.Name, id}, ReadOptions{})
	if err != nil {
		return nil, err
	}
	if err := checkResource(l, res); err != nil {
		return nil, err
	}
	if matches(none, res.Version) {
		return nil, Errorf(http.StatusPreconditionFailed, "", "The resource is in the version that If-None-Match excludes.")
	}
	if match == nil && res.Version != "" {
		match = []string{res.Version}
	}
	return match, nil
}

// versions is ifMatch for the lines of the header.
func (x *exchange) versions(lines []string) ([]string, error) {
	tags := entityTags(lines)
	if tags == nil || slices.Contains(tags, anyTag) {
		return nil, nil
	}
	if !x.view.types.features.Versions {
		return nil, versionMismatch()
	}
	return tags, nil
}

func versionMismatch() *Error {
	return Errorf(http.StatusPreconditionFailed, "", "The resource is not in the version that If-Match asks for: read it again.")
}

// unchanged reports whether the client has this version already.
func (x *exchange) unchanged(version string) bool {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return false
	}
	return matches(entityTags(x.r.Header.Values("If-None-Match")), version)
}

const anyTag = "*"

// matches reports whether one of the tags is that of a resource that is there, ""
// being no version.
func matches(tags []string, version string) bool {
	return slices.Contains(tags, anyTag) || version != "" && slices.Contains(tags, version)
}

// entityTags returns the opaque parts of the entity tags in the lines of a header
// (RFC 9110 section 8.8.3), and [anyTag] for *. Comparison is weak throughout:
// the versions that RFC 7644 section 3.14 shows in If-Match are weak ones. What
// is not an entity tag is taken for one without quotes, which some clients send.
// It is nil for a header that is not there.
func entityTags(lines []string) []string {
	var out []string
	for _, line := range lines {
		for line != "" {
			line = strings.TrimLeft(line, " \t,")
			if line == "" {
				break
			}
			var tag string
			rest := strings.TrimPrefix(strings.TrimPrefix(line, "W/"), "w/")
			if quoted, ok := strings.CutPrefix(rest, `"`); ok {
				tag, line, _ = strings.Cut(quoted, `"`)
			} else {
				tag, line, _ = strings.Cut(rest, ",")
				tag = strings.TrimSpace(tag)
			}
			out = append(out, tag)
		}
	}
	return out
}

package scim

import (
	"net/http"
	"strings"
)

// resourcePath takes the path of the base URL and the version of the protocol off
// a request's path. The version (RFC 7644 section 3.13) is the last segment of the
// base URL or stands behind it; another one than v2 is refused.
func (s *settings) resourcePath(path string) (string, error) {
	rest, ok := below(path, s.prefix)
	slash := strings.LastIndexByte(s.prefix, '/')
	fixed := isVersion(s.prefix[slash+1:])
	switch {
	case ok && fixed:
		return rest, nil
	case fixed:
		rest, ok = below(path, s.prefix[:slash])
	}
	if !ok {
		rest = path // http.StripPrefix or a proxy has taken the base off
	}
	version, after, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch {
	case isVersion(version) && version != "v2":
		return "", Errorf(http.StatusBadRequest, InvalidVers, "Version %.20s of the protocol is not supported, v2 is.", version)
	case isVersion(version):
		return "/" + after, nil
	case fixed:
		return path, nil
	default:
		return rest, nil
	}
}

// below returns what a path has behind a base, and whether it is there.
func below(path, base string) (string, bool) {
	rest, ok := strings.CutPrefix(path, base)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// isVersion reports whether a segment of a path is a version of the protocol: v2.
func isVersion(segment string) bool {
	digits, ok := strings.CutPrefix(segment, "v")
	return ok && digits != "" && strings.Trim(digits, "0123456789.") == ""
}

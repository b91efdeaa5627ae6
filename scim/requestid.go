package scim

import "context"

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of a request. A handler
// that is served with it uses that id; programs that put a handler behind their
// own use it to keep one id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request that a backend's context belongs to,
// "" where there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// validRequestID holds for ids that may come from outside: 1 to 64 letters,
// digits and dashes.
func validRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

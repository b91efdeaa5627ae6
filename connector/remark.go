package connector

import (
	"context"
	"slices"
	"sync"
)

// Remarks gathers what drivers say of a call beside its result. The zero value is
// ready; it is safe for concurrent use.
type Remarks struct {
	mu   sync.Mutex
	list []string
}

// List returns a copy of what was said so far, in its order.
func (r *Remarks) List() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

type remarksKey struct{}

// WithRemarks returns a context under which remarks go to r.
func WithRemarks(ctx context.Context, r *Remarks) context.Context {
	return context.WithValue(ctx, remarksKey{}, r)
}

// Remark tells whoever asked for a write that succeeded of something that was left
// undone and that the next write of the same will mend: an administrator reads it
// in the provisioning log. The sentence has no values of attributes and nothing of
// the target's own words. Where nobody listens it is lost.
func Remark(ctx context.Context, sentence string) {
	if r, ok := ctx.Value(remarksKey{}).(*Remarks); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.list = append(r.list, sentence)
	}
}

package main

import (
	"bytes"
	"io"
	"sync"
)

// heldWriter keeps what is written until it is released: a start that fails says
// one thing, why, and not what was logged on the way there.
type heldWriter struct {
	mu   sync.Mutex
	w    io.Writer
	held *bytes.Buffer // nil once released
}

func newHeldWriter(w io.Writer) *heldWriter { return &heldWriter{w: w, held: &bytes.Buffer{}} }

// Write implements io.Writer.
func (h *heldWriter) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held != nil {
		return h.held.Write(p)
	}
	return h.w.Write(p)
}

// release lets through what was kept, and all that follows.
func (h *heldWriter) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held != nil {
		_, _ = h.w.Write(h.held.Bytes())
		h.held = nil
	}
}

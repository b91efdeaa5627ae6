package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// inProcess is a transport to a handler in this process. Other hosts cannot be
// reached by it.
type inProcess struct {
	host    string
	handler http.Handler
}

var _ http.RoundTripper = inProcess{}

// RoundTrip implements http.RoundTripper. An answer that the handler cuts off
// ends as a broken connection would.
func (t inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Body != nil {
		defer r.Body.Close() //nolint:errcheck // it is read only
	}
	if r.URL.Host != t.host {
		return nil, fmt.Errorf("the sandbox has one account only: %s", t.host)
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host, in.RemoteAddr, in.RequestURI = r.URL.Host, "127.0.0.1:0", r.URL.RequestURI()
	w := &answer{header: http.Header{}}
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, io.ErrUnexpectedEOF
			if p != http.ErrAbortHandler { //nolint:errorlint // the value that handlers panic with
				err = errors.New("the simulator panicked")
			}
		}
	}()
	t.handler.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// answer keeps what a handler writes.
type answer struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.sent = status, a.header.Clone()
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

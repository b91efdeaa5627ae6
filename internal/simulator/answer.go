package simulator

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// JSONType is the Content-Type of JSON answers.
const JSONType = "application/json; charset=utf-8"

// Answer is a whole answer, built while the simulator's lock is held and written
// after it. Header is not nil in an answer that is to be written.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON returns an answer of one JSON text, without a final line break and with
// <, > and & as they are. The error is the encoder's.
func JSON(status int, v any) (Answer, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return Answer{}, err
	}
	h := http.Header{}
	h.Set("Content-Type", JSONType)
	return Answer{Status: status, Header: h, Body: bytes.TrimRight(buf.Bytes(), "\n")}, nil
}

// Empty returns an answer without a body.
func Empty(status int) Answer { return Answer{Status: status, Header: http.Header{}} }

// Write sends the answer.
func (a Answer) Write(w http.ResponseWriter) {
	a.writeHead(w)
	_, _ = w.Write(a.Body) // a client that has gone away is its own concern
}

// WriteHalf sends the headers of the answer and the first half of the body. The
// handler is then to end with http.ErrAbortHandler.
func (a Answer) WriteHalf(w http.ResponseWriter) {
	a.writeHead(w)
	_, _ = w.Write(a.Body[:len(a.Body)/2])
	// Without a flush the half would be thrown away with the connection.
	_ = http.NewResponseController(w).Flush()
}

func (a Answer) writeHead(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	if a.Status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
}

// DecodeObject decodes a request body that must be one JSON object and nothing
// else; numbers become json.Number.
func DecodeObject(body []byte) (object map[string]any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&object); err != nil || object == nil {
		return nil, false
	}
	return object, dec.InputOffset() == int64(len(strings.TrimRight(string(body), " \t\r\n")))
}

package contract_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"
)

// base is the address under which documents are tried.
const base = "http://example.com"

// contract checks calls to a handler against an OpenAPI document.
type contract struct {
	doc    *openapi3.T
	router routers.Router
	driven []string // operation ids
}

// load reads a document and lets it be amended before it is used.
func load(t *testing.T, file string, amend func(*openapi3.T)) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	require.NoError(t, err)
	amend(doc)
	doc.Servers = openapi3.Servers{{URL: base}}
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
	return &contract{doc: doc, router: router}
}

// serve lets a handler answer a request and checks both. An answer that the
// document lists is held against its schema; one that it does not list has to be
// an error, and is left to the caller.
func (c *contract) serve(t *testing.T, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w, err := c.check(t, h, r)
	require.NoError(t, err, "%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	return w
}

func (c *contract) check(t *testing.T, h http.Handler, r *http.Request) (*httptest.ResponseRecorder, error) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	rt, params, err := c.router.FindRoute(r)
	require.NoError(t, err, "%s %s is not in the document", r.Method, r.URL.Path)
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true, SkipSettingDefaults: true}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: rt, Options: options}
	w := httptest.NewRecorder()
	if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
		return w, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.ServeHTTP(w, r)
	options.IncludeResponseStatus = w.Code < 400
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: options,
	}
	out.SetBodyBytes(w.Body.Bytes())
	if w.Code < 400 && !slices.Contains(c.driven, rt.Operation.OperationID) {
		c.driven = append(c.driven, rt.Operation.OperationID)
	}
	return w, openapi3filter.ValidateResponse(t.Context(), out)
}

package gateway_test

import (
	"context"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

const attributes = connections + "/hr/attributes"

// undescribed is a target that does not tell what it has.
type undescribed struct {
	connector.Driver
	err error
}

func (d *undescribed) Describe(ctx context.Context) (*connector.Description, error) {
	if d.err != nil {
		return nil, d.err
	}
	return d.Driver.Describe(ctx)
}

// newHR returns a gateway with the connection hr to people who have a custom field,
// or to a target that does not tell.
func newHR(t *testing.T, err error) *fixture {
	t.Helper()
	person, e := schema.NewType("person", schema.Fields{
		"id": {Mutability: schema.ReadOnly}, "login": {Required: true, Filter: schema.Eq}, "job": {Description: "The job"},
		"custom_fields.badge_color": {Custom: true, Description: "Badge color", Choices: []string{"red", "green"}},
	})
	require.NoError(t, e)
	d, e := memory.New([]memory.Object{{Name: "person", Type: person, Unique: []string{"login"}}}, nil)
	require.NoError(t, e)
	f := newFixture(t, nil)
	_, e = f.Add(t.Context(), gateway.Config{
		ID: "hr", Target: "hr", Mapping: fstest.MapFS{"person.yaml": {Data: []byte(hrMapping)}},
		Open: func(context.Context) (*connector.Target, error) {
			return connector.NewTarget(&undescribed{d, err}, nil)
		},
	})
	require.NoError(t, e)
	return f
}

func TestAdmin_Attributes(t *testing.T) {
	t.Parallel()
	w := newHR(t, nil).do(http.MethodGet, attributes, "", "")
	require.Equal(t, http.StatusUnauthorized, w.Code)
	f := newHR(t, nil)
	w = f.do(http.MethodGet, attributes, f.admin, "")
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.JSONEq(t, `{"attributes": [
		{"resource_type": "User", "object": "person", "path": "userName", "external_name": "userName", "external_namespace": "`+userURN+`", "also": [],
		 "fields": ["login"], "field_type": "string", "type": "string", "description": "`+scim.UserSchema().Attributes[0].Description+`",
		 "choices": [], "multi_valued": false, "required": true, "direction": "both", "create_only": false, "custom": false},
		{"resource_type": "User", "object": "person", "path": "title", "external_name": "title", "external_namespace": "`+userURN+`", "also": [],
		 "fields": ["job"], "field_type": "string", "type": "string", "description": "The job",
		 "choices": [], "multi_valued": false, "required": false, "direction": "both", "create_only": false, "custom": false},
		{"resource_type": "User", "object": "person", "path": "custom_fields.badge_color", "external_name": "custom_fields.badge_color", "external_namespace": "`+userURN+`", "also": [],
		 "fields": ["custom_fields.badge_color"], "field_type": "string", "type": "string", "description": "Badge color",
		 "choices": ["red", "green"], "multi_valued": false, "required": false, "direction": "both", "create_only": false, "custom": true}
	]}`, w.Body.String())

	list, err := f.Attributes(t.Context(), "hr")
	require.NoError(t, err)
	assert.Len(t, list, 3)
}

func TestAdmin_AttributesRefused(t *testing.T) {
	t.Parallel()
	broken := &connector.Error{Code: connector.RateLimited, Reason: "too many calls", RetryAfter: 1500 * time.Millisecond}
	for name, c := range map[string]struct {
		target               error
		path                 string
		status               int
		code, field, message string
		retryAfter           string
	}{
		"no such connection": {nil, connections + "/crm/attributes", 404, "not_found", "", "there is no connection crm", ""},
		"deeper path":        {nil, connections + "/hr/x/attributes", 404, "not_found", "", "nothing is here", ""},
		"credential":         {connector.Errorf(connector.Unauthenticated, "", "no"), attributes, 502, "refused", "credentials", "the target does not accept them", ""},
		"busy":               {broken, attributes, 503, "unavailable", "", "the target did not tell its fields: too many calls", "2"},
		"down":               {&connector.Error{Code: connector.Unavailable}, attributes, 503, "unavailable", "", "see the log under request id " + requestID, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newHR(t, c.target)
			w := f.do(http.MethodGet, c.path, f.admin, "")
			assert.Equal(t, c.status, w.Code, w.Body.String())
			code, field := apiError(t, w)
			assert.Equal(t, c.code, code)
			assert.Equal(t, c.field, field)
			assert.Contains(t, w.Body.String(), c.message)
			assert.Equal(t, c.retryAfter, w.Header().Get("Retry-After"))
		})
	}
}

// The mapping was right when the connection was added; the account has changed.
func TestAdmin_AttributesOfAMappingThatDoesNotFit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	w := f.do(http.MethodPost, connections, f.admin, `{"name":"hr","target":"hr"}`)
	require.Equal(t, http.StatusCreated, w.Code, w.Body.String())
	_, err := f.Add(t.Context(), gateway.Config{
		ID: "other", Target: "memory", Mapping: fstest.MapFS{"person.yaml": {Data: []byte(hrMapping)}},
		Open: func(context.Context) (*connector.Target, error) {
			person, err := schema.NewType("person", schema.Fields{"id": {Mutability: schema.ReadOnly}, "login": {Required: true, Filter: schema.Eq}})
			if err != nil {
				return nil, err
			}
			return memory.NewTarget([]memory.Object{{Name: "person", Type: person, Unique: []string{"login"}}}, nil)
		},
	})
	require.NoError(t, err)
	w = f.do(http.MethodGet, connections+"/other/attributes", f.admin, "")
	assert.Equal(t, http.StatusConflict, w.Code)
	code, field := apiError(t, w)
	assert.Equal(t, []string{"invalid", "mapping"}, []string{code, field})
	assert.Contains(t, w.Body.String(), "job")
}

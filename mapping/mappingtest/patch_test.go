package mappingtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// patchThroughSCIM carries operations out as the protocol front does: a handler
// over a backend of one resource.
func patchThroughSCIM(cur *schema.Record, operations []byte) (*schema.Record, error) {
	types, err := scim.NewTypes("1", scim.ResourceType{Name: "Thing", Endpoint: "/Things", Type: cur.Type()})
	if err != nil {
		return nil, err
	}
	b := &oneResource{types: types, cur: cur}
	h, err := scim.NewHandler(b, &scim.Options{BaseURL: "https://scim.example.com", Auth: scim.NoAuth()})
	if err != nil {
		return nil, err
	}
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":%s}`, operations)
	req := httptest.NewRequest(http.MethodPatch, "https://scim.example.com/Things/1", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if b.result == nil {
		return nil, fmt.Errorf("status %d: %s", w.Code, w.Body)
	}
	return b.result, nil
}

// oneResource is a backend that only knows how to patch one resource.
type oneResource struct {
	types       *scim.Types
	cur, result *schema.Record
}

var _ scim.Backend = (*oneResource)(nil)

var errUnused = errors.New("not used")

func (b *oneResource) Types(context.Context) (*scim.Types, error) { return b.types, nil }

func (b *oneResource) Get(context.Context, scim.Ref, scim.ReadOptions) (*scim.Resource, error) {
	return &scim.Resource{Record: b.cur}, nil
}

func (b *oneResource) List(context.Context, string, scim.Query) (*scim.Page, error) {
	return nil, errUnused
}

func (b *oneResource) Create(context.Context, string, *schema.Record, scim.WriteOptions) (*scim.Resource, error) {
	return nil, errUnused
}

func (b *oneResource) Update(_ context.Context, _ scim.Ref, u scim.Update, _ scim.WriteOptions) (*scim.Resource, error) {
	rec, err := scim.ApplyPatch(b.cur, u.Patch)
	b.result = rec
	return &scim.Resource{Record: b.cur}, err
}

func (b *oneResource) Delete(context.Context, scim.Ref, scim.WriteOptions) error { return errUnused }

package gateway

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
)

// Attributes lists what an administrator can map for a connection: each SCIM
// attribute that its mapping takes or shows, and what becomes of it in the target.
// The target may be asked for the fields that the account has. Errors: NotFound for
// the connection; else those of [provision.Backend.Attributes].
//
// In the administration API an attribute is
//
//	{"resource_type": "User", "object": "requester",
//	 "path": "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User:badge_color",
//	 "external_name": "badge_color",
//	 "external_namespace": "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User",
//	 "also": [{"path": "custom_fields.badge_color", "external_name": "custom_fields.badge_color",
//	           "external_namespace": "urn:ietf:params:scim:schemas:core:2.0:User"}],
//	 "fields": ["custom_fields.badge_color"], "field_type": "string", "type": "string",
//	 "description": "Badge color", "choices": ["red", "green"], "multi_valued": false,
//	 "required": true, "direction": "both", "create_only": false, "custom": true}
//
// where direction is both, toTarget or toScim, as in mapping documents, and the
// rest is what [mapping.Attribute] says. The path is "" for a custom field that the
// mapping does not reach.
func (g *Gateway) Attributes(ctx context.Context, id string) ([]provision.Attribute, error) {
	c := g.table.Load().byID[id]
	if c == nil {
		return nil, notFound(id)
	}
	return c.backend.Attributes(ctx)
}

// nameJSON is how an identity provider can be told to send an attribute.
type nameJSON struct {
	Path      string `json:"path"`
	Name      string `json:"external_name"`
	Namespace string `json:"external_namespace"`
}

func nameOf(path schema.Selector) nameJSON {
	name, urn := path.Relative()
	return nameJSON{path.String(), name, urn}
}

// attributeJSON is an attribute in the administration API; see
// [Gateway.Attributes].
type attributeJSON struct {
	ResourceType string `json:"resource_type"`
	Object       string `json:"object"`
	nameJSON
	Also        []nameJSON `json:"also"`
	Fields      []string   `json:"fields"`
	FieldType   string     `json:"field_type"`
	Type        string     `json:"type"`
	Description string     `json:"description"`
	Choices     []string   `json:"choices"`
	MultiValued bool       `json:"multi_valued"`
	Required    bool       `json:"required"`
	Direction   string     `json:"direction"`
	CreateOnly  bool       `json:"create_only"`
	Custom      bool       `json:"custom"`
}

func attributeOf(a *provision.Attribute) attributeJSON {
	out := attributeJSON{
		ResourceType: a.ResourceType, Object: a.Object, nameJSON: nameOf(a.Path), Also: []nameJSON{},
		Fields: append([]string{}, a.Fields...), FieldType: a.FieldType.String(), Type: a.Type.String(), Description: a.Description,
		Choices: append([]string{}, a.Choices...), MultiValued: a.MultiValued, Required: a.Required,
		Direction: a.Direction.String(), CreateOnly: a.CreateOnly, Custom: a.Custom,
	}
	for _, path := range a.Also {
		out.Also = append(out.Also, nameOf(path))
	}
	return out
}

func (g *Gateway) listAttributes(x *exchange, r *http.Request, id string) {
	attrs, err := g.Attributes(r.Context(), id)
	if e, ok := errors.AsType[*Error](err); ok {
		fail(x, e)
		return
	}
	x.connection = id
	if err != nil {
		g.failAttributes(x, r, err)
		return
	}
	list := make([]attributeJSON, 0, len(attrs))
	for i := range attrs {
		list = append(list, attributeOf(&attrs[i]))
	}
	writeJSON(x, http.StatusOK, map[string]any{"attributes": list})
}

// failAttributes says why a connection's attributes are not known.
func (g *Gateway) failAttributes(x *exchange, r *http.Request, err error) {
	switch {
	case errors.Is(err, connector.Unauthenticated):
		writeError(x, http.StatusBadGateway, string(Refused), "credentials", "the target does not accept them")
	case isMisfit(err):
		e := misfit(err)
		writeError(x, http.StatusConflict, string(e.Code), e.Field, e.Msg)
	default:
		g.log.WarnContext(r.Context(), "the target did not tell its fields", "connection", x.connection, "request_id", x.id, "error", err)
		msg := "the target did not tell its fields: see the log under request id " + x.id
		if e, ok := errors.AsType[*connector.Error](err); ok {
			if e.Reason != "" {
				msg = "the target did not tell its fields: " + e.Reason
			}
			if e.RetryAfter > 0 {
				x.Header().Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
			}
		}
		writeError(x, http.StatusServiceUnavailable, "unavailable", "", msg)
	}
}

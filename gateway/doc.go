// Package gateway serves many connections in one process: it finds out which
// connection a request is for and whether its token opens it, hands it to that
// connection's SCIM service provider, keeps the newest events, writes the access
// log, and has a small administration API. It knows no database and no exporter.
//
// # Paths
//
//	/scim/v2/...                     the connection whose token it is
//	/connections/{id}/scim/v2/...    that connection, with a token of its own
//	/api/v1/connections              GET lists, POST adds
//	/api/v1/connections/{id}         DELETE removes
//	/api/v1/connections/{id}/attributes  GET: what can be mapped, and to what
//	/api/v1/events                   GET: the newest events first
//	/healthz                         200 while the gateway serves, without a token
//
// A token that is unknown, expired or good for another connection gets one and
// the same answer, whether the connection exists or not: 401, WWW-Authenticate and
// a SCIM error. So does a request without a token, but for the error code that RFC
// 6750 section 3.1 leaves out then. All errors are SCIM errors outside /api.
//
// # Administration API
//
// Requests carry the admin token as a bearer token. Bodies and answers are JSON;
// an error is
//
//	{"error": {"code": "invalid", "message": "what is wrong", "field": "settings.domain"}}
//
// with a code of [Code] or one of unauthenticated, forbidden, method,
// media_type, too_large, unavailable and internal; field is "" where the error is
// about no one member. POST /api/v1/connections takes
//
//	{"name": "acme", "target": "freshservice", "settings": {}, "credentials": {},
//	 "profile": "compatible", "mapping": null}
//
// where name and target are required. It may have an "id" as well, which is else
// made of the name, and "policies": {"requester": {"delete": "erase"}},
// "create_references", "new_objects" and "protect_admins" as in [Config]. The
// mapping is a mapping document (an object) or null for the application's own.
// The answer is 201 with {"id", "name", "target", "scim_url", "token"}: the only
// time that the token is shown. Credentials are taken as they stand; references
// to the environment or to files are none of this API's business.
//
// GET /api/v1/connections/{id}/attributes answers {"attributes": [...]}: for each
// resource type and object of the target a line for each SCIM attribute that the
// mapping takes or shows, those of the account's custom fields included; the shape
// of a line is given at [Gateway.Attributes].
//
// GET /api/v1/events takes connection, user (userName, displayName or id, whole
// and in any case) and limit, and answers {"events": [...]}; the shape of an
// event is given at [Gateway.Events]. No event holds an attribute's value other
// than the identifiers of the resource itself. Long names are cut, and so are lists
// of more than 100 entries and of more than 256 calls; a [Options.Sink] gets them
// whole.
//
// # Errors
//
// Methods return an [*Error] with a [Code]; the field it names is a member of the
// administration API's body.
//
// # Concurrency
//
// A [Gateway] is safe for concurrent use. Connections come and go while it
// serves: requests under way finish on the connection they began on. It starts no
// goroutines.
//
// # Stability
//
// Before version 1 of the module names may change in minor versions. Paths and
// members of the administration API are added to, not changed.
package gateway

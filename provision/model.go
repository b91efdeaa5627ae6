package provision

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// model is what a description of the target and the mapping documents make
// together. It is immutable.
type model struct {
	desc     *connector.Description
	types    *scim.Types
	bindings map[string]*binding // by name of the resource type
}

// binding joins a resource type to an object.
type binding struct {
	name   string // of the resource type
	typ    *schema.Type
	obj    *connector.Object // nil: the type is listed, and nothing of it is served
	plan   *mapping.Plan
	routes *mapping.Routes // decide whether a resource is this binding's; may be nil
	role   string          // under which routes know the mapping
	policy Policy
	owner  connector.Ref

	active      schema.Slot // attribute active of the resource, or NoSlot
	activeField schema.Slot // the object's field behind it, or NoSlot
	userName    schema.Slot
	workEmail   schema.Selector
	shadows     []schema.Slot // attributes that State keeps
	// hiding are the objects of members that a DELETE may leave in a group, so
	// that they have to be left out here.
	hiding []*connector.Object
}

// document is a mapping document under the name that routes know it by: its own,
// or that of the default that it extends.
type document struct {
	*mapping.Document
	role string
}

// prepareDocuments carries out the overrides among documents: what another one
// extends is only a base then. It finds what is wrong with the rest before a
// target has described itself.
func prepareDocuments(docs []*mapping.Document, maps map[string]*expr.ValueMap) ([]document, error) {
	bases := make(map[string]string) // what a name extends
	for _, doc := range docs {
		if doc.Extends() != "" {
			bases[doc.Name()] = doc.Extends()
		}
	}
	var own, extended []*mapping.Document
	for _, doc := range docs {
		if doc.Extends() == "" && extendedBy(bases, doc.Name()) {
			extended = append(extended, doc)
		} else {
			own = append(own, doc)
		}
	}
	resolved, diags := mapping.Resolve(own, extended)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	out := make([]document, len(resolved))
	for i, doc := range resolved {
		out[i] = document{doc, doc.Name()}
		for range len(bases) { // a chain is no longer than that
			if base := bases[out[i].role]; base != "" && base != out[i].role {
				out[i].role = base
			}
		}
	}
	return out, checkDocuments(out, maps)
}

func extendedBy(bases map[string]string, name string) bool {
	for _, base := range bases {
		if base == name {
			return true
		}
	}
	return false
}

// checkDocuments compiles documents against the fields that they declare.
func checkDocuments(docs []document, maps map[string]*expr.ValueMap) error {
	schemas := baseSchemas()
	var all mapping.Diagnostics
	for _, doc := range docs {
		// What a document does not say of its target is known when that has described
		// itself.
		if doc.IsSet() || !doc.DeclaresFields() {
			continue
		}
		typ, err := doc.ResourceType(schemas, nil)
		if err != nil {
			return err
		}
		_, diags := mapping.Compile(doc.Document, typ, nil, &mapping.Options{ValueMaps: maps})
		all = append(all, diags...)
	}
	return all.Err()
}

// baseSchemas are the schemas that documents can name without declaring them.
func baseSchemas() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.GroupSchema(), scim.EnterpriseUserSchema()}
}

var workEmailPath = schema.MustParsePath(`emails[type eq "work"].value`)

func newModel(desc *connector.Description, docs []document, opts *Options, maps map[string]*expr.ValueMap) (*model, error) {
	m := &model{desc: desc, bindings: make(map[string]*binding)}
	var types []scim.ResourceType
	add := func(rt scim.ResourceType, bind *binding) error {
		if m.bindings[rt.Name] != nil {
			return fmt.Errorf("provision: two mappings for resource type %s", rt.Name)
		}
		bind.name, bind.typ = rt.Name, rt.Type
		bind.prepare(desc, opts.Policies)
		m.bindings[rt.Name] = bind
		types = append(types, rt)
		return nil
	}
	var sets []*mapping.Document
	for _, doc := range docs {
		if doc.IsSet() {
			sets = append(sets, doc.Document)
		}
	}
	for _, doc := range docs {
		if doc.IsSet() {
			continue
		}
		obj := desc.Object(doc.Object())
		if obj == nil {
			return nil, fmt.Errorf("provision: mapping %s is for object %q, which the target does not have", doc.Name(), doc.Object())
		}
		full := doc.WithCustom(obj.Type, baseSchemas()...)
		typ, err := full.ResourceType(baseSchemas(), obj.Type, sets...)
		if err != nil {
			return nil, err
		}
		plan, diags := mapping.Compile(full, typ, obj.Type, &mapping.Options{Query: queryOf(obj), ValueMaps: maps, AllowCreate: opts.CreateReferences})
		if err := diags.Err(); err != nil {
			return nil, err
		}
		routes, err := routesFor(docs, doc.role, typ)
		if err != nil {
			return nil, err
		}
		if err := add(resourceType(typ), &binding{obj: obj, plan: plan, routes: routes, role: doc.role}); err != nil {
			return nil, err
		}
	}
	// An object that is a SCIM resource already needs no document.
	for i := range desc.Objects {
		obj := &desc.Objects[i]
		if !obj.Type.IsResource() || m.bindings[obj.Type.Name()] != nil {
			continue
		}
		plan, err := mapping.Identity(obj.Type, obj.Type)
		if err != nil {
			return nil, err
		}
		if err := add(resourceType(obj.Type), &binding{obj: obj, plan: plan}); err != nil {
			return nil, err
		}
	}
	if len(types) == 0 {
		return nil, errors.New("provision: no mapping, and no object that is a SCIM resource")
	}
	// Clients ask for both, whatever the target has: an empty list tells them
	// more than a missing endpoint.
	for _, make := range []func(...schema.Schema) (scim.ResourceType, error){scim.UserType, scim.GroupType} {
		rt, err := make()
		if err != nil {
			return nil, err
		}
		if m.bindings[rt.Name] == nil {
			if err := add(rt, &binding{}); err != nil {
				return nil, err
			}
		}
	}
	all, err := scim.NewTypes(desc.Version, types...)
	if err != nil {
		return nil, err
	}
	m.types = all.With(scim.Features{Sort: true, Cursor: true, Versions: true, ChangePassword: m.takesPasswords()})
	return m, nil
}

// takesPasswords reports whether a password gets into a field of the target.
func (m *model) takesPasswords() bool {
	for _, bind := range m.bindings {
		s := bind.typ.Slot("password")
		if s == schema.NoSlot || !bind.served() || bind.obj.ReadOnly {
			continue
		}
		fields := bind.plan.Fields(nil, schema.Selector{Type: bind.typ, Slot: s, Sub: schema.NoSlot})
		if slices.ContainsFunc(fields, func(f schema.Slot) bool { return bind.obj.Type.Attribute(f).Writable() }) {
			return true
		}
	}
	return false
}

// queryOf is what the driver says of its searches.
func queryOf(obj *connector.Object) *mapping.Query {
	s := obj.Search
	return &mapping.Query{And: s.And || s.Any, Or: s.Or || s.Any, MaxLength: s.MaxLength}
}

// resourceType gives a type the endpoint of its plural (RFC 7644 section 3.2).
func resourceType(t *schema.Type) scim.ResourceType {
	rt := scim.ResourceType{Name: t.Name(), Endpoint: "/" + t.Name() + "s", Type: t}
	if s := t.Schemas(); len(s) > 0 {
		rt.Description = s[0].Description
	}
	return rt
}

// routesFor returns the routes of the set that names a mapping, or nil.
func routesFor(docs []document, role string, typ *schema.Type) (*mapping.Routes, error) {
	for _, d := range docs {
		if !d.IsSet() {
			continue
		}
		routes, diags := mapping.CompileRoutes(d.Document, typ)
		if err := diags.Err(); err != nil {
			return nil, err
		}
		if slices.Contains(routes.Names(), role) {
			return routes, nil
		}
	}
	return nil, nil //nolint:nilnil // most mappings stand alone
}

func (bind *binding) prepare(desc *connector.Description, policies map[string]Policy) {
	bind.active, bind.activeField, bind.userName = schema.NoSlot, schema.NoSlot, schema.NoSlot
	if bind.obj == nil {
		return
	}
	bind.owner = desc.Owner
	bind.policy = policyOf(policies, bind.obj.Name)
	bind.userName = bind.typ.Slot("userName")
	if sel, err := bind.typ.Select(workEmailPath); err == nil {
		bind.workEmail = sel
	}
	if bind.obj.Active != "" && bind.obj.Can(connector.Deactivate) {
		bind.active = bind.typ.Slot("active")
		bind.activeField = bind.obj.Type.Slot(bind.obj.Active)
	}
	for _, name := range bind.obj.Member {
		o := desc.Object(name)
		if _, tombstone, err := policyOf(policies, name).removal(o); tombstone && err == nil {
			bind.hiding = append(bind.hiding, o)
		}
	}
	if bind.obj.Type.IsResource() {
		return // it holds every attribute
	}
	for _, attr := range []string{"userName", "externalId"} {
		if s := bind.typ.Slot(attr); s != schema.NoSlot {
			bind.shadows = append(bind.shadows, s)
		}
	}
}

func policyOf(policies map[string]Policy, object string) Policy {
	if p, ok := policies[object]; ok {
		return p
	}
	return policies[""]
}

// served reports whether the binding has an object behind it.
func (bind *binding) served() bool { return bind.obj != nil }

// fresh refuses what was read by the types of a moment ago: the account's fields
// have changed meanwhile, and slots with them.
func (bind *binding) fresh(t *schema.Type) error {
	if t == bind.typ {
		return nil
	}
	return &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Detail: "the attributes of this resource type have just changed, try again"}
}

// scimID is the id that SCIM shows for a record: users have the target's own,
// all other kinds a tag before it, so that a kind that is switched on later
// changes no id.
func (bind *binding) scimID(id string) string {
	if bind.obj.Tag == "" {
		return id
	}
	return bind.obj.Tag + "-" + id
}

// targetID is the target's id behind a SCIM id.
func (bind *binding) targetID(id string) (string, bool) {
	if bind.obj.Tag == "" {
		return id, true
	}
	return strings.CutPrefix(id, bind.obj.Tag+"-")
}

// ref returns the target's reference for a SCIM id.
func (bind *binding) ref(id string) (connector.Ref, bool) {
	tid, ok := bind.targetID(id)
	return connector.Ref{Object: bind.obj.Name, ID: tid}, ok
}

// applyShadows puts the attributes that State keeps into a resource that was
// read.
func (bind *binding) applyShadows(rec *schema.Record, e *Entry) {
	if e == nil {
		return
	}
	for _, s := range bind.shadows {
		v := e.Shadow[bind.typ.Path(s)]
		// The target's own external id stands; State only knows where it is.
		if v == "" || s == schema.SlotExternalID && !rec.At(s).Unassigned() {
			continue
		}
		rec.SetAt(s, schema.StringValue(v))
	}
}

// nameNameless gives a resource without a user name, which its target's record
// has no address for, one by the id: SCIM demands it of every user.
func (bind *binding) nameNameless(out, rec *schema.Record) {
	if bind.userName == schema.NoSlot || bind.obj.Type.IsResource() || !out.At(bind.userName).Unassigned() {
		return
	}
	out.SetAt(bind.userName, schema.StringValue(bind.obj.Name+"-"+rec.String(bind.obj.IDField())))
}

// namelessID returns the id in a user name that nameNameless has made.
func (bind *binding) namelessID(e equality) (id string, ok bool) {
	if e.slot != bind.userName || len(e.value) <= len(bind.obj.Name) || !strings.EqualFold(e.value[:len(bind.obj.Name)], bind.obj.Name) {
		return "", false
	}
	return strings.CutPrefix(e.value[len(bind.obj.Name):], "-")
}

// hiddenLogin is the name under which an entry keeps the login address of a
// disabled account: the target's lookup of addresses may not show it.
const hiddenLogin = "login"

// keepLogin notes the login address of a disabled account.
func (bind *binding) keepLogin(e *Entry, rec *schema.Record) {
	if bind.activeField == schema.NoSlot || len(bind.obj.Unique) == 0 {
		return
	}
	login := ""
	if !bind.isActive(rec) {
		login = rec.Get(bind.obj.Unique[0]).Text()
	}
	e.setShadow(hiddenLogin, login)
}

// keepShadows notes in an entry what reading the record would not give back:
// a user name that is no address, an external id that cannot be searched.
func (bind *binding) keepShadows(e *Entry, wanted, read *schema.Record) {
	for _, s := range bind.shadows {
		path := bind.typ.Path(s)
		want := wanted.At(s).Text()
		have := read.At(s).Text()
		switch {
		case want == "":
			e.setShadow(path, "")
		case s == schema.SlotExternalID:
			// Kept whether or not the target holds it: State is what finds it.
			e.setShadow(path, want)
		case strings.EqualFold(want, have):
			e.setShadow(path, "")
		default:
			e.setShadow(path, want)
		}
	}
}

// activeOf returns the attribute active of a resource, and whether it is there.
func (bind *binding) activeOf(rec *schema.Record) (active, ok bool) {
	if bind.active == schema.NoSlot {
		return true, false
	}
	return rec.At(bind.active).Bool()
}

// isActive reports whether a record is usable.
func (bind *binding) isActive(rec *schema.Record) bool {
	if bind.activeField == schema.NoSlot {
		return true
	}
	active, ok := rec.At(bind.activeField).Bool()
	return active || !ok
}

// display is how an event names a resource.
func display(rec *schema.Record) string {
	if rec == nil {
		return ""
	}
	if s := rec.String("userName"); s != "" {
		return s
	}
	return rec.String("displayName")
}

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
	families map[string]*family // by name of the resource type
}

// family is a resource type with the kinds of records behind it: users who are
// requesters or agents, groups of the one and of the other.
type family struct {
	name string // of the resource type
	typ  *schema.Type
	// kinds are in the order in which an id without a known kind is looked for; none
	// where the type is listed and nothing of it is served.
	kinds  []*binding
	routes *mapping.Routes // decide of which kind a resource is to be; may be nil
	// fallback is the kind of a resource for which no route has a condition that
	// holds; nil where the routes have none.
	fallback *binding
	// off says that a policy shows usable accounts as disabled.
	off bool
}

// binding joins a resource type to an object: it is one of the family's kinds.
type binding struct {
	fam    *family
	name   string // of the resource type
	typ    *schema.Type
	obj    *connector.Object
	plan   *mapping.Plan
	role   string // under which routes know the mapping
	policy Policy
	owner  string   // id of the credential's owner, where that can be one of these
	others []string // ids of further protected records

	active      schema.Slot // attribute active of the resource, or NoSlot
	activeField schema.Slot // the object's field behind it, or NoSlot
	userName    schema.Slot
	members     schema.Slot // attribute members of the resource, or NoSlot
	memberField schema.Slot // the object's field that EditMembers writes, or NoSlot
	workEmail   schema.Selector
	shadows     []schema.Slot // attributes that State keeps
	// sparse are the attributes that records lack where they come along as kin.
	sparse     []schema.Selector
	memberObjs []*connector.Object
	joins      []string // objects that can have the binding's records as members
	// hiding are the objects of members that a DELETE may leave in a group, so
	// that they have to be left out here.
	hiding []*connector.Object
}

var workEmailPath = schema.MustParsePath(`emails[type eq "work"].value`)

func newModel(desc *connector.Description, docs []document, opts *Options, maps map[string]*expr.ValueMap) (*model, error) {
	m := &model{desc: desc, families: make(map[string]*family)}
	kinds, order, err := m.kindsOf(docs)
	if err != nil {
		return nil, err
	}
	var types []scim.ResourceType
	add := func(rt scim.ResourceType, fam *family) {
		fam.name, fam.typ = rt.Name, rt.Type
		m.families[rt.Name] = fam
		types = append(types, rt)
	}
	for _, name := range order {
		fam, err := m.newFamily(kinds[name], docs, opts, maps)
		if err != nil {
			return nil, err
		}
		add(resourceType(fam.typ), fam)
	}
	// An object that is a SCIM resource already needs no document.
	for i := range desc.Objects {
		obj := &desc.Objects[i]
		if !obj.Type.IsResource() || obj.Unserved || m.families[obj.Type.Name()] != nil {
			continue
		}
		plan, err := mapping.Identity(obj.Type, obj.Type)
		if err != nil {
			return nil, err
		}
		bind := &binding{obj: obj, plan: plan}
		fam := &family{name: obj.Type.Name(), typ: obj.Type, kinds: []*binding{bind}, fallback: bind}
		bind.prepare(fam, desc, opts.Policies)
		add(resourceType(obj.Type), fam)
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
		if m.families[rt.Name] == nil {
			add(rt, &family{})
		}
	}
	all, err := scim.NewTypes(desc.Version, types...)
	if err != nil {
		return nil, err
	}
	m.types = all.With(scim.Features{Sort: true, Cursor: true, Versions: true, ChangePassword: m.takesPasswords()})
	return m, nil
}

// kind is a mapping document on its way to become a binding.
type kind struct {
	document
	obj *connector.Object
	typ *schema.Type // what the document alone makes of the resource type
}

// kindsOf finds the object of each mapping document. It returns them by the name
// of their resource type, and those names in the order of the documents. What the
// target does not serve is passed over.
func (m *model) kindsOf(docs []document) (kinds map[string][]*kind, order []string, err error) {
	kinds = make(map[string][]*kind)
	schemas := baseSchemas()
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
		obj := m.desc.Object(doc.Object())
		if obj == nil {
			return nil, nil, fmt.Errorf("provision: mapping %s is for object %q, which the target does not have", doc.Name(), doc.Object())
		}
		if obj.Unserved {
			continue
		}
		k := &kind{document: document{doc.WithCustom(obj.Type, schemas...), doc.role}, obj: obj}
		if k.typ, err = k.ResourceType(schemas, obj.Type, sets...); err != nil {
			return nil, nil, err
		}
		name := k.typ.Name()
		if kinds[name] == nil {
			order = append(order, name)
		}
		kinds[name] = append(kinds[name], k)
	}
	for _, of := range kinds {
		// The target knows in which order they are looked for.
		slices.SortStableFunc(of, func(a, b *kind) int { return m.place(a.obj) - m.place(b.obj) })
	}
	return kinds, order, nil
}

// place is where an object stands in the description.
func (m *model) place(o *connector.Object) int {
	return slices.IndexFunc(m.desc.Objects, func(other connector.Object) bool { return other.Name == o.Name })
}

// newFamily makes the family of some kinds, one at least.
func (m *model) newFamily(kinds []*kind, docs []document, opts *Options, maps map[string]*expr.ValueMap) (*family, error) {
	types := make([]*schema.Type, len(kinds))
	for i, k := range kinds {
		types[i] = k.typ
	}
	typ, err := schema.MergeResources(types...)
	if err != nil {
		return nil, fmt.Errorf("provision: the mappings of resource type %s: %w", types[0].Name(), err)
	}
	fam := &family{name: typ.Name(), typ: typ}
	for _, k := range kinds {
		if other := fam.kindOf(k.obj.Name); other != nil {
			return nil, fmt.Errorf("provision: two mappings for resource type %s and object %s: %s and %s", fam.name, k.obj.Name, other.plan.Name(), k.Name())
		}
		plan, diags := mapping.Compile(k.Document, typ, k.obj.Type, &mapping.Options{Query: queryOf(k.obj), ValueMaps: maps, AllowCreate: opts.CreateReferences})
		if err := diags.Err(); err != nil {
			return nil, err
		}
		bind := &binding{obj: k.obj, plan: plan, role: k.role}
		bind.prepare(fam, m.desc, opts.Policies)
		fam.kinds = append(fam.kinds, bind)
	}
	for _, bind := range fam.kinds {
		leaving, _ := bind.policy.disabling(bind, false)
		fam.off = fam.off || leaving.off
	}
	for _, k := range kinds {
		if fam.routes, err = routesFor(docs, k.role, typ); fam.routes != nil || err != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if err := fam.setFallback(opts.NewObjects[fam.name]); err != nil {
		return nil, err
	}
	return fam, nil
}

// setFallback settles which kind a resource is that no condition speaks of: the
// one that a setting names, if there is one, else that of the routes, else the
// only one.
func (fam *family) setFallback(object string) error {
	switch {
	case object != "":
		if fam.fallback = fam.kindOf(object); fam.fallback == nil {
			return fmt.Errorf("provision: new resources of type %s are to become %s, which this connection does not have", fam.name, object)
		}
	case fam.routes != nil:
		fam.fallback = fam.kindIn(fam.routes.Fallback())
	case len(fam.kinds) == 1:
		fam.fallback = fam.kinds[0]
	default:
		return fmt.Errorf("provision: resource type %s has several mappings, and no MappingSet with routes between them", fam.name)
	}
	return nil
}

// takesPasswords reports whether a password gets into a field of the target.
func (m *model) takesPasswords() bool {
	for _, fam := range m.families {
		if slices.ContainsFunc(fam.kinds, (*binding).takesPasswords) {
			return true
		}
	}
	return false
}

func (bind *binding) takesPasswords() bool {
	s := bind.typ.Slot("password")
	if s == schema.NoSlot || bind.obj.ReadOnly {
		return false
	}
	fields := bind.plan.Fields(nil, schema.Selector{Type: bind.typ, Slot: s, Sub: schema.NoSlot})
	return slices.ContainsFunc(fields, func(f schema.Slot) bool { return bind.obj.Type.Attribute(f).Writable() })
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
		if !d.Leads(role) {
			continue
		}
		routes, diags := mapping.CompileRoutes(d.Document, typ)
		return routes, diags.Err()
	}
	return nil, nil //nolint:nilnil // most mappings stand alone
}

// prepare works out what the object and the resource type have for each other.
func (bind *binding) prepare(fam *family, desc *connector.Description, policies map[string]Policy) {
	bind.fam, bind.name, bind.typ = fam, fam.name, fam.typ
	bind.active, bind.activeField = schema.NoSlot, schema.NoSlot
	bind.policy = policyOf(policies, bind.obj.Name)
	if bind.shares(desc, desc.Owner.Object) {
		bind.owner = desc.Owner.ID
	}
	for _, r := range desc.Protected {
		if bind.shares(desc, r.Object) {
			bind.others = append(bind.others, r.ID)
		}
	}
	bind.userName, bind.members = bind.typ.Slot("userName"), bind.typ.Slot("members")
	bind.memberField = schema.NoSlot
	if bind.obj.Members && bind.obj.MemberField != "" {
		bind.memberField = bind.obj.Type.Slot(bind.obj.MemberField)
	}
	if sel, err := bind.typ.Select(workEmailPath); err == nil {
		bind.workEmail = sel
	}
	if bind.obj.Active != "" && bind.obj.Can(connector.Deactivate) {
		bind.active = bind.typ.Slot("active")
		bind.activeField = bind.obj.Type.Slot(bind.obj.Active)
	}
	for _, o := range desc.Objects {
		if o.Members && slices.Contains(o.Member, bind.obj.Name) {
			bind.joins = append(bind.joins, o.Name)
		}
	}
	for _, name := range bind.obj.Member {
		o := desc.Object(name)
		bind.memberObjs = append(bind.memberObjs, o)
		if policyOf(policies, name).buries(o) {
			bind.hiding = append(bind.hiding, o)
		}
	}
	if len(bind.obj.Sparse) > 0 {
		for _, a := range bind.plan.Attributes() {
			missing := slices.ContainsFunc(a.Fields, func(f string) bool { return slices.Contains(bind.obj.Sparse, f) })
			if missing && a.Path.Type != nil {
				bind.sparse = append(append(bind.sparse, a.Path), a.Also...)
			}
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

// shares reports whether an id of that object can be one of the binding's records.
func (bind *binding) shares(desc *connector.Description, object string) bool {
	other := desc.Object(object)
	return other != nil && sameIDs(other, bind.obj)
}

func policyOf(policies map[string]Policy, object string) Policy {
	if p, ok := policies[object]; ok {
		return p
	}
	return policies[""]
}

// fresh refuses what was read by the types of a moment ago: the account's fields
// have changed meanwhile, and slots with them.
func (fam *family) fresh(t *schema.Type) error {
	if t == fam.typ {
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

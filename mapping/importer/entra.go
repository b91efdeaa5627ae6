package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// entraAttributes are the SCIM paths in which Entra ID sends the attributes of
// its directory by default, for users and for groups.
var entraAttributes = map[string]string{
	"userPrincipalName": "userName", "mail": `emails[type eq "work"].value`, "displayName": "displayName",
	"givenName": "name.givenName", "surname": "name.familyName", "jobTitle": "title", "preferredLanguage": "preferredLanguage",
	"mailNickname": "externalId", "objectId": "externalId", "members": "members", "employeeType": "userType",
	"telephoneNumber": `phoneNumbers[type eq "work"].value`, "mobile": `phoneNumbers[type eq "mobile"].value`,
	"facsimileTelephoneNumber": `phoneNumbers[type eq "fax"].value`, "physicalDeliveryOfficeName": `addresses[type eq "work"].formatted`,
	"streetAddress": `addresses[type eq "work"].streetAddress`, "city": `addresses[type eq "work"].locality`,
	"state": `addresses[type eq "work"].region`, "postalCode": `addresses[type eq "work"].postalCode`, "country": `addresses[type eq "work"].country`,
	"usageLocation": `addresses[type eq "work"].country`, "employeeId": enterpriseUser + ":employeeNumber", "department": enterpriseUser + ":department",
	"companyName": enterpriseUser + ":organization", "manager": enterpriseUser + ":manager", "appRoleAssignments": "roles",
}

// The parts of a synchronization schema that say something about a mapping.
type (
	entraSchema struct {
		SynchronizationRules []struct {
			ObjectMappings []entraMapping `json:"objectMappings"`
		} `json:"synchronizationRules"`
		ObjectMappings []entraMapping `json:"objectMappings"`
		entraMapping
	}
	entraMapping struct {
		Name              string           `json:"name"`
		Enabled           *bool            `json:"enabled"`
		SourceObjectName  string           `json:"sourceObjectName"`
		TargetObjectName  string           `json:"targetObjectName"`
		AttributeMappings []entraAttribute `json:"attributeMappings"`
		Scope             *entraScope      `json:"scope"`
	}
	entraAttribute struct {
		TargetAttributeName     string      `json:"targetAttributeName"`
		DefaultValue            *string     `json:"defaultValue"`
		FlowBehavior            string      `json:"flowBehavior"`
		FlowType                string      `json:"flowType"`
		MatchingPriority        int         `json:"matchingPriority"`
		ExportMissingReferences bool        `json:"exportMissingReferences"`
		Source                  entraSource `json:"source"`
	}
	entraSource struct {
		Type       string `json:"type"`
		Name       string `json:"name"`
		Expression string `json:"expression"`
	}
	entraScope struct {
		Groups []struct {
			Name    string        `json:"name"`
			Clauses []entraClause `json:"clauses"`
		} `json:"groups"`
	}
	entraClause struct {
		SourceOperandName string `json:"sourceOperandName"`
		OperatorName      string `json:"operatorName"`
		TargetOperand     struct {
			Values []string `json:"values"`
		} `json:"targetOperand"`
	}
)

// Entra imports an object mapping of a synchronization schema of Microsoft Entra
// ID: the JSON that its provisioning page exports, or the synchronization schema
// of Microsoft Graph. Of several object mappings the enabled one for users is
// taken, else the first; the others are lines with status Left. Expressions are
// translated function by function.
func Entra(data []byte, o *Options) (*Result, error) {
	all, err := entraMappings(data)
	if err != nil {
		return nil, err
	}
	chosen := 0
	for i := range all {
		if enabled := all[i].Enabled; (enabled == nil || *enabled) && strings.EqualFold(all[i].SourceObjectName, "User") {
			chosen = i
			break
		}
	}
	w := newWork(o, entraAttributes)
	w.doc.comment = []string{"Imported from a synchronization schema of Microsoft Entra ID.",
		"The expressions read the SCIM attributes that Entra sends: map them there directly."}
	m := &all[chosen]
	if strings.EqualFold(m.SourceObjectName, "Group") {
		w.doc.resource = "Group"
	}
	for i := range all {
		if i != chosen {
			w.note(or(all[i].Name, all[i].SourceObjectName), "", Left, "", "another object mapping: a document is for one; import it by itself")
		}
	}
	w.entraScope(m.Scope)
	for i := range m.AttributeMappings {
		w.entraRule(&m.AttributeMappings[i])
	}
	return w.result()
}

func entraMappings(data []byte) ([]entraMapping, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("importer: the input is larger than %d bytes", maxInput)
	}
	var in entraSchema
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("importer: not the JSON of a synchronization schema: %w", err)
	}
	var all []entraMapping
	for _, r := range in.SynchronizationRules {
		all = append(all, r.ObjectMappings...)
	}
	all = append(all, in.ObjectMappings...)
	if len(in.entraMapping.AttributeMappings) > 0 {
		all = append(all, in.entraMapping)
	}
	if len(all) == 0 {
		return nil, errors.New("importer: no object mapping in it: a synchronization schema has synchronizationRules with objectMappings")
	}
	return all, nil
}

// entraRule carries one attribute mapping over.
func (w *work) entraRule(a *entraAttribute) {
	where, source := a.TargetAttributeName, a.Source.Expression
	if source == "" {
		source = a.Source.Name
	}
	if strings.EqualFold(plainPath(where), "active") {
		w.note(where, source, Changed, "", "active is no field: what it means is the connection's policy for disabling")
		return
	}
	r := rule{target: where}
	var why []string
	base := w.baseRule(plainPath(where))
	if base != nil {
		r.inPlaceOf(base)
	} else if w.o.Base != nil {
		w.note(where, source, Left, "", "the base "+w.o.Base.Name()+" writes no field from this attribute: add a rule for it")
		return
	}
	if base == nil && !fits(fieldName, where) {
		w.note(where, source, Left, "", "the name cannot be that of a field: name a base document, whose rules say which field the attribute reaches")
		return
	}
	if w.seen[strings.ToLower(r.target)] {
		w.note(where, source, Left, "", "another mapping of the attribute stands before it")
		return
	}
	if !w.entraSource(a, &r, &why) {
		return
	}
	w.seen[strings.ToLower(r.target)] = true
	if !w.entraFlow(a, &r, &why) {
		return
	}
	if a.MatchingPriority > 0 {
		w.entraMatch(a, &r)
	}
	if base != nil && r.sameAs(base) && samePath(w.o.Base.FullPath(base.SCIM), r.scim) {
		w.note(where, source, Carried, r.name, "")
		return // as the base has it
	}
	if r.scim == "" {
		r.direction = "toTarget"
		if base != nil && base.Direction == mapping.Both {
			// What is written is worked out; what is read is the attribute as before.
			w.reads = append(w.reads, rule{name: w.doc.freeName(base.Name + "-read"), scim: w.o.Base.FullPath(base.SCIM), target: base.Target,
				pipe: base.Pipe, lossy: base.Lossy, direction: "toScim"})
		}
		r.lossy = ""
	}
	if !r.constant.IsUnset() {
		r.pipe = nil
	}
	if r.name == "" {
		r.name = w.doc.freeName(where)
	}
	w.doc.rules = append(w.doc.rules, r)
	status := Carried
	if len(why) > 0 {
		status = Changed
	}
	w.note(where, source, status, r.name, strings.Join(why, "; "))
}

// sameAs reports whether nothing but the source of a rule can differ from that of
// the base.
func (r *rule) sameAs(base *mapping.Rule) bool {
	return r.expr == "" && r.constant.IsUnset() && r.fallback == "" && r.apply == "" && r.multi == "" && (r.onUnset == "" || r.onUnset == base.OnUnset) &&
		!r.enforce && r.secret == base.Secret
}

// entraMatch makes a matching attribute one of the document's.
func (w *work) entraMatch(a *entraAttribute, r *rule) {
	if !r.constant.IsUnset() {
		w.note(a.TargetAttributeName, "matching precedence", Left, "", "a constant cannot be matched on")
		return
	}
	if slices.ContainsFunc(w.doc.match, func(m matcher) bool { return m.precedence == a.MatchingPriority }) {
		w.note(a.TargetAttributeName, "matching precedence", Left, "", "another attribute has the same precedence")
		return
	}
	m := matcher{precedence: a.MatchingPriority, scim: r.scim, expr: r.expr, target: r.target}
	for _, step := range r.pipe {
		if step == "lower" || step == "upper" {
			m.pipe = append(m.pipe, step)
		}
	}
	w.doc.match = append(w.doc.match, m)
}

// entraSource fills in where a rule's value comes from. It returns false, with a
// line, where that cannot be said.
func (w *work) entraSource(a *entraAttribute, r *rule, why *[]string) bool {
	where := a.TargetAttributeName
	expression := strings.TrimSpace(a.Source.Expression)
	switch {
	case strings.EqualFold(a.Source.Type, "Constant"):
		r.constant = schema.StringValue(or(expression, a.Source.Name))
		return true
	case strings.EqualFold(a.Source.Type, "Attribute") && a.Source.Name != "":
		expression = "[" + a.Source.Name + "]"
	case expression == "":
		w.note(where, a.Source.Name, Left, "", "it has no source")
		return false
	}
	n, err := parseEntra(expression)
	if err != nil {
		w.note(where, expression, Left, "", "the expression cannot be read: "+err.Error())
		return false
	}
	t := translator{work: w}
	n = t.peel(n, r)
	if n.kind == nodeAttribute {
		path, err := t.attribute(n)
		if err != nil {
			w.note(where, expression, Left, "", err.Error())
			return false
		}
		r.scim = path
	} else if r.expr, err = t.expression(n); err != nil {
		w.note(where, expression, Left, "", err.Error())
		return false
	}
	*why = append(*why, t.notes...)
	return true
}

// entraFlow carries the options of a mapping over.
func (w *work) entraFlow(a *entraAttribute, r *rule, why *[]string) bool {
	switch strings.ToLower(a.FlowType) {
	case "", "always":
	case "objectaddonly":
		r.apply = "create"
	case "attributeaddonly":
		r.apply = "ifEmpty"
	case "multivalueaddonly", "valueaddonly":
		r.multi = "add"
	default:
		w.note(a.TargetAttributeName, a.FlowType, Left, "", "the flow type is not known")
		return false
	}
	switch strings.ToLower(a.FlowBehavior) {
	case "", "flowwhenchanged":
	case "flowalways":
		r.enforce = true
	default:
		*why = append(*why, "the flow behaviour "+a.FlowBehavior+" is not known")
	}
	if a.DefaultValue != nil && *a.DefaultValue != "" {
		r.fallback = *a.DefaultValue
	}
	return true
}

// entraScope carries the scoping filter over: clauses are joined by and, groups
// by or. It is carried over whole or not at all, since a part of it would let in
// whom the whole keeps out.
func (w *work) entraScope(s *entraScope) {
	if s == nil || len(s.Groups) == 0 {
		return
	}
	t := translator{work: w}
	var groups, lost []string
	for _, g := range s.Groups {
		var clauses []string
		if len(g.Clauses) == 0 {
			lost = append(lost, g.Name)
			w.note("scope", g.Name, Left, "", "a group without clauses says nothing")
		}
		for _, c := range g.Clauses {
			text, err := t.clause(&c)
			source := strings.TrimSpace(c.SourceOperandName + " " + c.OperatorName + " " + strings.Join(c.TargetOperand.Values, ", "))
			if err != nil {
				lost = append(lost, source)
				w.note("scope", source, Left, "", err.Error())
				continue
			}
			clauses = append(clauses, text)
		}
		if len(clauses) > 0 {
			groups = append(groups, strings.Join(clauses, " && "))
		}
	}
	if len(lost) > 0 {
		w.note("scope", "", Left, "", "the whole scope is left out, since a part of it cannot be carried over: without it every resource is in scope")
		return
	}
	if len(groups) == 0 {
		return
	}
	w.doc.scope = groups[0]
	if len(groups) > 1 {
		w.doc.scope = "(" + strings.Join(groups, ") || (") + ")"
	}
	w.note("scope", "", Carried, "", "")
}

// clause translates one condition of a scoping filter.
func (t *translator) clause(c *entraClause) (string, error) {
	path, err := t.attribute(&node{kind: nodeAttribute, text: c.SourceOperandName})
	if err != nil {
		return "", err
	}
	value := func() (string, error) {
		if len(c.TargetOperand.Values) != 1 {
			return "", fmt.Errorf("the operator %s wants one value", c.OperatorName)
		}
		return quote(c.TargetOperand.Values[0]), nil
	}
	operator := strings.ToUpper(strings.NewReplacer("_", " ", "-", " ").Replace(strings.TrimSpace(c.OperatorName)))
	forms := map[string]string{
		"EQUALS": "toString(%s) == %s", "NOT EQUALS": "toString(%s) != %s", "INCLUDES": "contains(%s, %s)",
		"STARTS WITH": "startsWith(%s, %s)", "ENDS WITH": "endsWith(%s, %s)", "REGEX MATCH": "matches(%s, %s)", "NOT REGEX MATCH": "!matches(%s, %s)",
		"GREATER THAN": "toInt(%s) > toInt(%s)", "GREATER THAN OR EQUALS": "toInt(%s) >= toInt(%s)",
	}
	switch operator {
	case "IS TRUE":
		return path + " == true", nil
	case "IS FALSE":
		return path + " == false", nil
	case "IS NULL":
		return "isUnset(" + path + ")", nil
	case "IS NOT NULL":
		return "isPresent(" + path + ")", nil
	}
	form, ok := forms[operator]
	if !ok {
		return "", fmt.Errorf("the operator %s is not known", c.OperatorName)
	}
	v, err := value()
	if err != nil {
		return "", err
	}
	if strings.Contains(operator, "REGEX") {
		re, err := goRegexp(c.TargetOperand.Values[0])
		if err != nil {
			return "", err
		}
		v = quote(re)
	}
	return fmt.Sprintf(form, path, v), nil
}

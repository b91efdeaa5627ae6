package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// attributeName is a name of an attribute, with at most one sub-attribute.
var attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_$-]*(\.[A-Za-z][A-Za-z0-9_$-]*)?$`)

// miniOrangeAttributes are the SCIM paths of the attributes that miniOrange's
// templates name.
var miniOrangeAttributes = map[string]string{
	"userName": "userName", "username": "userName", "email": `emails[type eq "work"].value`, "alternateEmail": `emails[type eq "other"].value`,
	"firstName": "name.givenName", "fname": "name.givenName", "lastName": "name.familyName", "lname": "name.familyName",
	"fullName": "displayName", "displayName": "displayName", "phone": `phoneNumbers[type eq "work"].value`,
	"primaryPhone": `phoneNumbers[type eq "work"].value`, "mobile": `phoneNumbers[type eq "mobile"].value`, "mobilePhone": `phoneNumbers[type eq "mobile"].value`,
	"address": `addresses[type eq "work"].formatted`, "street": `addresses[type eq "work"].streetAddress`, "city": `addresses[type eq "work"].locality`,
	"state": `addresses[type eq "work"].region`, "zip": `addresses[type eq "work"].postalCode`, "country": `addresses[type eq "work"].country`,
	"title": "title", "jobTitle": "title", "locale": "locale", "language": "preferredLanguage", "timezone": "timezone",
	"department": enterpriseUser + ":department", "manager": enterpriseUser + ":manager", "employeeId": enterpriseUser + ":employeeNumber",
}

// externalUserID is what stands for the id of the record in miniOrange's bodies.
const externalUserID = "externaluserid"

// MiniOrange imports the body of a request of a miniOrange REST application: a JSON
// object in whose texts @attribute stands for an attribute of the user. A text of
// one attribute alone becomes a rule with its path, one with more a
// concatenation, one without a constant. Members of objects become fields with
// dots. Of several objects around each other, {"user": {…}}, those with a single
// member are taken for wrappers.
func MiniOrange(data []byte, o *Options) (*Result, error) {
	if len(data) > maxInput {
		return nil, fmt.Errorf("importer: the input is larger than %d bytes", maxInput)
	}
	if !json.Valid(data) {
		return nil, errors.New("importer: not JSON")
	}
	body, err := schema.ParseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	if body.Kind() != schema.KindObject {
		return nil, errors.New("importer: a request body is a JSON object")
	}
	w := newWork(o, miniOrangeAttributes)
	w.doc.comment = []string{"Imported from a request body of miniOrange."}
	w.miniOrangeObject("", unwrapBody(body))
	return w.result()
}

// unwrapBody takes off objects that have an object for their only member.
func unwrapBody(v schema.Value) schema.Value {
	for {
		n := 0
		var only schema.Value
		for _, m := range v.Members() {
			n++
			only = m
		}
		if n != 1 || only.Kind() != schema.KindObject {
			return v
		}
		v = only
	}
}

func (w *work) miniOrangeObject(prefix string, v schema.Value) {
	for name, m := range v.Members() {
		field := prefix + name
		switch m.Kind() {
		case schema.KindObject:
			w.miniOrangeObject(field+".", m)
		case schema.KindList:
			if m.Len() == 1 && m.At(0).Kind() != schema.KindObject && m.At(0).Kind() != schema.KindList {
				w.miniOrangeField(field, m.At(0), true)
				continue
			}
			w.note(field, string(m.AppendJSON(nil)), Left, "", "a list of more than one text has no counterpart: write a rule for the attribute")
		default:
			w.miniOrangeField(field, m, false)
		}
	}
}

// reference is an attribute in a text.
var reference = regexp.MustCompile(`@([A-Za-z][A-Za-z0-9_]*)`)

func (w *work) miniOrangeField(field string, v schema.Value, list bool) {
	text, isText := v.Str()
	source := string(v.AppendJSON(nil))
	r := rule{name: field, target: field}
	var why string
	switch {
	case !fits(fieldName, field):
		w.note(field, source, Left, "", "the name cannot be that of a field")
		return
	case v.IsNull():
		w.note(field, source, Left, "", "null says nothing: a field without a rule is not sent")
		return
	case !isText:
		r.constant, r.direction = v, "toTarget"
	case !reference.MatchString(text):
		r.constant, r.direction = v, "toTarget"
	default:
		path, expression, err := w.miniOrangeText(text)
		if err != nil {
			w.note(field, source, Left, "", err.Error())
			return
		}
		r.scim, r.expr = path, expression
		if expression != "" {
			r.direction = "toTarget"
		}
	}
	if list {
		if r.scim == "" {
			w.note(field, source, Left, "", "a list of a constant or a concatenation has no counterpart: write a rule for it")
			return
		}
		why = "it is a list: the field has to hold one"
	}
	if w.seen[strings.ToLower(field)] {
		w.note(field, source, Left, "", "the field is there before")
		return
	}
	w.seen[strings.ToLower(field)] = true
	if base := w.baseRuleOf(field); base != nil {
		r.inPlaceOf(base)
		if r.scim == "" {
			r.lossy = ""
		}
		if !r.constant.IsUnset() {
			r.pipe = nil
		}
	} else {
		r.name = w.doc.freeName(r.name)
	}
	w.doc.rules = append(w.doc.rules, r)
	status := Carried
	if why != "" {
		status = Changed
	}
	w.note(field, source, status, r.name, why)
}

// miniOrangeText turns a text with attributes into a path or an expression.
func (w *work) miniOrangeText(text string) (path, expression string, err error) {
	var parts []string
	end := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > 0 && isNameByte(text[m[0]-1]) {
			continue // ada@example.com
		}
		name := text[m[2]:m[3]]
		if strings.EqualFold(name, externalUserID) {
			return "", "", errors.New("@" + name + " is the id of the record, which is no field that is written")
		}
		p, ok := w.scimPath(name)
		if !ok {
			return "", "", fmt.Errorf("the SCIM attribute in which @%s arrives is not known: say so with the option Attributes", name)
		}
		if m[0] == 0 && m[1] == len(text) {
			return p, "", nil
		}
		if before := text[end:m[0]]; before != "" {
			parts = append(parts, quote(before))
		}
		parts = append(parts, p)
		end = m[1]
	}
	if rest := text[end:]; rest != "" {
		parts = append(parts, quote(rest))
	}
	// Unlike +, join leaves out what is unset, as miniOrange does.
	return "", `join("", ` + strings.Join(parts, ", ") + ")", nil
}

func isNameByte(c byte) bool { return letter(c) || c >= '0' && c <= '9' || c == '_' }

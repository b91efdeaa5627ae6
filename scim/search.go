package scim

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
)

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// search serves a query by POST (RFC 7644 section 3.4.3) on the endpoint of a
// type, or on the base where l is nil. It writes nothing, so that principals who
// only read may search, too.
func (x *exchange) search(l *layout) error {
	if x.r.Method != http.MethodPost {
		return x.methods("POST")
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	p, err := parseSearch(body, x.h.set.repairs)
	switch {
	case err != nil:
		return err
	case l == nil:
		return x.listAll(&p)
	default:
		return x.listed(l, &p)
	}
}

// parseSearch reads a SearchRequest. Its members mean what the parameters of a GET
// do: others are ignored, and null is no value.
func parseSearch(body schema.Value, allowed repairSet) (parameters, error) {
	var p parameters
	if !names(body.Member("schemas"), searchURN) {
		if allowed&missingSchemas == 0 {
			return p, syntaxError("The attribute schemas has to name %s.", searchURN)
		}
		p.used |= missingSchemas
	}
	for name, v := range body.Members() {
		dst := p.named(name)
		if dst == nil || v.Unassigned() {
			continue
		}
		text, isText := v.Str()
		fits, wanted := isText, "text"
		switch kind := v.Kind(); dst {
		case &p.startIndex, &p.count:
			fits, wanted = kind == schema.KindInteger || kind == schema.KindDecimal, "a number"
		case &p.attributes, &p.excluded:
			fits, wanted = kind == schema.KindList, "a list of names"
		}
		switch {
		case fits:
			text = strings.Join(v.Strings(), ",")
		case isText && allowed&textParameters != 0:
			p.used |= textParameters
		default:
			return p, Errorf(http.StatusBadRequest, InvalidValue, "The parameter %s has to be %s.", name, wanted)
		}
		*dst = text
		p.hasCursor = p.hasCursor || dst == &p.cursor
	}
	return p, nil
}

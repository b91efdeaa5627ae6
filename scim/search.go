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
		wanted := ""
		switch dst {
		case &p.startIndex, &p.count:
			if wanted = "number"; v.Kind() == schema.KindInteger || v.Kind() == schema.KindDecimal {
				text, wanted = v.Text(), ""
			}
		case &p.attributes, &p.excluded:
			if wanted = "list of names"; v.Kind() == schema.KindList {
				text, wanted = strings.Join(v.Strings(), ","), ""
			}
		default:
			if !isText {
				return p, misfitParameter(name, "text")
			}
		}
		if wanted != "" {
			if !isText || allowed&textParameters == 0 {
				return p, misfitParameter(name, "a "+wanted)
			}
			p.used |= textParameters
		}
		*dst = text
		p.hasCursor = p.hasCursor || dst == &p.cursor
	}
	return p, nil
}

func misfitParameter(name, wanted string) error {
	return Errorf(http.StatusBadRequest, InvalidValue, "The parameter %s has to be %s.", name, wanted)
}

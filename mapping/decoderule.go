package mapping

import (
	"errors"
	"regexp"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

func (d *decoder) rule(doc *Document, t *tree, at string) {
	r := &ruleDecl{src: d.src, at: at}
	d.object(t, at, members{
		"name":        setText(d, &r.name),
		"description": func(t *tree, at string) { r.description = d.prose(t, at) },
		"scim":        setText(d, &r.scim),
		"target":      setText(d, &r.target),
		"direction": func(t *tree, at string) {
			r.direction = choice(d, t, at, map[string]Direction{"both": Both, "toTarget": ToTarget, "toScim": ToSCIM})
			r.hasDirection = true
		},
		"expr":    setText(d, &r.expr),
		"inverse": setText(d, &r.inverse),
		"const": func(t *tree, _ string) {
			r.constant, r.hasConst = t.toValue(), true
		},
		"pipe": func(t *tree, at string) { r.pipe = d.pipe(t, at) },
		"default": func(t *tree, _ string) {
			r.fallback = t.toValue()
			r.hasDefault = !r.fallback.Unassigned() // null and [] are none
		},
		"defaultOn":    setChoice(d, &r.always, map[string]bool{"create": false, "always": true}),
		"when":         setText(d, &r.when),
		"apply":        setChoice(d, &r.apply, applyWords),
		"enforce":      setBool(d, &r.enforce),
		"onUnset":      setChoice(d, &r.onUnset, unsetWords),
		"required":     setBool(d, &r.required),
		"validate":     func(t *tree, at string) { d.validations(r, t, at) },
		"pick":         setChoice(d, &r.pick, pickWords),
		"multi":        setChoice(d, &r.add, map[string]bool{"replace": false, "add": true}),
		"element":      func(t *tree, at string) { d.element(r, t, at) },
		"secret":       setBool(d, &r.secret),
		"lossy":        setText(d, &r.lossy),
		"alternatives": setBool(d, &r.alternatives),
		"alternative":  setBool(d, &r.alternative),
		"unique": func(t *tree, at string) {
			r.unique = true
			d.fail(at, "unique is not supported by this version")
		},
		"optional": setBool(d, &r.optional),
		"disabled": setBool(d, &r.disabled),
	})
	if t.kind == mappingTree {
		d.ruleShape(r)
	}
	doc.rules = append(doc.rules, r)
}

// ruleShape checks which members go together.
func (d *decoder) ruleShape(r *ruleDecl) {
	switch {
	case r.unique, r.disabled && r.name != "":
	case r.target == "" && (r.scim == "" || r.inverse == ""):
		d.fail(pointer(r.at, "target"), "a rule has a target, or scim and inverse")
	case r.target != "" && r.scim == "" && r.expr == "" && !r.hasConst:
		d.fail(pointer(r.at, "scim"), "a rule has scim, expr or const")
	}
	switch {
	case r.hasConst && r.expr != "":
		d.fail(pointer(r.at, "const"), "const and expr exclude each other")
	case r.hasConst && r.scim != "":
		d.fail(pointer(r.at, "const"), "const and scim exclude each other")
	case r.hasDirection && r.scim == "" && r.direction != ToTarget:
		d.fail(pointer(r.at, "direction"), "a rule without scim can only write")
	case r.hasDirection && r.target == "" && r.direction != ToSCIM:
		d.fail(pointer(r.at, "direction"), "a rule without target can only be read")
	}
}

func (d *decoder) element(r *ruleDecl, t *tree, at string) {
	d.each(t, at, func(name string, t *tree, at string) {
		if t.kind != scalarTree || t.value.IsNull() {
			d.fail(at, "a sub-attribute that is always the same is text, a number or a boolean")
		}
		r.element = append(r.element, schema.Member{Name: name, Value: t.value})
	})
}

func (d *decoder) validations(r *ruleDecl, t *tree, at string) {
	d.list(t, at, func(t *tree, at string) {
		v := validation{at: at, maxLength: -1}
		number := func(dst *schema.Value) func(*tree, string) {
			return func(t *tree, at string) {
				if _, ok := t.value.Float(); !ok {
					d.fail(at, "a number is wanted here")
				}
				*dst = t.value
			}
		}
		formats := map[string]string{"email": "email", "uri": "uri", "e164": "e164", "date": "date", "datetime": "datetime"}
		d.object(t, at, members{
			"pattern": func(t *tree, at string) {
				v.source = d.text(t, at)
				v.pattern = d.wholePattern(v.source, at)
			},
			"maxLength": func(t *tree, at string) { v.maxLength = d.integer(t, at, 0) },
			"oneOf":     func(t *tree, at string) { v.oneOf = d.values(t, at) },
			"min":       number(&v.min),
			"max":       number(&v.max),
			"format":    setChoice(d, &v.format, formats),
			"expr":      setText(d, &v.expr),
		})
		r.validate = append(r.validate, v)
	})
}

// pattern is a regular expression that has to match a whole value.
type pattern struct {
	*regexp.Regexp
	work int // steps for each one of the value
}

var errLongPattern = errors.New("longer than " + itoa(maxPattern) + " bytes")

func compileWhole(s string) (*pattern, error) {
	if len(s) > maxPattern {
		return nil, errLongPattern
	}
	re, work, err := expr.CompilePattern(s, true)
	if err != nil {
		return nil, err
	}
	return &pattern{re, work}, nil
}

// patternCode is the code of a document's problem with a pattern.
func patternCode(err error) Code {
	if codeOf(err) == CodeCost {
		return CodeCost
	}
	return CodeSyntax
}

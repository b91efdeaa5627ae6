package scim

import (
	"strings"

	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/usher-scim/usher/schema"
)

// Two spellings of one name must not become two users: RFC 7644 section 5 has
// names prepared by PRECIS before they are compared. userName is prepared where
// it comes in, in bodies and in filters, so that backends store and compare the
// prepared form. Case is left alone: the schema has userName compared without it.
//
// A password is handed on as it was sent: whoever stores or compares it prepares
// it (RFC 8265 section 4), and that is the target.

// preparedName applies the mappings of the profile UsernameCasePreserved (RFC
// 8265 section 3.4): full-width and half-width letters become common ones, then
// all is brought into the normalization form C. It does not refuse anything.
func preparedName(s string) string {
	if isASCII(s) {
		return s
	}
	return norm.NFC.String(width.Fold.String(s))
}

// nameProfile is UsernameCasePreserved without its Bidi Rule, which is for names
// with letters that are written from right to left. precis applies it to all, and
// refuses "1é".
var nameProfile = precis.NewIdentifier(precis.FoldWidth, precis.Norm(norm.NFC))

// isName reports whether the profile allows the characters of a name.
func isName(s string) bool {
	name, err := nameProfile.String(s)
	return err == nil && (bidirule.DirectionString(name) != bidi.RightToLeft || bidirule.ValidString(name))
}

// isPlainName holds for names that need no preparation and that the profile
// allows: most there are.
func isPlainName(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// userName prepares the userName of a body. What the profile refuses is taken as
// well where the repair allows it, prepared all the same.
func (d *decoder) userName(v schema.Value, text string, at place) (schema.Value, error) {
	if isPlainName(text) {
		return v, nil
	}
	if !isName(text) && !d.can(looseUserName) {
		return schema.Value{}, invalidValue(d.path(at), "a name has letters, digits and signs, but no blanks, control characters or others that RFC 8265 does not allow")
	}
	return schema.StringValue(preparedName(text)), nil
}

// prepared returns the filter with the names that userName is compared with
// prepared. A name that preparation changes is looked for as it was sent, too:
// what another program has stored in a target was never prepared.
func (d *decoder) prepared(f schema.Filter) schema.Filter {
	return rewritten(f, func(f schema.Filter) schema.Filter {
		if c, ok := f.(*schema.Compare); ok {
			return d.preparedCompare(c)
		}
		return f
	})
}

func (d *decoder) preparedCompare(f *schema.Compare) schema.Filter {
	text, ok := f.Value.Str()
	if !ok || isASCII(text) || !strings.EqualFold(f.Path.Attr, userName) {
		return f
	}
	if sel, err := d.l.typ.Select(f.Path); err != nil || sel.Slot != d.l.userName || sel.Slot == schema.NoSlot {
		return f
	}
	name := preparedName(text)
	if name == text {
		return f
	}
	g := &schema.Compare{Path: f.Path, Op: f.Op, Value: schema.StringValue(name)}
	switch f.Op {
	case schema.Eq, schema.Co, schema.Sw, schema.Ew:
		return schema.Or{g, f}
	case schema.Ne:
		return schema.And{g, f}
	default: // there is one order, that of prepared names
		return g
	}
}

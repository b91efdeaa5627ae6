package mappingtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// CheckFields holds the fields that a document declares, which make it testable on
// its own, against the type that the target's driver has: each has to be a field
// of the target and to be described alike (type, list, required, when it is
// written, length, choices, pattern, filters, order, how it is cleared), and each
// field that can be written has to be declared. The error has a line for
// everything that differs.
func CheckFields(doc *mapping.Document, target *schema.Type) error {
	declared, err := doc.TargetType()
	if err != nil {
		return err
	}
	var errs []error
	for s := range schema.Slot(declared.Len()) {
		a := declared.Attribute(s)
		if strings.EqualFold(a.Name, doc.IDField()) {
			continue
		}
		b := target.Lookup(a.Name)
		if b == nil {
			errs = append(errs, fmt.Errorf("%s has no field %s", target.Name(), a.Name))
			continue
		}
		said, is := facts(a), facts(b)
		for i := range said {
			if said[i] != is[i] {
				errs = append(errs, fmt.Errorf("field %s: the document says %s, it is %s", a.Name, said[i], is[i]))
			}
		}
	}
	for s := range schema.Slot(target.Len()) {
		if a := target.Attribute(s); a.Writable() && !a.Custom && declared.Lookup(a.Name) == nil {
			errs = append(errs, fmt.Errorf("field %s can be written, and the document does not declare it", a.Name))
		}
	}
	return errors.Join(errs...)
}

// facts are the characteristics of a field that a document can declare, in words.
func facts(a *schema.Attribute) []string {
	kind := a.Type.String()
	if a.MultiValued {
		kind = "list of " + kind
	}
	// A document has no word for what is never given back; it is like any other
	// field for whoever writes.
	mutability := a.Mutability
	if mutability == schema.WriteOnly {
		mutability = schema.ReadWrite
	}
	ops := []string{}
	for op := schema.Eq; op < schema.AllOps; op <<= 1 {
		if a.Filter&op != 0 {
			ops = append(ops, op.String())
		}
	}
	choices := slices.Sorted(slices.Values(a.Choices))
	clearing := "clearAs omit"
	if a.ClearAs != schema.ClearOmit {
		clearing = "clearAs " + string(a.ClearAs.Value(a.MultiValued).AppendJSON(nil))
	}
	return []string{
		kind, fmt.Sprintf("required %t", a.Required), mutability.String(), fmt.Sprintf("maxLength %d", a.MaxLength),
		fmt.Sprintf("oneOf %q", choices), fmt.Sprintf("pattern %q", a.Pattern), fmt.Sprintf("filter %v", ops),
		fmt.Sprintf("filterAs %q", a.FilterAs), fmt.Sprintf("set %t", a.Unordered), clearing,
	}
}

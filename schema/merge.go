package schema

import (
	"fmt"
	"slices"
	"strings"
)

// MergeResources returns a resource type that has what several have: the schemas
// and the attributes of all, under the name of the first. It is for resources of
// one type that are kept in several places, of which each holds some attributes.
// Of an attribute that more than one has, the result is the widest: writable if
// one is, required if it is in all, with the choices that all allow, and
// of any type where they differ in that. A single type is returned as it is.
//
// An error says which attribute is a list in one type and a single value in
// another.
func MergeResources(types ...*Type) (*Type, error) {
	if len(types) == 1 {
		return types[0], nil
	}
	var schemas []Schema
	for _, t := range types {
		for _, s := range t.Schemas() {
			i := slices.IndexFunc(schemas, func(have Schema) bool { return strings.EqualFold(have.URN, s.URN) })
			if i < 0 {
				s.Attributes = slices.Clone(s.Attributes)
				schemas = append(schemas, s)
				continue
			}
			for _, a := range s.Attributes {
				if err := schemas[i].merge(a); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(schemas) == 0 {
		return nil, fmt.Errorf("schema: no resource types to merge")
	}
	for _, s := range schemas {
		for i := range s.Attributes {
			a := &s.Attributes[i]
			for _, t := range types {
				// What only some of them know cannot be demanded of all.
				if known := t.Lookup(s.URN + ":" + a.Name); known == nil {
					a.Required, a.Demanded = false, false
				}
			}
		}
	}
	return NewResource(types[0].Name(), schemas[0], schemas[1:]...)
}

// merge adds an attribute to a schema, or widens the one that it has.
func (s *Schema) merge(a Attribute) error {
	i := slices.IndexFunc(s.Attributes, func(have Attribute) bool { return strings.EqualFold(have.Name, a.Name) })
	if i < 0 {
		s.Attributes = append(s.Attributes, a)
		return nil
	}
	have := &s.Attributes[i]
	if have.MultiValued != a.MultiValued {
		return fmt.Errorf("schema: attribute %s of schema %s is a list in one place and a single value in another", a.Name, s.URN)
	}
	switch {
	case have.Type != a.Type:
		have.Type, have.Sub = Any, nil
	case have.Sub != a.Sub:
		var err error
		if have.Sub, err = mergeParts(have.Sub, a.Sub); err != nil {
			return err
		}
	}
	if have.Shown != a.Shown {
		have.Shown = 0
	}
	have.Required = have.Required && a.Required
	have.Demanded = have.Demanded && a.Demanded
	have.CaseExact = have.CaseExact && a.CaseExact
	have.Mutability = widestMutability(have.Mutability, a.Mutability)
	if have.Returned == ReturnedNever {
		have.Returned = a.Returned
	}
	if len(have.Choices) > 0 && !slices.Equal(have.Choices, a.Choices) {
		have.Choices = union(have.Choices, a.Choices)
	}
	have.MaxLength = widestLength(have.MaxLength, a.MaxLength)
	if have.Pattern != a.Pattern {
		have.Pattern = ""
	}
	if have.Description == "" {
		have.Description = a.Description
	}
	return nil
}

// mergeParts returns a type with the sub-attributes of both.
func mergeParts(a, b *Type) (*Type, error) {
	s := Schema{URN: a.name, Attributes: slices.Clone(a.attrs)}
	for i := range s.Attributes {
		if part := &s.Attributes[i]; b.Lookup(part.Name) == nil {
			part.Required, part.Demanded = false, false
		}
	}
	for _, part := range b.attrs {
		if a.Lookup(part.Name) == nil {
			part.Required, part.Demanded = false, false
		}
		if err := s.merge(part); err != nil {
			return nil, err
		}
	}
	return NewOrdered(a.name, s.Attributes...)
}

// widestMutability is the one of two that allows more: what can be written in one
// place can be written.
func widestMutability(a, b Mutability) Mutability {
	for _, m := range [...]Mutability{ReadWrite, Immutable, WriteOnly} {
		if a == m || b == m {
			return m
		}
	}
	return ReadOnly
}

// union returns the choices of both, nil where one of them has no list.
func union(a, b []string) []string {
	if len(b) == 0 {
		return nil
	}
	out := slices.Clone(a)
	for _, c := range b {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func widestLength(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	return max(a, b)
}

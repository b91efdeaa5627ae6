package scim

import "github.com/usher-scim/usher/schema"

// Sort is an order of resources (RFC 7644 section 3.4.2.3). The zero Sort is
// none.
type Sort struct {
	// By is the attribute, or the sub-attribute, by which resources are sorted.
	By         schema.Selector
	Descending bool
}

// IsZero reports whether no order is asked for.
func (s Sort) IsZero() bool { return s.By.Type == nil }

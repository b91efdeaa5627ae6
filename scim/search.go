package scim

// search serves a query by POST (RFC 7644 section 3.4.3) on the endpoint of a
// type, or on the base where l is nil.
func (x *exchange) search(l *layout) error {
	_ = l
	return unsupported("Searching by POST is not supported: send the query as a GET.")
}

// root serves a query over all types on the base.
func (x *exchange) root() error {
	return unsupported("A query over all resource types is not supported: query one of them.")
}

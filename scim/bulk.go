package scim

func (x *exchange) bulk() error {
	return unsupported("Bulk requests are not supported: send the operations one by one.")
}

package scim

// me serves /Me, and what stands below it.
func (x *exchange) me(rest string) error {
	_ = rest
	return unsupported("The path /Me is not supported: address the user by its id.")
}

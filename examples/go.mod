module github.com/usher-scim/usher/examples

go 1.26.0

require (
	github.com/stretchr/testify v1.12.1
	github.com/usher-scim/usher v0.0.0
	go.yaml.in/yaml/v3 v3.0.6
)

require (
	github.com/di-wu/parser v0.2.2 // indirect
	github.com/di-wu/xsd-datetime v1.0.0 // indirect
	github.com/elimity-com/scim v0.0.0-20240320110924-172bf2aee9c8 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/scim2/filter-parser/v2 v2.2.1 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/usher-scim/usher => ../

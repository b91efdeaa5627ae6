module github.com/usher-scim/usher/internal/contract

go 1.26.0

require github.com/usher-scim/usher v0.0.0

replace github.com/usher-scim/usher => ../../

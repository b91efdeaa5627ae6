module github.com/usher-scim/usher/internal/contract

go 1.26.0

// Command server is the complete usher server: connections from identity
// providers to help desks, from a configuration file or, without one, in a
// sandbox that needs no account and no network.
//
//	go run ./examples/server                        sandbox on 127.0.0.1:8080
//	go run ./examples/server --config usher.yaml    real accounts
//	go run ./examples/server token                  a new token and its hash
//	go run ./examples/server token-key              a new key for OAuth tokens
//	go run ./examples/server authorize              a consent to an OAuth client
//
// See config.go for the configuration file.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal stops the server, a second one kills it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Command simulator is a Freshservice or a Zendesk account on a port of its own,
// with the documented rules and limits of the real API, for trying any client out:
// no account is needed, and nothing leaves this machine.
//
//	go run ./examples/simulator freshservice                  an account with a few people, on 127.0.0.1:9090
//	go run ./examples/simulator zendesk --seed seed.json      one that holds what a file says
//
// The page at / shows what the account holds and the last requests. Everything is
// in memory. freshservice.json and zendesk.json are seeds to begin with; see
// docs/guides/simulators.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal stops the simulator, a second one kills it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/zendesk"
)

// Exit codes of run.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const defaultListen = "127.0.0.1:8080"

// flags are what the command line says.
type flags struct {
	listen        string
	config        string
	publicURL     string
	sandbox       bool
	sandboxRemote bool
	json          bool
}

const usage = `usage: server [flags]    serve; without --config in a sandbox
       server token      print a new token and its hash
       server token-key  print a new key for the configuration's token_store
       server authorize  ask for the consent to a connection's OAuth client

`

// program is the program with what it takes from its surroundings.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            environment
	// How accounts that are no simulators are reached.
	freshservice freshservice.Options
	zendesk      zendesk.Options
}

// run is the program: it serves until ctx ends and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := &program{stdin: os.Stdin, stdout: stdout, stderr: stderr, env: os.LookupEnv}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	if len(args) > 0 {
		switch args[0] {
		case "token":
			return report(p.stderr, printToken(args[1:], p.stdout))
		case "token-key":
			return report(p.stderr, printTokenKey(args[1:], p.stdout))
		case "authorize":
			return p.authorize(ctx, args[1:])
		}
	}
	f, err := parseFlags(args, p.stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage // the flag package has said why
	}
	return report(p.stderr, p.serve(ctx, f))
}

// report says what went wrong, in a line.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(stderr, "usher: "+err.Error())
	return exitFailed
}

func parseFlags(args []string, stderr io.Writer) (*flags, error) {
	f := &flags{}
	set := flag.NewFlagSet("server", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		set.PrintDefaults()
	}
	set.StringVar(&f.listen, "listen", "", "`address` to listen on; port 0 picks a free one (default "+defaultListen+")")
	set.StringVar(&f.config, "config", "", "configuration `file`")
	set.StringVar(&f.publicURL, "public-url", "", "`URL` under which identity providers reach the server, without a path")
	set.BoolVar(&f.sandbox, "sandbox", false, "add the sandbox connections to a configured server")
	set.BoolVar(&f.sandboxRemote, "sandbox-remote", false, "let a sandbox listen on an address that is not loopback")
	set.BoolVar(&f.json, "json", false, "print one line of JSON on stdout once it serves")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "usher: unknown argument %q\n", set.Arg(0))
		set.Usage()
		return nil, errors.New("unknown argument")
	}
	return f, nil
}

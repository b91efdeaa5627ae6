package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/usher-scim/usher/examples/internal/local"
	"github.com/usher-scim/usher/gateway"
)

// Exit codes of run.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const defaultListen = "127.0.0.1:9090"

// Limits of the server.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute
	idleTimeout       = 2 * time.Minute
)

const usage = `usage: simulator freshservice [flags]
       simulator zendesk [flags]

`

// flags are what the command line says.
type flags struct {
	listen string
	seed   string
	remote bool
	json   bool
}

// run serves until ctx ends and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || applications[args[0]] == nil {
		_, _ = io.WriteString(stderr, usage)
		if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
			return exitOK
		}
		return exitUsage
	}
	f, err := parseFlags(args[1:], stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage // the flag package has said why
	}
	if err := serve(ctx, applications[args[0]], f, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "simulator: "+err.Error())
		return exitFailed
	}
	return exitOK
}

func parseFlags(args []string, stderr io.Writer) (*flags, error) {
	f := &flags{}
	set := flag.NewFlagSet("simulator", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		_, _ = io.WriteString(stderr, usage)
		set.PrintDefaults()
	}
	set.StringVar(&f.listen, "listen", defaultListen, "`address` to listen on; port 0 picks a free one")
	set.StringVar(&f.seed, "seed", "", "JSON `file` with what the account holds; without it a few people at example.com")
	set.BoolVar(&f.remote, "remote", false, "allow an address to listen on that is not loopback")
	set.BoolVar(&f.json, "json", false, "print one line of JSON on stdout once it serves")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	if set.NArg() > 0 {
		_, _ = fmt.Fprintf(stderr, "simulator: unknown argument %q\n", set.Arg(0))
		set.Usage()
		return nil, errors.New("unknown argument")
	}
	return f, nil
}

// serve runs an account until ctx ends.
func serve(ctx context.Context, open opener, f *flags, stdout, stderr io.Writer) error {
	if !f.remote && !local.IsLoopback(f.listen) {
		return fmt.Errorf("a simulator does not listen on %s: everybody there could use it (loopback only, unless --remote is given)", f.listen)
	}
	var hosts []string // set before anybody is served
	a, err := openFile(open, f.seed, func(r *http.Request) bool { return gateway.CheckHost(r, hosts) })
	if err != nil {
		return err
	}
	l, err := local.Listen(ctx, f.listen)
	if err != nil {
		return err
	}
	hosts, a.URL = local.Hosts(l.Addr()), local.URL(l.Addr())
	log := slog.New(slog.NewTextHandler(stderr, nil))
	srv := &http.Server{
		Handler: a.handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(a.release)
	return local.Serve(ctx, srv, l, log, func() error {
		if f.json {
			return a.writeJSON(stdout)
		}
		return a.write(stdout)
	})
}

package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/gateway"
)

// Mappings has the mapping document: SCIM users to users of the directory.
//
//go:embed mapping/*.yaml
var Mappings embed.FS

// example is what a file that is not there yet begins with.
//
//go:embed users.csv
var example []byte

// How long a request's header may take, and requests under way at the end.
const (
	headerTimeout = 10 * time.Second
	stopTimeout   = 10 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "customconnector:", err)
		os.Exit(1)
	}
}

// run serves the file that the arguments name until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("customconnector", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "127.0.0.1:8081", "address to listen on")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: customconnector [-listen ADDRESS] FILE\nThe file is made, with three people in it, where there is none.")
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case flags.NArg() != 1:
		return errors.New("the name of one CSV file is wanted")
	}
	path := flags.Arg(0)
	if err := provide(path); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *listen)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // the server has closed it, or nothing was served
	log := slog.New(slog.NewTextHandler(stderr, nil))
	g, url, token, err := connect(ctx, path, "http://"+listener.Addr().String(), log)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is served as SCIM\n  URL    %s\n  token  %s\n  try    curl -H \"Authorization: Bearer %s\" \"%s/Users?count=3\"\n",
		path, url, token, token, url)
	return serve(ctx, listener, g)
}

// provide makes the file where there is none.
func provide(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(example)
	return errors.Join(err, f.Close())
}

// connect makes a gateway with one connection, to the directory. A path is nothing
// that an administration API should take, so the target is opened here and not by
// an application of the gateway's registry.
func connect(ctx context.Context, path, publicURL string, log *slog.Logger) (g *gateway.Gateway, url, token string, err error) {
	if g, err = gateway.New(&gateway.Options{PublicURL: publicURL, Logger: log}); err != nil {
		return nil, "", "", err
	}
	token, hash, err := gateway.NewToken(rand.Reader)
	if err != nil {
		return nil, "", "", err
	}
	info, err := g.Add(ctx, gateway.Config{
		ID: "directory", Target: "directory", Mapping: Mappings,
		Tokens: []gateway.Token{{Name: "identity provider", Hash: hash}},
		Open: func(context.Context) (*connector.Target, error) {
			d, err := New(path)
			if err != nil {
				return nil, err
			}
			return connector.NewTarget(d, &connector.Options{Logger: log})
		},
	})
	if err != nil {
		return nil, "", "", err
	}
	if err := g.Check(ctx, info.ID); err != nil {
		return nil, "", "", err
	}
	return g, info.SCIMURL, token, nil
}

// serve answers requests until ctx ends, then lets those under way finish.
func serve(ctx context.Context, l net.Listener, g *gateway.Gateway) error {
	srv := &http.Server{Handler: g, ReadHeaderTimeout: headerTimeout}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := srv.Shutdown(stop)
	<-served
	return errors.Join(err, g.Close(stop))
}

// Package local has what the servers of the examples share: where they listen, who
// may look at pages that anybody on this machine could, and how they stop.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// stopTimeout is how long requests under way may take to finish.
const stopTimeout = 30 * time.Second

// IsLoopback reports whether an address to listen on ("127.0.0.1:8080") is
// reachable from this machine only.
func IsLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Listen opens a TCP port. Its error is fit to be shown as it is.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("cannot listen on %s: the port is taken; --listen 127.0.0.1:0 picks a free one", address)
	default:
		return nil, fmt.Errorf("cannot listen: %w", err)
	}
}

// URL is where this machine reaches a server, without a final slash.
func URL(addr net.Addr) string {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ap.Addr().IsUnspecified() {
		ap = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), ap.Port())
	}
	return "http://" + ap.String()
}

// Hosts are the hosts by which a server is called directly: this machine's own
// names, and the address listened on; for all addresses those of all interfaces.
func Hosts(addr net.Addr) []string {
	hosts := []string{"127.0.0.1", "::1", "localhost"}
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return hosts
	}
	if !ap.Addr().IsUnspecified() {
		return append(hosts, ap.Addr().String())
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return hosts
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			hosts = append(hosts, p.Addr().String())
		}
	}
	return hosts
}

// Serve calls ready and serves until ctx ends, then lets the requests under way
// finish, for half a minute at most. It owns the listener.
func Serve(ctx context.Context, srv *http.Server, l net.Listener, log *slog.Logger, ready func() error) error {
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	err := ready()
	if err == nil {
		select {
		case err = <-served:
			return fmt.Errorf("the server stopped: %w", err)
		case <-ctx.Done():
			log.Info("stopping: requests under way finish first")
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if stopErr := srv.Shutdown(stop); stopErr != nil {
		_ = srv.Close()
		err = errors.Join(err, fmt.Errorf("some requests did not finish within %s", stopTimeout))
	}
	<-served
	return err
}

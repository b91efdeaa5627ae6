package httpx

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Special-purpose ranges that the predicates of netip.Addr do not cover (IANA special-purpose address
// registries). They never hold a help desk, and some of them lead back inside.
var reservedPrefixes = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),          // IPv4-compatible, deprecated
	netip.MustParsePrefix("64:ff9b:1::/48"), // local-use NAT64
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/32"), // Teredo
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("fec0::/10"), // site-local, deprecated
}

var (
	cgnatPrefix = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	nat64Prefix = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052
	sixToFour   = netip.MustParsePrefix("2002::/16")     // RFC 3056
)

// checkAddr returns an error if a client must not connect to addr. With allowPrivate loopback, private, unique
// local and shared (CGNAT) addresses pass; link-local (where clouds keep their metadata service), multicast,
// unspecified and reserved ones never do.
func checkAddr(addr netip.Addr, allowPrivate bool) error {
	addr = addr.Unmap().WithZone("")
	if inner, ok := embeddedIPv4(addr); ok {
		return checkAddr(inner, allowPrivate)
	}
	if !addr.IsValid() {
		return fmt.Errorf("%w: not an IP address", errRefusedAddress)
	}
	if allowPrivate && (addr.IsLoopback() || addr.IsPrivate() || cgnatPrefix.Contains(addr)) {
		return nil
	}
	if addr.IsLoopback() || addr.IsPrivate() || cgnatPrefix.Contains(addr) ||
		addr.IsUnspecified() || addr.IsMulticast() ||
		addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() || addr.IsInterfaceLocalMulticast() {
		return errRefusedAddress
	}
	for _, p := range reservedPrefixes {
		if p.Contains(addr) {
			return errRefusedAddress
		}
	}
	return nil
}

// embeddedIPv4 returns the IPv4 address that a translating IPv6 address leads to.
func embeddedIPv4(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	switch {
	case nat64Prefix.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// dialControl is a net.Dialer.Control: it sees the address after name resolution, just before connecting, so
// no answer of a name server can get around it.
func dialControl(allowPrivate bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: not an IP address and port", errRefusedAddress)
		}
		return checkAddr(ap.Addr(), allowPrivate)
	}
}

// newTransport returns the default transport: guarded dialling, no proxy (a proxy would resolve names behind
// the guard's back), bounded headers, HTTP/2.
func newTransport(o *Options) *http.Transport {
	dialer := &net.Dialer{
		Timeout:   10 * time.Second,
		KeepAlive: 30 * time.Second,
		Resolver:  o.Resolver,
		Control:   dialControl(o.AllowPrivate),
	}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

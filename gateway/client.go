package gateway

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// ParseProxies reads addresses ("10.0.0.1") and networks ("10.0.0.0/8") of
// proxies. The error names the one that is neither.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is no IP address and no network such as 10.0.0.0/8", s)
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			// Clients' addresses are compared as what they are: IPv4.
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// clientAddr returns where a request came from, for the log. X-Forwarded-For
// counts only as far as trusted proxies vouch for it: it is read from its end,
// and the first address that is no trusted proxy's is the client's. Everything
// before that address may have been made up by the client.
func (g *Gateway) clientAddr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return printable(host, 64)
	}
	addr = addr.Unmap().WithZone("")
	if !g.trusts(addr) {
		return addr.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			break
		}
		addr = next
		if !g.trusts(addr) {
			break
		}
	}
	return addr.String()
}

// parseHop reads an address of X-Forwarded-For, which has a port with some
// proxies. A zone could be any text and is left out.
func parseHop(hop string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(hop)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func (g *Gateway) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(g.opts.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// CheckHost reports whether a request was meant for one of these hosts and, if a
// page in a browser made it, whether the page is of the same origin: a defence
// of loopback servers against pages whose name is re-bound to 127.0.0.1. Hosts
// are names or IP addresses without ports, in any case; no hosts allow every
// request.
func CheckHost(r *http.Request, hosts []string) bool {
	if len(hosts) == 0 {
		return true
	}
	if !slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, hostname(r.Host)) }) {
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	// Behind a proxy that ends TLS the scheme of the origin is not known here.
	_, host, ok := strings.Cut(origins[0], "://")
	return ok && len(origins) == 1 && strings.EqualFold(host, r.Host)
}

// hostname returns the host of "host:port", without the brackets of IPv6.
func hostname(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

// maxRequestID is how long a request id from outside may be.
const maxRequestID = 64

// requestID returns the client's request id if it is harmless, else a new one.
func (g *Gateway) requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); harmlessID(id) {
		return id
	}
	return g.opts.NewID()
}

func harmlessID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// printable returns s with everything escaped that a terminal or a log viewer
// could take for more than text (control characters, line and paragraph
// separators, marks that turn the direction of writing), cut to limit bytes.
func printable(s string, limit int) string {
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "..."
	}
	if strings.IndexFunc(s, suspicious) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if suspicious(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func suspicious(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

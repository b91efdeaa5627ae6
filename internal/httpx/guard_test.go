package httpx_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
)

func TestGuard_Addresses(t *testing.T) {
	t.Parallel()
	const never, private, public = "never", "private", "public"
	tests := map[string]string{
		"127.0.0.1": private, "127.8.9.10": private, "::1": private,
		"10.0.0.1": private, "172.16.0.1": private, "172.31.255.255": private, "192.168.1.1": private,
		"fc00::1": private, "fd12:3456::1": private,
		"100.64.0.1": private, "100.127.255.255": private,
		"::ffff:127.0.0.1": private, "::ffff:10.0.0.1": private, "::ffff:100.64.0.1": private,
		"64:ff9b::7f00:1": private, "64:ff9b::a00:1": private, "2002:0a00:0001::": private,

		"169.254.169.254": never, "::ffff:169.254.169.254": never, "fe80::1": never, "fe80::1%eth0": never,
		"64:ff9b::a9fe:a9fe": never, "2002:a9fe:a9fe::": never,
		"0.0.0.0": never, "0.1.2.3": never, "::": never, "::ffff:0.0.0.0": never, "::7f00:1": never,
		"224.0.0.1": never, "239.255.255.255": never, "ff02::1": never, "ff0e::1": never, "ff01::1": never,
		"255.255.255.255": never, "240.0.0.1": never,
		"192.0.0.8": never, "192.0.2.1": never, "198.18.0.1": never, "198.51.100.1": never, "203.0.113.1": never,
		"2001:db8::1": never, "2001::1": never, "fec0::1": never, "100::1": never, "64:ff9b:1::1": never,

		"8.8.8.8": public, "100.63.255.255": public, "100.128.0.0": public, "172.32.0.1": public, "169.253.0.1": public,
		"2606:4700::1111": public, "::ffff:8.8.8.8": public, "64:ff9b::808:808": public, "2002:0808:0808::": public,
	}
	for addr, class := range tests {
		a := netip.MustParseAddr(addr)
		assert.Equal(t, class == public, httpx.CheckAddr(a, false) == nil, "%s, closed", addr)
		assert.Equal(t, class != never, httpx.CheckAddr(a, true) == nil, "%s, private allowed", addr)
	}
	assert.Error(t, httpx.CheckAddr(netip.Addr{}, true))
}

// The guard sees the address that a name led to, whatever the name and the address family.
func TestGuard_RefusesNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{
		"127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.1.1", "0.0.0.0", "::1", "fd00::1", "fe80::1", "::ffff:192.168.0.1",
	} {
		t.Run(addr, func(t *testing.T) {
			t.Parallel()
			needFamily(t, addr)
			var queries atomic.Int32
			c, err := httpx.New(&httpx.Options{
				BaseURL:  "https://innocent.example.com",
				Resolver: resolverTo(netip.MustParseAddr(addr), &queries),
			})
			require.NoError(t, err)
			var rec httpx.Recorder
			_, err = c.Do(httpx.WithRecorder(t.Context(), &rec), &httpx.Request{Method: http.MethodPost, Path: "/x"})
			e := asError(t, err)
			assert.Equal(t, httpx.KindRefused, e.Kind)
			assert.Equal(t, 1, e.Attempts, "it would be refused again")
			assert.False(t, e.Ambiguous())
			assert.Equal(t, "POST /x: refused: address is private, local or reserved", err.Error())
			assert.Positive(t, queries.Load(), "the name was resolved")
			require.Len(t, rec.Calls(), 1)
			assert.Equal(t, httpx.KindRefused, rec.Calls()[0].Kind)
		})
	}
}

func TestGuard_RefusesLiteralAddressesAndLocalhost(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", "::1"} {
		if host == "::1" {
			needFamily(t, host)
		}
		c, err := httpx.New(&httpx.Options{BaseURL: "http://" + net.JoinHostPort(host, u.Port()), AllowInsecure: true})
		require.NoError(t, err)
		_, err = c.Do(t.Context(), get("/x"))
		assert.Equal(t, httpx.KindRefused, httpx.KindOf(err), host)
	}
	assert.Zero(t, hits.Load())
}

func TestGuard_AllowPrivate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	require.NoError(t, err)
	var queries atomic.Int32
	c, err := httpx.New(&httpx.Options{
		BaseURL: "http://inside.example.com:" + u.Port(), AllowInsecure: true, AllowPrivate: true,
		Resolver: resolverTo(netip.MustParseAddr("127.0.0.1"), &queries),
	})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	_, err = c.Do(t.Context(), get("/x"))
	require.NoError(t, err)
}

func TestGuard_UnknownName(t *testing.T) {
	t.Parallel()
	var queries atomic.Int32
	c, err := httpx.New(&httpx.Options{
		BaseURL: "https://gone.example.com", MaxAttempts: 2, Jitter: func() float64 { return 0 },
		Resolver: resolverTo(netip.Addr{}, &queries),
	})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
	assert.EqualError(t, err, "POST /x: unavailable after 2 attempts: host name not found")
	assert.False(t, asError(t, err).Ambiguous())
}

// needFamily skips a test that needs IPv6 where the machine has none: the guard acts on a socket.
func needFamily(t *testing.T, addr string) {
	t.Helper()
	if a := netip.MustParseAddr(addr); !a.Is6() || a.Is4In6() {
		return
	}
	c, err := net.ListenPacket("udp6", "[::]:0")
	if err != nil {
		t.Skip("skipped: no IPv6 on this machine")
	}
	require.NoError(t, c.Close())
}

// resolverTo returns a resolver that answers every name with addr, or with "no such name" if addr is invalid. It
// speaks just enough DNS over a pipe: the network is not used.
func resolverTo(addr netip.Addr, queries *atomic.Int32) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer func() { _ = server.Close() }()
			for {
				var size [2]byte // a pipe is no packet connection, so messages have a length before them
				if _, err := io.ReadFull(server, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				queries.Add(1)
				reply := dnsReply(query, addr)
				if _, err := server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
					return
				}
			}
		}()
		return client, nil
	}}
}

// dnsReply answers the one question of a query (RFC 1035 4.1).
func dnsReply(query []byte, addr netip.Addr) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	question := query[12 : end+5]
	qtype := binary.BigEndian.Uint16(query[end+1:])
	const typeA, typeAAAA = 1, 28
	var data []byte
	switch {
	case addr.Is4() && qtype == typeA, addr.Is6() && qtype == typeAAAA:
		data = addr.AsSlice()
	}
	code := uint16(0x8180) // an answer, recursion available
	if !addr.IsValid() {
		code |= 3 // no such name
	}
	reply := append([]byte(nil), query[:2]...)
	reply = binary.BigEndian.AppendUint16(reply, code)
	reply = binary.BigEndian.AppendUint16(reply, 1)
	reply = binary.BigEndian.AppendUint16(reply, uint16(min(len(data), 1)))
	reply = append(reply, 0, 0, 0, 0)
	reply = append(reply, question...)
	if data != nil {
		reply = append(reply, 0xc0, 12) // the name of the question
		reply = binary.BigEndian.AppendUint16(reply, qtype)
		reply = append(reply, 0, 1, 0, 0, 0, 60)
		reply = binary.BigEndian.AppendUint16(reply, uint16(len(data)))
		reply = append(reply, data...)
	}
	return reply
}

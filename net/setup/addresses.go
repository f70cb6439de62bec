package setup

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/snugchat/snug/net/wire"
)

// ownAddresses returns the addresses that other computers may reach this one
// under, likely ones first: private IPv4 (the same Wi-Fi), other IPv4, global
// IPv6, and only on a computer without any network loopback.
func ownAddresses() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		// A sandbox may forbid to ask, and wine fails with some IPv6 routes.
		return sortAddresses(routedAddresses())
	}
	var found []netip.Addr
	for _, a := range all {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(n.IP); ok {
			found = append(found, ip.Unmap())
		}
	}
	return sortAddresses(found)
}

// routedAddresses returns the addresses that this computer would write to others
// from, one of each family that it has a way out for: the system chooses it when a
// UDP socket is connected, which sends nothing. The far ends are nobody's (RFC 5737,
// RFC 3849).
func routedAddresses() []netip.Addr {
	var found []netip.Addr
	for network, far := range map[string]netip.AddrPort{
		"udp4": netip.MustParseAddrPort("192.0.2.1:9"),
		"udp6": netip.MustParseAddrPort("[2001:db8::1]:9"),
	} {
		c, err := net.DialUDP(network, nil, net.UDPAddrFromAddrPort(far))
		if err != nil {
			continue // no way out
		}
		if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
			found = append(found, a.AddrPort().Addr().Unmap())
		}
		c.Close()
	}
	return found
}

// sortAddresses drops addresses that mean nothing to others and orders the rest.
func sortAddresses(all []netip.Addr) []netip.Addr {
	out := slices.DeleteFunc(slices.Clone(all), func(a netip.Addr) bool {
		return !a.IsValid() || a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast()
	})
	if len(out) == 0 {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return cmp.Compare(rank(a), rank(b)) })
	return slices.Compact(out)
}

func rank(a netip.Addr) int {
	switch {
	case a.Is4() && a.IsPrivate():
		return 0
	case a.Is4():
		return 1
	case a.IsPrivate(): // unique local IPv6, RFC 4193
		return 2
	}
	return 3
}

// linkAddresses returns what an invite link says: first the addresses that the
// owner set, else those of this computer, with the port that the host has.
func linkAddresses(set []string, port int) ([]string, error) {
	var out []string
	for _, s := range set {
		a, err := wire.NormalAddress(s)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		for _, a := range ownAddresses() {
			out = append(out, net.JoinHostPort(a.String(), strconv.Itoa(port)))
		}
	}
	return out[:min(len(out), wire.MaxAddresses)], nil
}

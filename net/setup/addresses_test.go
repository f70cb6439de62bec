package setup

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestSortAddresses(t *testing.T) {
	for name, c := range map[string]struct{ in, want []string }{
		"nothing but loopback":     {[]string{"127.0.0.1", "::1"}, []string{"127.0.0.1"}},
		"no network at all":        {nil, []string{"127.0.0.1"}},
		"the same Wi-Fi first":     {[]string{"fe80::1", "2001:db8::7", "fd00::2", "203.0.113.9", "192.168.1.20", "127.0.0.1"}, []string{"192.168.1.20", "203.0.113.9", "fd00::2", "2001:db8::7"}},
		"the same address twice":   {[]string{"10.0.0.5", "10.0.0.5"}, []string{"10.0.0.5"}},
		"an address that is empty": {[]string{"0.0.0.0", "10.0.0.5", "224.0.0.1"}, []string{"10.0.0.5"}},
	} {
		var in []netip.Addr
		for _, s := range c.in {
			in = append(in, netip.MustParseAddr(s))
		}
		var got []string
		for _, a := range sortAddresses(in) {
			got = append(got, a.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// What a socket is bound to when it is connected is an address of this computer.
func TestRoutedAddresses(t *testing.T) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Skip("nothing to compare with:", err)
	}
	for _, got := range routedAddresses() {
		ours := slices.ContainsFunc(all, func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			return ok && n.IP.Equal(got.AsSlice())
		})
		if !ours || got.IsUnspecified() {
			t.Errorf("got %v, want one of %v", got, all)
		}
	}
}

func TestLinkAddresses(t *testing.T) {
	got, err := linkAddresses([]string{"maria.example", "10.0.0.5:9"}, 7444)
	if want := []string{"maria.example:7443", "10.0.0.5:9"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("set by the owner: got %v, %v, want %v", got, err, want)
	}
	if got, err = linkAddresses(nil, 7444); err != nil || len(got) == 0 {
		t.Errorf("of this computer: got %v, %v", got, err)
	}
	if got, err = linkAddresses([]string{"no address"}, 7444); err == nil {
		t.Errorf("nonsense: got %v", got)
	}
}

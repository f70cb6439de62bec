package setup

import (
	"os"
	"runtime"
	"strings"

	"github.com/snugchat/snug/net/client"
)

// DeviceName is what this computer calls itself to the person's other ones: its system
// and its name in the network, as far as that is a name.
func DeviceName() string {
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	return nameOfDevice(runtime.GOOS, name)
}

// nameOfDevice puts together a system and the name of a computer.
func nameOfDevice(system, name string) string {
	switch system {
	case "darwin":
		system = "Mac"
	case "windows":
		system = "Windows"
	case "linux":
		system = "Linux"
	}
	name, _, _ = strings.Cut(name, ".") // without its domain
	if name == "" || name == "localhost" || client.CheckDeviceName(system+", "+name) != nil {
		return system
	}
	return system + ", " + name
}

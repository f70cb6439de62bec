#!/bin/sh
# Installs the Debian or Ubuntu packages that are missing: deps.sh build|window|test|package...
#
#   build    to compile the program: a C compiler and the headers that Fyne's OpenGL and window code includes
#   window   to open it: an OpenGL driver that works without a graphics card, too
#   package  to build and try the packages (packaging/README.md)
#   test     to run the story in real windows on a private X display, read the screen and take pictures
#
# It asks for root only if something is missing. Where there is no apt-get it says what is needed and goes on.
set -eu

build="ca-certificates gcc libc6-dev pkg-config libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev
	libxi-dev libxxf86vm-dev libwayland-dev libxkbcommon-dev"
window="libgl1-mesa-dri"
test="xvfb openbox xdotool xclip x11-utils imagemagick dbus tesseract-ocr"

package="dpkg-dev desktop-file-utils appstream lintian rpm man-db groff-base xz-utils debootstrap systemd-container systemd gcc-mingw-w64-x86-64
	g++-mingw-w64-x86-64 nsis osslsigncode icoutils qemu-user-static binutils openssl"

want=""
for group; do
	case $group in
	build) want="$want $build" ;;
	window) want="$want $window" ;;
	test) want="$want $test" ;;
	package) want="$want $package" ;;
	*)
		echo "deps.sh: unknown group: $group" >&2
		exit 2
		;;
	esac
done

if ! go=$(command -v go); then
	echo "Snug needs Go 1.26 or newer: https://go.dev/dl/" >&2
	exit 1
fi
case $("$go" env GOVERSION) in
go1.[0-9] | go1.[0-9].* | go1.1[0-9]* | go1.2[0-5]*)
	echo "Snug needs Go 1.26 or newer, this is $("$go" env GOVERSION): https://go.dev/dl/" >&2
	exit 1
	;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "No apt-get here. If a later step fails, install what these Debian packages hold:" $want
	exit 0
fi

missing=""
for package in $want; do
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
	"install ok installed") ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
root=""
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		printf 'Packages are missing. Run this as root, then try again:\n\n    apt-get update && %s\n\n' "$install" >&2
		exit 1
	fi
	root="sudo"
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# A mirror that does not answer shall not stop an installation that the known lists allow.
$root apt-get update -q || echo "apt-get update failed; trying with the lists that are here" >&2
exec $root env DEBIAN_FRONTEND=noninteractive $install

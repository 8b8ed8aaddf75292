#!/bin/sh
# install.sh FILES PROGRAM COMPONENTS ROOT: the tree of the OpenWrt package. The SDK's recipe and packaging/build.sh both use it.
set -eu
files=$1
program=$2
components=$3
root=$4
put() { # mode, from, to
	mkdir -p "$root/${3%/*}"
	cp "$2" "$root/$3"
	chmod "$1" "$root/$3"
}
put 755 "$program" usr/bin/qpc-mesh
put 644 "$components" usr/share/qpc-mesh/COMPONENTS
put 644 "$files/uci.sh" usr/lib/qpc-mesh/uci.sh
put 644 "$files/contacts.sh" usr/lib/qpc-mesh/contacts.sh
put 755 "$files/qpc-mesh.init" etc/init.d/qpc-mesh
put 600 "$files/qpc-mesh.config" etc/config/qpc-mesh
put 644 "$files/qpc-mesh.hotplug" etc/hotplug.d/tty/50-qpc-mesh
put 644 "$files/qpc-mesh.hotplug" etc/hotplug.d/usb/50-qpc-mesh
put 644 "$files/qpc-mesh.capabilities" etc/capabilities/qpc-mesh.json
put 644 "$files/qpc-mesh.keep" lib/upgrade/keep.d/qpc-mesh
put 644 "$files/qpc-mesh.upgrade" lib/upgrade/qpc-mesh.sh
put 755 "$files/qpc-mesh.defaults" etc/uci-defaults/95-qpc-mesh
mkdir -p "$root/etc/qpc-mesh"
chmod 700 "$root/etc/qpc-mesh"

#!/usr/bin/env bash
# build.sh ARTIFACTS PACKAGE...: packages into ARTIFACTS/packages, from the programs that build/publish.sh left in
# ARTIFACTS. PACKAGE is ipk:ARCHITECTURE or apk:ARCHITECTURE as OpenWrt calls it, luci, luci-apk, for amd64 or arm64 deb:,
# server-deb:, or for x86_64 or aarch64 static:, alpine:, container:, server-archive:, server-container:. The same input gives the same bytes: names are sorted, owners are 0,
# and every time is SOURCE_DATE_EPOCH, or that of the last commit.
set -eu -o pipefail

artifacts=$(realpath "$1")
shift
root=$(realpath "$(dirname "$0")/..")
output=$artifacts/packages
work=$artifacts/packaging
version=$(sed -n 's/.*<Version>\(.*\)<\/Version>.*/\1/p' "$root/Directory.Build.props")
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

die() { echo "build.sh: $*" >&2; exit 1; }

# Both shells of the packages and their users read modes from here, whatever the umask of a clone was.
put() { install -D -m "$1" "$2" "$3"; }

program() { # ARCHITECTURE static|dynamic [NAME]
    local folder=$artifacts name=${3:-qpc-mesh}
    [ "$1" = x86_64 ] || folder=$artifacts/$1
    [ "$2" = static ] || folder=$folder/dynamic
    [ -x "$folder/$name" ] || die "$folder/$name is missing: build/publish.sh builds it"
    echo "$folder/$name"
}

# What else is in that program, as a file: versions, copyright, licences.
components() { # ARCHITECTURE static|dynamic [NAME]
    local file=$work/components-${3:-qpc-mesh}-$1-$2 binary libraries=/usr/lib/x86_64-linux-gnu
    [ "$1" = x86_64 ] || libraries=$artifacts/sysroot/$1/root/usr/lib/$1-linux-gnu
    binary=$(program "$1" "$2" "${3:-qpc-mesh}")
    python3 "$root/packaging/components.py" "$binary" "$2" "$libraries" >"$file"
    echo "$file"
}

# Installed sizes are the same, but a package has to come over the net: libdeflate is a fortieth smaller than gzip -9, as
# small as zopfli, and takes a second.
pack() { # FOLDER FILE.tar.gz MEMBER...: without members, everything
    local folder=$1 file=$2
    shift 2
    [ $# -gt 0 ] || set -- .
    tar -C "$folder" --format=gnu --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$@" |
        libdeflate-gzip -12 -c >"$file"
}

installed_kib() { find "$1" -type f -printf '%s\n' | awk '{ n += int(($1 + 1023) / 1024) } END { print n + 0 }'; }

# An archive for opkg: data and control in one folder each become NAME_VERSION_ARCHITECTURE.ipk.
ipk() { # NAME ARCHITECTURE
    local folder=$work/$1-$2 name=$1 architecture=$2
    pack "$folder/data" "$folder/data.tar.gz"
    pack "$folder/control" "$folder/control.tar.gz"
    echo 2.0 >"$folder/debian-binary"
    pack "$folder" "$output/${name}_${version}_$architecture.ipk" ./debian-binary ./data.tar.gz ./control.tar.gz
}

opkg_control() { # NAME ARCHITECTURE DEPENDS DESCRIPTION [FIELD...]
    local folder=$work/$1-$2
    printf 'Package: %s\nVersion: %s\n' "$1" "$version"
    [ -z "$3" ] || printf 'Depends: %s\n' "$3"
    printf 'Source: packaging/openwrt/%s\nSourceName: %s\nLicense: MIT\nSection: net\n' "$1" "$1"
    printf 'Architecture: %s\nInstalled-Size: %s\n' "$2" "$(($(installed_kib "$folder/data") * 1024))"
    [ $# -lt 5 ] || printf '%s\n' "${@:5}"
    printf 'Description: %s\n' "$4"
}

openwrt_description="mesh messenger node: finds others, carries and holds their encrypted messages"
luci_description="LuCI page of the mesh messenger node"
luci_depends="libc, luci-base, rpcd, qpc-mesh"

# The trees of data and control that .ipk and .apk are made from.
openwrt() { # ARCHITECTURE, as OpenWrt calls it
    local files=$root/packaging/openwrt/qpc-mesh/files folder=$work/qpc-mesh-$1 file processor binary list
    case $1 in
    x86_64) processor=x86_64 ;;
    aarch64_*) processor=aarch64 ;;
    *) die "there is no native compiler for $1 here" ;;
    esac
    binary=$(program "$processor" static)
    list=$(components "$processor" static)
    rm -rf "$folder"
    mkdir -p "$folder/control"
    sh "$root/packaging/openwrt/qpc-mesh/install.sh" "$files" "$binary" "$list" "$folder/data"
    opkg_control qpc-mesh "$1" "" "$openwrt_description" \
        "Require-User: qpc-mesh:qpc-mesh" >"$folder/control/control"
    echo /etc/config/qpc-mesh >"$folder/control/conffiles"
    for file in preinst postinst postinst-pkg prerm; do put 755 "$files/$file" "$folder/control/$file"; done
}

# The page for LuCI: the same for every processor.
luci() {
    local from=$root/packaging/openwrt/luci-app-qpc-mesh folder=$work/luci-app-qpc-mesh-all file
    rm -rf "$folder"
    put 644 "$from/htdocs/luci-static/resources/view/qpc-mesh.js" "$folder/data/www/luci-static/resources/view/qpc-mesh.js"
    put 755 "$from/root/usr/libexec/rpcd/qpc-mesh" "$folder/data/usr/libexec/rpcd/qpc-mesh"
    for file in luci/menu.d rpcd/acl.d; do
        put 644 "$from/root/usr/share/$file/luci-app-qpc-mesh.json" "$folder/data/usr/share/$file/luci-app-qpc-mesh.json"
    done
    mkdir -p "$folder/control"
    opkg_control luci-app-qpc-mesh all "$luci_depends" "$luci_description" >"$folder/control/control"
    for file in postinst postinst-pkg prerm; do put 755 "$from/$file" "$folder/control/$file"; done
}

# What opkg update reads, for whoever serves the folder as a feed.
index() {
    local file
    for file in "$output"/*.ipk; do
        tar -xzOf "$file" ./control.tar.gz | tar -xzO ./control | sed '/^Description:/,$d'
        printf 'Filename: %s\nSize: %s\nSHA256sum: %s\n' "$(basename "$file")" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
        tar -xzOf "$file" ./control.tar.gz | tar -xzO ./control | sed -n '/^Description:/,$p'
        echo
    done >"$output/Packages"
    gzip -n -9 -c "$output/Packages" >"$output/Packages.gz"
}

# shellcheck source=packaging/openwrt/apk.sh
. "$root/packaging/openwrt/apk.sh"
# shellcheck source=packaging/plain.sh
. "$root/packaging/plain.sh"
# shellcheck source=packaging/debian.sh
. "$root/packaging/debian.sh"
# shellcheck source=packaging/server/server.sh
. "$root/packaging/server/server.sh"

mkdir -p "$output" "$work"
for package in "$@"; do
    case $package in
    ipk:*)
        openwrt "${package#ipk:}"
        ipk qpc-mesh "${package#ipk:}"
        ;;
    apk:*)
        openwrt "${package#apk:}"
        apk_of qpc-mesh "${package#apk:}" "$openwrt_description" "" qpc-mesh:qpc-mesh
        ;;
    luci)
        luci
        ipk luci-app-qpc-mesh all
        ;;
    luci-apk)
        luci
        apk_of luci-app-qpc-mesh noarch "$luci_description" "${luci_depends//,/}" ""
        ;;
    static:*) static "${package#static:}" ;;
    alpine:*) alpine "${package#alpine:}" ;;
    container:*) container "${package#container:}" ;;
    deb:*) debian_node "${package#deb:}" ;;
    server-deb:*) debian_server "${package#server-deb:}" ;;
    server-archive:*) server_archive "${package#server-archive:}" ;;
    server-container:*) server_container "${package#server-container:}" ;;
    *) die "there is no package '$package'" ;;
    esac
done
if compgen -G "$output/*.ipk" >/dev/null; then index; fi
for package in "$@"; do
    case $package in apk:*) apk_index "${package#apk:}" ;; esac
done

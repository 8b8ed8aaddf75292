#!/usr/bin/env bash
# build.sh ARTIFACTS PACKAGE...: packages into ARTIFACTS/packages, from the programs that build/publish.sh left in
# ARTIFACTS. PACKAGE is ipk:ARCHITECTURE or apk:ARCHITECTURE as OpenWrt calls it, luci, luci-apk, deb:amd64, deb:arm64, or
# for x86_64 or aarch64 static:, alpine:, container:. The same input gives the same bytes: names are sorted, owners are 0,
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

program() { # ARCHITECTURE static|dynamic
    local folder=$artifacts
    [ "$1" = x86_64 ] || folder=$artifacts/$1
    [ "$2" = static ] || folder=$folder/dynamic
    [ -x "$folder/qpc-mesh" ] || die "$folder/qpc-mesh is missing: build/publish.sh builds it"
    echo "$folder/qpc-mesh"
}

# What else is in that program, as a file: versions, copyright, licences.
components() { # ARCHITECTURE static|dynamic
    local file=$work/components-$1-$2 binary libraries=/usr/lib/x86_64-linux-gnu
    [ "$1" = x86_64 ] || libraries=$artifacts/sysroot/$1/root/usr/lib/$1-linux-gnu
    binary=$(program "$1" "$2")
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

debian_changelog() {
    printf 'qpc-mesh (%s) unstable; urgency=medium\n\n' "$version"
    # One entry a line first, whatever the file's own line breaks are; then as wide as Debian has it.
    awk '/^## / { if (seen++) exit } /^- / { printf "\n%s", substr($0, 3); open = 1; next }
        /^  [^ ]/ && open { printf " %s", substr($0, 3); next } { open = 0 } END { print "" }' "$root/CHANGELOG.md" |
        sed '/^$/d' | while read -r entry; do fold -s -w 74 <<<"$entry" | sed '1s/^/  * /; 1!s/^/    /; s/ *$//'; done
    printf '\n -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' "$root/packaging/debian/control.in")" "$(date -R -d "@$SOURCE_DATE_EPOCH")"
}

debian() { # amd64|arm64
    local from=$root/packaging/debian folder=$work/deb-$1 processor binary own page file list
    case $1 in amd64) processor=x86_64 ;; arm64) processor=aarch64 ;; *) die "no .deb for $1" ;; esac
    binary=$(program "$processor" dynamic)
    own=$(program "$(uname -m)" static)
    rm -rf "$folder"
    put 755 "$binary" "$folder/usr/bin/qpc-mesh"
    put 644 "$from/qpc-mesh.conf" "$folder/etc/qpc-mesh/qpc-mesh.conf"
    put 644 "$from/qpc-mesh.service" "$folder/lib/systemd/system/qpc-mesh.service"
    put 644 "$from/qpc-mesh.sysusers" "$folder/usr/lib/sysusers.d/qpc-mesh.conf"
    put 644 "$from/copyright" "$folder/usr/share/doc/qpc-mesh/copyright"
    put 644 "$from/lintian-overrides" "$folder/usr/share/lintian/overrides/qpc-mesh"
    list=$(components "$processor" dynamic)
    gzip -n -9 -c "$list" >"$folder/usr/share/doc/qpc-mesh/COMPONENTS.gz"
    debian_changelog | gzip -n -9 >"$folder/usr/share/doc/qpc-mesh/changelog.gz"
    # A program of this machine, to ask for its help.
    python3 "$root/packaging/manual.py" "$own" "$root/docs/reference/configuration.md" "$version" "$work/manual"
    for page in qpc-mesh.1 qpc-mesh.conf.5; do
        mkdir -p "$folder/usr/share/man/man${page##*.}"
        gzip -n -9 -c "$work/manual/$page" >"$folder/usr/share/man/man${page##*.}/$page.gz"
    done
    put 644 "$work/manual/completion" "$folder/usr/share/bash-completion/completions/qpc-mesh"
    (cd "$folder" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum) >"$work/md5sums"
    put 644 "$work/md5sums" "$folder/DEBIAN/md5sums"
    sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$1/; s/@SIZE@/$(installed_kib "$folder")/" "$from/control.in" >"$folder/DEBIAN/control"
    echo /etc/qpc-mesh/qpc-mesh.conf >"$folder/DEBIAN/conffiles"
    for file in postinst prerm postrm; do put 755 "$from/$file" "$folder/DEBIAN/$file"; done
    chmod -R u=rwX,go=rX "$folder"
    dpkg-deb --root-owner-group -Zxz --build "$folder" "$output/qpc-mesh_${version}_$1.deb" >/dev/null
}

# shellcheck source=packaging/openwrt/apk.sh
. "$root/packaging/openwrt/apk.sh"
# shellcheck source=packaging/plain.sh
. "$root/packaging/plain.sh"

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
    deb:*) debian "${package#deb:}" ;;
    *) die "there is no package '$package'" ;;
    esac
done
if compgen -G "$output/*.ipk" >/dev/null; then index; fi
for package in "$@"; do
    case $package in apk:*) apk_index "${package#apk:}" ;; esac
done

#!/usr/bin/env bash
# Installs what building and testing need and this machine lacks. Says nothing when nothing is missing.
set -eu

packages=(
    clang lld zlib1g-dev cmake                     # native compilation and linking
    libsodium-dev libsqlite3-dev libssl-dev        # linked into the static binary
    libsodium23 libsqlite3-0                       # loaded by the dynamic one and by tests
    iproute2 util-linux e2fsprogs                  # network namespaces, small disks
    avahi-daemon avahi-utils dbus                  # other programs that find nodes on a link, and are found
    jq                                             # the sample bot in shell
    faketime                                       # a node whose clock is wrong
    binutils-aarch64-linux-gnu qemu-user-static    # the program for arm64
    libdeflate-tools                               # compresses the packages
    shellcheck busybox-static lintian groff-base   # packages, and their scripts in a router's shell
    nodejs                                         # shows the router's page to the tests
    chromium fonts-noto-color-emoji                # shows the node's page to the tests
    postgresql                                     # the server's database; tests start it themselves
    python3 python3-msgpack python3-icalendar python3-yaml tzdata openssl qrencode zbar-tools  # independent implementations to test against
)

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Debian's package would make a cluster and start it; the tests have their own, in a folder of theirs.
clusters=/etc/postgresql-common/createcluster.conf
if [[ " ${missing[*]} " == *" postgresql "* && ! -e $clusters ]]; then
    "${as_root[@]}" install -d "${clusters%/*}"
    echo "create_main_cluster = false" | "${as_root[@]}" tee "$clusters" >/dev/null
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

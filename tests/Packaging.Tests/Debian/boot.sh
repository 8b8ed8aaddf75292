#!/usr/bin/env bash
# boot.sh DEB FOLDER: Debian 12 in FOLDER/root, booted by systemd in a container, goes through drill.sh with DEB and with
# a repacked DEB that has a lower version. The bare system is kept in FOLDER/base.tar for the next time.
set -eu -o pipefail

deb=$(realpath "$1")
folder=$(realpath -m "$2")
here=$(realpath "$(dirname "$0")")
root=$folder/root
base=$folder/base.tar
mkdir -p "$folder"

if [ ! -e "$base" ]; then
    # shellcheck disable=SC2016 # apt's own words
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
    rm -rf "$folder/new"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,init-system-helpers,libssl3,libsqlite3-0,libsodium23,procps \
        bookworm "$folder/new" "$mirror" >"$folder/debootstrap.log" 2>&1 || { tail -5 "$folder/debootstrap.log"; exit 1; }
    tar -C "$folder/new" -cf "$base.tmp" .
    mv "$base.tmp" "$base"
    rm -rf "$folder/new"
fi

rm -rf "$root" "$folder/repacked"
mkdir -p "$root"
tar -C "$root" -xf "$base"
dpkg-deb -R "$deb" "$folder/repacked"
sed -i 's/^Version: .*/Version: 0.0.1/' "$folder/repacked/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$folder/repacked" "$root/root/old.deb" >/dev/null
cp "$deb" "$root/root/new.deb"
install -m 755 "$here/drill.sh" "$root/root/drill.sh"
cat >"$root/etc/systemd/system/drill.service" <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStart=/bin/bash -c '/root/drill.sh >/root/drill.log 2>&1'
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=default.target
END
mkdir -p "$root/etc/systemd/system/default.target.wants"
ln -s ../drill.service "$root/etc/systemd/system/default.target.wants/drill.service"
# A machine that has no network: nothing may wait for one.
timeout 1500 systemd-nspawn -q --register=no --keep-unit -b -D "$root" -M "qpc-drill-$$" --private-network </dev/null >"$folder/console.log" 2>&1 ||
    echo "boot.sh: the container ended with exit code $?" >&2
cat "$root/root/drill.log"
result=$(tail -n 1 "$root/root/drill.log")
rm -rf "$root" "$folder/repacked"
[ "$result" = DONE ]

#!/bin/bash
# Runs in a Debian that systemd booted, with /root/old.deb and /root/new.deb: installed, used, killed, upgraded, removed,
# installed under another user number, purged. Prints a line for each thing that holds; the first that does not ends it.
set -u -o pipefail
export DEBIAN_FRONTEND=noninteractive

fail() {
    echo "FAILED: $*"
    systemctl status qpc-mesh --no-pager
    journalctl -u qpc-mesh --no-pager | tail -40
    exit 1
}
holds() { # what, command...
    local what=$1
    shift
    "$@" >/tmp/out 2>&1 || { cat /tmp/out; fail "$what"; }
    echo "ok: $what"
}
until_holds() { # what, command...: within two minutes
    local what=$1 i
    shift
    for ((i = 0; i < 240; i++)); do
        if "$@" >/tmp/out 2>&1; then
            echo "ok: $what"
            return
        fi
        sleep 0.5
    done
    cat /tmp/out
    fail "$what"
}
identity() { qpc-mesh ctl --json identity | sed -n 's/.*"address":"\([^"]*\)".*/\1/p'; }
same_identity() { [ "$(identity)" = "$address" ]; }
message_is_there() { qpc-mesh ctl messages | grep -q 'kept through everything'; }
answers() { qpc-mesh ctl status; }

start=$(date +%s%N)
holds "installed" dpkg -i /root/old.deb
until_holds "it answers" answers
echo "figure: $((($(date +%s%N) - start) / 1000000)) ms from dpkg -i to an answer"
holds "it is active, by Type=notify" systemctl is-active qpc-mesh
holds "it is enabled" systemctl is-enabled qpc-mesh
address=$(identity)
[ -n "$address" ] || fail "it has an address"
holds "a message to itself is delivered" qpc-mesh ctl send "$address" 'kept through everything' --wait delivered
pid=$(systemctl show -P MainPID qpc-mesh)
holds "it runs as its own user" test "$(stat -c %U "/proc/$pid")" = qpc-mesh
holds "it has the group of serial ports" grep -q "\b$(getent group dialout | cut -d: -f3)\b" <(grep ^Groups "/proc/$pid/status")
holds "it has no capabilities" grep -q '^CapBnd:.*0000000000000000' "/proc/$pid/status"
holds "its state is its own" test "$(stat -c %U:%a /var/lib/qpc-mesh)" = qpc-mesh:700
holds "its configuration is closed to others" test "$(stat -c %U:%G:%a /etc/qpc-mesh/qpc-mesh.conf)" = root:qpc-mesh:640
useradd joe
useradd -G qpc-mesh ann
holds "a member of the group may use it" runuser -u ann -- qpc-mesh ctl status
holds "others may not" bash -c '! runuser -u joe -- qpc-mesh ctl status'
exposure=$(systemd-analyze security qpc-mesh.service --no-pager | sed -n 's/.*exposure level[^:]*: \([0-9.]*\).*/\1/p')
echo "figure: exposure $exposure"
holds "systemd finds an exposure of 2.0 at most" awk -v x="$exposure" 'BEGIN { exit !(x > 0 && x <= 2.0) }'

for i in 1 2 3 4 5 6; do
    pid=$(systemctl show -P MainPID qpc-mesh)
    kill -KILL "$pid"
    until_holds "after crash $i it comes back" bash -c "[ \"\$(systemctl show -P MainPID qpc-mesh)\" != $pid ] && qpc-mesh ctl status"
done
holds "the same identity after crashes" same_identity

sed -i 's|"listen": \[|"name": "attic", "listen": [|' /etc/qpc-mesh/qpc-mesh.conf
holds "reloaded" systemctl reload qpc-mesh
until_holds "a reload applies the name" bash -c 'qpc-mesh ctl --json status | grep -q "\"name\":\"attic\""'

holds "upgraded" dpkg --force-confold -i /root/new.deb
until_holds "it answers after the upgrade" answers
holds "the same identity after the upgrade" same_identity
holds "the message after the upgrade" message_is_there
holds "the new version is installed" test "$(dpkg-query -W -f '${Version}' qpc-mesh)" = "$(dpkg-deb -f /root/new.deb Version)"
holds "the changed configuration stayed" grep -q attic /etc/qpc-mesh/qpc-mesh.conf
holds "the journal has no complaint about limits" bash -c '! journalctl -u qpc-mesh | grep -q "start-limit\|Start request repeated"'

holds "removed" dpkg -r qpc-mesh
holds "it is stopped" bash -c '! systemctl is-active qpc-mesh'
holds "the key stayed" test -s /var/lib/qpc-mesh/identity.key
holds "installed again" dpkg -i /root/new.deb
until_holds "it answers again" answers
holds "the same identity after removal" same_identity
holds "the message after removal" message_is_there

systemctl stop qpc-mesh
old=$(id -u qpc-mesh)
holds "removed for a new user number" dpkg -r qpc-mesh
gpasswd -d ann qpc-mesh >/dev/null
userdel qpc-mesh
groupdel qpc-mesh 2>/dev/null
groupadd --system --gid "$old" squatter
useradd --system --uid "$old" --gid "$old" squatter
holds "installed under another number" dpkg -i /root/new.deb
holds "the number is another one" test "$(id -u qpc-mesh)" != "$old"
until_holds "it answers under another number" answers
holds "the same identity under another number" same_identity
holds "the message under another number" message_is_there

systemctl stop qpc-mesh
chown -R root:root /var/lib/qpc-mesh
systemctl start --no-block qpc-mesh
# StateDirectory= gives it back; what systemd does not, the package's script does.
until_holds "state that belonged to root is given back" answers
holds "the same identity from it" same_identity

holds "purged" dpkg -P qpc-mesh
holds "the state is gone" test ! -e /var/lib/qpc-mesh
holds "the configuration is gone" test ! -e /etc/qpc-mesh/qpc-mesh.conf
holds "the key is in /var/backups, for root only" test "$(stat -c %U:%a /var/backups/qpc-mesh-identity.key)" = root:600
holds "a new installation is another identity" dpkg -i /root/new.deb
until_holds "it answers as somebody else" answers
holds "the address is another one" bash -c "[ '$address' != \"\$(qpc-mesh ctl --json identity | sed -n 's/.*\"address\":\"\\([^\"]*\\)\".*/\\1/p')\" ]"
systemctl stop qpc-mesh
install -o qpc-mesh -g qpc-mesh -m 600 /var/backups/qpc-mesh-identity.key /var/lib/qpc-mesh/identity.key
rm -f /var/lib/qpc-mesh/store.db*
systemctl start qpc-mesh
until_holds "it answers with the key that was kept" answers
holds "the old identity is back" same_identity
echo "DONE"

#!/usr/bin/env bash
# pair.sh DEB PROGRAM FOLDER: two bare Debian machines, booted by systemd, with a relay between them that runs PROGRAM. On both
# at the same moment: dpkg -i, then one command that names the relay. Prints how long it takes until a message from one is
# delivered to the other through the relay. Needs FOLDER/base.tar of boot.sh.
set -eu -o pipefail

deb=$(realpath "$1")
program=$(realpath "$2")
folder=$(realpath "$3")
work=$folder/pair
machines=(alice bob)
processes=()

cleanup() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    for name in relay "${machines[@]}"; do ip netns del "qpc-$name" 2>/dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT
rm -rf "$work"
mkdir -p "$work/shared"

# alice 10.71.1.2 - 10.71.1.1 relay 10.71.2.1 - 10.71.2.2 bob; the relay's machine forwards no packets.
ip netns add qpc-relay
number=0
for name in "${machines[@]}"; do
    number=$((number + 1))
    ip netns add "qpc-$name"
    ip -n qpc-relay link add "to-$name" type veth peer name host0 netns "qpc-$name"
    ip -n qpc-relay addr add "10.71.$number.1/24" dev "to-$name"
    ip -n qpc-relay link set "to-$name" up
    ip -n "qpc-$name" addr add "10.71.$number.2/24" dev host0
    ip -n "qpc-$name" link set host0 up
    ip -n "qpc-$name" link set lo up
done
ip -n qpc-relay link set lo up
ip netns exec qpc-relay "$program" run --data-dir "$work/relay" --listen tcp://0.0.0.0:4711 2>"$work/relay.log" &
processes+=($!)

cat >"$work/shared/alice.sh" <<'END'
until [ -e /shared/go ]; do sleep 0.02; done
start=$(date +%s%N)
dpkg -i /root/qpc-mesh.deb >/dev/null
echo "dpkg $((($(date +%s%N) - start) / 1000000))"
until qpc-mesh ctl connect tcp://10.71.1.1:4711 >/dev/null 2>&1; do sleep 0.05; done
until [ -s /shared/address ]; do sleep 0.02; done
until qpc-mesh ctl send "$(cat /shared/address)" 'from one to the other' --wait delivered 2>/dev/null; do sleep 0.05; done
echo "delivered $((($(date +%s%N) - start) / 1000000))"
qpc-mesh ctl --json status | grep -q '"peers":1' && echo "neighbours 1"
END
cat >"$work/shared/bob.sh" <<'END'
until [ -e /shared/go ]; do sleep 0.02; done
dpkg -i /root/qpc-mesh.deb >/dev/null
until qpc-mesh ctl connect tcp://10.71.2.1:4711 >/dev/null 2>&1; do sleep 0.05; done
qpc-mesh ctl --json identity | sed -n 's/.*"address":"\([^"]*\)".*/\1/p' >/shared/address.new
mv /shared/address.new /shared/address
until [ -e /shared/alice.done ]; do sleep 0.05; done
qpc-mesh ctl messages | grep -q 'from one to the other' && echo "received"
END
for name in "${machines[@]}"; do
    root=$work/$name
    mkdir -p "$root"
    tar -C "$root" -xf "$folder/base.tar"
    cp "$deb" "$root/root/qpc-mesh.deb"
    cat >"$root/etc/systemd/system/drill.service" <<END
[Unit]
After=multi-user.target
[Service]
Type=oneshot
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStartPre=/usr/bin/touch /shared/$name.booted
ExecStart=/bin/bash -c 'timeout 300 bash /shared/$name.sh >/shared/$name.log 2>&1; touch /shared/$name.done'
ExecStopPost=/bin/systemctl poweroff --no-block
[Install]
WantedBy=default.target
END
    mkdir -p "$root/etc/systemd/system/default.target.wants"
    ln -s ../drill.service "$root/etc/systemd/system/default.target.wants/drill.service"
    timeout 600 systemd-nspawn -q --register=no --keep-unit -b -D "$root" -M "qpc-$name-$$" --bind="$work/shared:/shared" \
        --network-namespace-path="/run/netns/qpc-$name" </dev/null >"$work/$name.console" 2>&1 &
    processes+=($!)
done
until [ -e "$work/shared/alice.booted" ] && [ -e "$work/shared/bob.booted" ]; do sleep 0.2; done
sleep 2
touch "$work/shared/go"
wait "${processes[@]:1}" || true
cat "$work/shared/alice.log" "$work/shared/bob.log"
taken=$(sed -n 's/^delivered \([0-9]*\)$/\1/p' "$work/shared/alice.log")
grep -q '^received$' "$work/shared/bob.log"
grep -q '^neighbours 1$' "$work/shared/alice.log"
echo "figure: $taken ms from dpkg -i on both machines to a message that the relay delivered"
[ "$taken" -le 30000 ]

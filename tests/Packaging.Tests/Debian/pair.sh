#!/usr/bin/env bash
# pair.sh DEB PROGRAM FOLDER: two bare Debian machines, booted by systemd, first with a relay between them that runs PROGRAM, then on
# one LAN with nothing else. On both at the same moment: dpkg -i, then, where there is a relay, one command that names it. Prints
# how long it takes until a message from one is delivered to the other. Needs FOLDER/base.tar of boot.sh.
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
    processes=()
    for name in between "${machines[@]}"; do ip netns del "qpc-$name" 2>/dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT

# alice 10.71.1.2 - 10.71.1.1 relay 10.71.2.1 - 10.71.2.2 bob; the relay's machine forwards no packets.
relay() {
    local number=0
    for name in "${machines[@]}"; do
        number=$((number + 1))
        plug "$name" "10.71.$number.2/24"
        ip -n qpc-between addr add "10.71.$number.1/24" dev "to-$name"
        echo "until qpc-mesh ctl connect tcp://10.71.$number.1:4711 >/dev/null 2>&1; do sleep 0.05; done" >"$work/shared/$name.connect"
    done
    ip netns exec qpc-between "$program" run --data-dir "$work/relay" --listen tcp://0.0.0.0:4711 2>"$work/relay.log" &
    processes+=($!)
}

# alice 10.71.1.1 and bob 10.71.1.2 on one bridge; they find each other.
lan() {
    local number=0
    ip -n qpc-between link add lan type bridge
    ip -n qpc-between link set lan up
    for name in "${machines[@]}"; do
        number=$((number + 1))
        plug "$name" "10.71.1.$number/24"
        ip -n qpc-between link set "to-$name" master lan
        : >"$work/shared/$name.connect"
    done
}

# Waits for both machines, five minutes at most.
both() {
    local waited
    for ((waited = 0; waited < 1500; waited++)); do
        if [ -e "$work/shared/alice.$1" ] && [ -e "$work/shared/bob.$1" ]; then return; fi
        sleep 0.2
    done
    echo "pair.sh: the machines are not $1" >&2
    tail -n 20 "$work"/*.console "$work"/shared/*.log >&2
    exit 1
}

plug() {
    ip netns add "qpc-$1"
    ip -n qpc-between link add "to-$1" type veth peer name host0 netns "qpc-$1"
    ip -n qpc-between link set "to-$1" up
    ip -n "qpc-$1" addr add "$2" dev host0
    ip -n "qpc-$1" link set host0 up
    ip -n "qpc-$1" link set lo up
}

pair() {
    rm -rf "$work"
    mkdir -p "$work/shared"
    ip netns add qpc-between
    ip -n qpc-between link set lo up
    "$1"

    cat >"$work/shared/alice.sh" <<'END'
until [ -e /shared/go ]; do sleep 0.02; done
start=$(date +%s%N)
dpkg -i /root/qpc-mesh.deb >/dev/null
echo "dpkg $((($(date +%s%N) - start) / 1000000))"
. /shared/alice.connect
until [ -s /shared/address ]; do sleep 0.02; done
until qpc-mesh ctl send "$(cat /shared/address)" 'from one to the other' --wait delivered 2>/dev/null; do sleep 0.05; done
echo "delivered $((($(date +%s%N) - start) / 1000000))"
qpc-mesh ctl --json status | grep -q '"peers":1' && echo "neighbours 1"
END
    cat >"$work/shared/bob.sh" <<'END'
until [ -e /shared/go ]; do sleep 0.02; done
dpkg -i /root/qpc-mesh.deb >/dev/null
. /shared/bob.connect
until qpc-mesh ctl status >/dev/null 2>&1; do sleep 0.05; done
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
    both "booted"
    sleep 2
    touch "$work/shared/go"
    both "done"
    cat "$work/shared/alice.log" "$work/shared/bob.log"
    taken=$(sed -n 's/^delivered \([0-9]*\)$/\1/p' "$work/shared/alice.log")
    grep -q '^received$' "$work/shared/bob.log"
    grep -q '^neighbours 1$' "$work/shared/alice.log"
    echo "figure: $taken ms from dpkg -i on both machines to a delivered message, $1"
    [ "$taken" -le 30000 ]
    cleanup
}

pair relay
pair lan

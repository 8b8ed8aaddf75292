#!/usr/bin/env bash
# demo-nodes.sh PROGRAM: what demonstrations share; they source it. Nodes live in $home, which goes in the end; `options` is
# what each of them is started with.
program=$1
home=$(mktemp -d)
declare -A process=()
options=()

cleanup() {
    for name in "${!process[@]}"; do kill "${process[$name]}" 2>/dev/null || true; done
    wait
    rm -rf "$home"
}
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
ctl() { "$program" ctl --control "$home/$1/control.sock" "${@:2}"; }

start() {
    local name=$1
    "$program" run --data-dir "$home/$name" --name "$name" "${options[@]}" "${@:2}" 2>>"$home/$name.log" &
    process[$name]=$!
    until ctl "$name" status >/dev/null 2>&1; do
        kill -0 "${process[$name]}" 2>/dev/null || { cat "$home/$name.log" >&2; exit 1; }
        sleep 0.05
    done
}

address() { ctl "$1" --json identity | sed -n 's/.*"address":"\([^"]*\)".*/\1/p'; }

#!/usr/bin/env bash
# demo-server.sh PROGRAM SERVER: a server, alice and bob with accounts there, and carol on the mesh behind alice. Texts go
# both ways on the server and on the mesh, over a restart of the server.
set -eu -o pipefail

server=$2
# shellcheck source=build/demo-nodes.sh
. "$(dirname "$0")/demo-nodes.sh"
options=(--discovery off)

serve() {
    "$server" run --data-dir "$home/server" --listen "wss://$where" --registration open >>"$home/server.log" 2>&1 &
    process[server]=$!
}

# Who was written to has it: the command fails where that does not come.
delivered() { timeout 60 "$program" ctl --control "$home/$1/control.sock" send "$2" "$3" --wait delivered; }

say "A server, and three nodes: alice and bob reach it; carol knows only alice"
where=127.0.0.1:$((20000 + RANDOM % 20000))
serve
start alice --listen tcp://127.0.0.1:0
start bob
uri=$(ctl alice --json status | sed -n 's/.*"listen":\["\([^"]*\)".*/\1/p')
start carol --peer "$uri"
echo 'correct horse battery staple' >"$home/password"
for name in alice bob; do
    until ctl "$name" account register "$where" "$name" --password-file "$home/password" 2>"$home/error"; do
        kill -0 "${process[server]}" 2>/dev/null || { cat "$home/server.log" >&2; exit 1; }
        grep -q refused "$home/error" || { cat "$home/error" >&2; exit 1; }
        sleep 0.2
    done
done

say "The key that both pinned is the server's"
"$server" fingerprint --data-dir "$home/server"

say "Texts on the server, both ways: full MLS, which the server does not read"
delivered alice "bob@$where" 'Hello bob, over the server.'
delivered bob "alice@$where" 'Hello alice.'
ctl bob account conversations
ctl bob messages

say "Texts on the mesh, both ways, with the same node"
ctl alice alias carol "$(address carol)"
ctl carol alias alice "$(address alice)"
until ctl carol --json routes | grep -q "$(address alice)"; do sleep 0.05; done
delivered alice carol 'Hello carol, over the mesh.'
delivered carol alice 'Hello alice.'

say "The server is killed; what alice writes waits, and arrives when it is back"
kill -9 "${process[server]}"
wait "${process[server]}" 2>/dev/null || true
ctl alice send "bob@$where" 'Written while the server was away.'
serve
until ctl bob --json messages | grep -q 'while the server was away'; do sleep 0.2; done
ctl bob messages
ctl alice account list
say "Done"

#!/usr/bin/env bash
# demo-server.sh PROGRAM SERVER: a server, alice and bob with accounts there, and carol on the mesh behind alice. Texts go
# both ways on the server and on the mesh, over a restart of the server; then a group of all three, whose frames alice carries
# between bob and carol, also after she was killed.
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

say "A group of all three: bob is invited by his name on the server, carol by her address"
ctl alice group create lake
ctl alice group invite lake "bob@$where" carol
for name in bob carol; do
    until ctl "$name" --json group list | grep -q '"invitations":\[{'; do sleep 0.1; done
    ctl "$name" group accept lake
done
for name in alice bob carol; do
    until ctl "$name" --json group show lake | grep -q '"status":"current"' \
        && [ "$(ctl "$name" --json group show lake | grep -o '"role"' | wc -l)" = 3 ]; do sleep 0.1; done
done
delivered bob group:lake 'Bob, to all.'
delivered carol group:lake 'Carol, to all.'
delivered alice group:lake 'Alice, to all.'

say "Who is reached over the server, and to whom alice carries, is shown"
ctl alice group show lake
ctl bob group show lake
ctl carol group show lake

say "Alice is killed while bob and carol write; when she is back, each has what the other wrote, once"
kill -9 "${process[alice]}"
wait "${process[alice]}" 2>/dev/null || true
ctl bob send group:lake 'Bob, while alice was away.'
ctl carol send group:lake 'Carol, while alice was away.'
start alice --listen "$uri"
for pair in 'bob Carol' 'carol Bob'; do
    until [ "$(ctl "${pair% *}" --json messages | grep -o "${pair#* }, while alice was away" | wc -l)" = 1 ]; do sleep 0.2; done
done
ctl carol messages
say "Done"

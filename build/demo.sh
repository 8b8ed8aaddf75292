#!/usr/bin/env bash
# demo.sh PROGRAM: alice - relay - bob. Alice and bob listen nowhere, so neither can reach the other; the relay is all
# they know. A message, its states, bob away, another message, bob back.
set -eu -o pipefail

# shellcheck source=build/demo-nodes.sh
. "$(dirname "$0")/demo-nodes.sh"

stop() {
    kill "${process[$1]}"
    wait "${process[$1]}"
    unset "process[$1]"
}

routed() { until ctl "$1" --json routes | grep -q "\"destination\":\"$2\",\"name\":\"[^\"]*\",\"nextHop\":\"q"; do sleep 0.05; done; }

say "Three nodes: alice - relay - bob"
start relay --listen tcp://127.0.0.1:0
uri=$(ctl relay --json status | sed -n 's/.*"listen":\["\([^"]*\)".*/\1/p')
start alice --peer "$uri"
start bob --peer "$uri"
alice=$(address alice)
bob=$(address bob)
ctl alice alias bob "$bob"
ctl bob alias alice "$alice"
routed alice "$bob"
routed bob "$alice"

say "What alice knows"
ctl alice peers
ctl alice routes

say "Alice writes to bob, and watches the message's states"
ctl alice events >"$home/events" &
watching=$!
# Nothing says that it listens; a program that starts cold takes a moment.
sleep 1
until [ "$(ctl alice send bob 'Hello bob, this goes through the relay.' --wait delivered | tee "$home/sent" | awk '{print $2}')" = delivered ]; do exit 1; done
echo "queued     $(awk '{print $1}' "$home/sent")"
for state in forwarded delivered; do
    until grep -q "\"state\":\"$state\"" "$home/events"; do sleep 0.05; done
    echo "$state"
done
kill $watching
wait $watching || true
ctl bob messages

say "Bob goes away; alice writes again, and the relay keeps it for him"
stop bob
until ! ctl relay --json peers | grep -q "$bob"; do sleep 0.05; done
id=$(ctl alice send bob 'Read this when you are back.' | awk '{print $1}')
until ctl alice --json message "$id" | grep -q '"state":"forwarded"'; do sleep 0.05; done
ctl alice message "$id"
ctl relay queue

say "Bob is back"
start bob --peer "$uri"
until ctl alice --json message "$id" | grep -q '"state":"delivered"'; do sleep 0.05; done
ctl alice messages
echo
ctl bob messages

say "Done: both messages were delivered, each proven by bob's receipt."

#!/bin/sh
# echo.sh: answers every direct message with its own text. Needs jq, and qpc-mesh in the path or in QPC_MESH; which daemon
# is asked says QPC_MESH_CONTROL.
set -eu

mesh=${QPC_MESH:-qpc-mesh}

# Not in groups, and no echo of an echo: two such bots would never end.
wanted='select(.event == "message") | .message | select((has("group") | not) and (.text | startswith("echo: ") | not))'

"$mesh" ctl events | while IFS= read -r event; do
    peer=$(printf '%s\n' "$event" | jq -r "$wanted | .peer")
    [ -n "$peer" ] || continue
    # The text goes through standard input: it may begin with a dash.
    printf '%s\n' "$event" | jq -j '"echo: " + .message.text' | "$mesh" ctl send "$peer" - >&2 ||
        echo "echo.sh: $peer was not answered" >&2
done

#!/usr/bin/env bash
# unit.sh CONFIGURATION RESULTS: the tests that need no other process. Each project has a folder of results and a log of
# its own, so that one whose host dies is named; the longest begin first.
set -eu -o pipefail

configuration=$1
results=$2
rm -rf "$results"
mkdir -p "$results"

run_one() {
    local project=$1 name log start=$SECONDS
    name=$(basename "$project" .csproj)
    log=$results/$name.log
    if dotnet test "$project" -c "$configuration" --no-build -v q --nologo --logger trx --logger 'console;verbosity=minimal' \
        --results-directory "$results/$name" >"$log" 2>&1; then
        grep -E '^(Passed!|  Skipped)|No test' "$log" || true
    else
        cat "$log"
        echo "$name" >>"$results/failed"
        echo "$name: FAILED, $((SECONDS - start)) s"
    fi
}
export -f run_one
export configuration results

# Two at a time: some wait for a clock.
first=(tests/{Node,Mls,Messaging,Transports}.Tests/*.csproj)
mapfile -t rest < <(printf '%s\n' tests/*.Tests/*.csproj tests/Fuzz/*.csproj | grep -vxFf <(printf '%s\n' "${first[@]}") |
    grep -v '^tests/Packaging')
printf '%s\n' "${first[@]}" "${rest[@]}" | xargs -P 2 -I {} bash -c 'run_one {}'
[ ! -e "$results/failed" ] || { echo "failed: $(paste -s -d ' ' "$results/failed")"; exit 1; }

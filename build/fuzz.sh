#!/usr/bin/env bash
# Coverage-guided fuzzing with afl++ and SharpFuzz: every target of tests/Fuzz, one after the other, or those that are named.
#   build/fuzz.sh [TARGET...]        FUZZ_SECONDS: time for each (3600)      FUZZ_FOLDER: what is found, kept from run to run
# A finding: artifacts/fuzz/found/TARGET/default/crashes/FILE. Again: artifacts/fuzz/plain/qpc-fuzz TARGET FILE
set -eu
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-3600}
folder=${FUZZ_FOLDER:-artifacts/fuzz}
case $seconds in '' | *[!0-9]*) echo "FUZZ_SECONDS is a whole number of seconds" >&2; exit 2 ;; esac

if ! command -v afl-fuzz >/dev/null; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "Installing: afl++"
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends afl++ >/dev/null
fi

# The plain program reproduces and makes seeds; the instrumented copy is what is fed.
mkdir -p "$folder/found"
dotnet build tests/Fuzz/QuicProChat.Mesh.Fuzz.csproj -c Release -v q --nologo
rm -rf "$folder/plain" "$folder/instrumented" "$folder/seeds"
cp -r tests/Fuzz/bin/Release/net10.0 "$folder/plain"
cp -r "$folder/plain" "$folder/instrumented"
plain=$folder/plain/qpc-fuzz
"$plain" instrument "$folder"/instrumented/QuicProChat.Mesh.{Identity,Wire,Mls,MlsLite,Routing,Transports,Store,Messaging,Fapp}.dll \
    "$folder/instrumented/qpc-mesh.dll" >/dev/null
# The seeds are read from the repository, which is looked for above the program.
tests/Fuzz/bin/Release/net10.0/qpc-fuzz seeds "$folder/seeds"

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$plain" list | cut -d' ' -f1)

# The program is a .NET assembly, whose coverage comes from SharpFuzz: afl-fuzz cannot see that it is instrumented.
# Findings are kept; the core pattern and the processor's governor belong to the machine.
export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1
export AFL_MAP_SIZE=65536 AFL_AUTORESUME=1 AFL_FORKSRV_INIT_TMOUT=60000 DOTNET_TieredPGO=0

figure() { # of the last run's figures
    sed -n "s/^$2 *: *//p" "$folder/found/$1/default/fuzzer_stats"
}

feed() {
    timeout $((seconds + 300)) afl-fuzz -i "$folder/seeds/$1" -o "$folder/found/$1" -m none -t 5000 -V "$seconds" \
        -- "$folder/instrumented/qpc-fuzz" "$1"
}

failed=0
printf '%-14s %12s %9s %8s %9s %8s %6s\n' target executions a-second paths coverage crashes hangs
for target in "${targets[@]}"; do
    log=$folder/$target.log
    if ! feed "$target" >"$log" 2>&1; then
        echo "$target: afl-fuzz failed, see $log" >&2
        failed=1
        continue
    fi
    crashes=$(figure "$target" saved_crashes)
    printf '%-14s %12s %9s %8s %9s %8s %6s\n' "$target" "$(figure "$target" execs_done)" "$(figure "$target" execs_per_sec)" \
        "$(figure "$target" corpus_count)" "$(figure "$target" bitmap_cvg)" "$crashes" "$(figure "$target" saved_hangs)"
    [ "$crashes" = 0 ] || failed=1
done
exit $failed

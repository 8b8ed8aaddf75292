#!/usr/bin/env bash
# publish.sh PROJECT ARTIFACTS: the native binaries. Any trim or AOT warning fails.
set -eu -o pipefail

project=$1
artifacts=$2
libraries=/usr/lib/$(gcc -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)
common=(-c Release -r linux-x64 -v q --nologo --artifacts-path "$artifacts/native" -p:PublishAot=true)

# The framework packs build a C shim for the static OpenSSL; what that compiler thinks of it is not our business.
export CFLAGS="${CFLAGS:-} -w"

publish() {
    local output=$1 log=$artifacts/publish.log
    shift
    # The native compiler's output does not say with which switches it was made: never reuse it.
    rm -rf "$output.tmp" "$artifacts"/native/obj/QuicProChat.Mesh.Node/*/native
    if ! dotnet publish "$project" "${common[@]}" "$@" -o "$output.tmp" >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
    if grep -E 'warning (IL|CS|CA|IDE)[0-9]+' "$log" >&2; then
        echo "The native build warns." >&2
        return 1
    fi
    mkdir -p "$output"
    mv -f "$output.tmp/qpc-mesh" "$output/qpc-mesh"
    rm -rf "$output.tmp"
    printf '%s  %s bytes\n' "$output/qpc-mesh" "$(stat -c %s "$output/qpc-mesh")"
}

# The C libraries without their unwind tables: nothing unwinds through them, and they make up a twentieth of the program.
slim() {
    local target=$1 library sqlite
    mkdir -p "$target"
    # SQLite from its package, newer than the distribution's; the two must never be linked together.
    dotnet restore "$project" -v q
    sqlite=$(dotnet msbuild "$project" -getProperty:PkgSQLitePCLRaw_lib_e_sqlite3)
    for library in "$libraries"/lib{crypto,ssl,sodium}.a "$sqlite/runtimes/linux-x64/native/libe_sqlite3.a"; do
        objcopy --remove-section .eh_frame --remove-section .rela.eh_frame "$library" "$target/$(basename "$library")"
    done
}

mkdir -p "$artifacts"
slim "$artifacts/native/lib"
publish "$artifacts" -p:QpcStatic=true -p:QpcNativeLibDir="$(realpath "$artifacts/native/lib")"
publish "$artifacts/dynamic"

#!/usr/bin/env bash
# publish.sh PROJECT ARTIFACTS [ARCHITECTURE [KIND...]]: the native binaries, for x86_64 or aarch64, static or dynamic.
# Without more, both kinds for x86_64; the server is dynamic only. Any trim or AOT warning fails. The same sources give the
# same bytes, wherever they lie: nothing of a path, a revision or the time goes into the program.
set -eu -o pipefail

project=$1
artifacts=$(realpath -m "$2")
architecture=${3:-x86_64}
kinds=("${@:4}")
[ ${#kinds[@]} -gt 0 ] || kinds=(static dynamic)
root=$(realpath "$(dirname "$0")/..")
program=$(sed -n 's/.*<AssemblyName>\(.*\)<\/AssemblyName>.*/\1/p' "$project")

# The framework packs build a C shim for the static OpenSSL; what that compiler thinks of it is not our business.
export CFLAGS="${CFLAGS:-} -w -ffile-prefix-map=$artifacts=/artifacts -ffile-prefix-map=$root=/src"

case $architecture in
x86_64)
    rid=linux-x64
    native=$artifacts/native
    target=$artifacts
    libraries=/usr/lib/x86_64-linux-gnu
    objcopy=objcopy
    cross=()
    ;;
aarch64)
    rid=linux-arm64
    native=$artifacts/native-aarch64
    target=$artifacts/aarch64
    sysroot=$artifacts/sysroot/aarch64
    libraries=$sysroot/root/usr/lib/aarch64-linux-gnu
    objcopy=aarch64-linux-gnu-objcopy
    cross=(-p:SysRoot="$sysroot/root" -p:ObjCopyName=aarch64-linux-gnu-objcopy -p:LinkerFlavor=lld)
    bash "$root/build/sysroot.sh" "$sysroot"
    export CMAKE_TOOLCHAIN_FILE=$sysroot/arm64.cmake
    ;;
*)
    echo "publish.sh: there is no native compiler for $architecture here" >&2
    exit 1
    ;;
esac

common=(-c Release -r "$rid" -v q --nologo --artifacts-path "$native" -p:PublishAot=true "${cross[@]}"
    -p:ContinuousIntegrationBuild=false -p:DeterministicSourcePaths=false -p:PathMap="$native=/artifacts%2C$root=/src"
    -p:IncludeSourceRevisionInInformationalVersion=false -p:EnableSourceLink=false -p:EmbedUntrackedSources=false
    -p:DebugType=none -p:NativeDebugSymbols=false
    # What analyzers say of the sources, `make build` says; here they would take most of the time.
    -p:RunAnalyzers=false)

publish() {
    local output=$1 log=$artifacts/publish-$program-$architecture.log
    shift
    # The native compiler's output does not say with which switches it was made: never reuse it.
    rm -rf "$output.tmp" "$native/obj/$(basename "$project" .csproj)"/*/native
    if ! dotnet publish "$project" "${common[@]}" "$@" -o "$output.tmp" >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
    if grep -E 'warning (IL|CS|CA|IDE)[0-9]+' "$log" >&2; then
        echo "The native build warns." >&2
        return 1
    fi
    mkdir -p "$output"
    mv -f "$output.tmp/$program" "$output/$program"
    rm -rf "$output.tmp"
    printf '%s  %s bytes\n' "$output/$program" "$(stat -c %s "$output/$program")"
}

# The C libraries without their unwind tables: nothing unwinds through them, and they make up a twentieth of the program.
slim() {
    local target=$1 library
    mkdir -p "$target"
    for library in "$libraries"/lib{crypto,ssl,sodium,sqlite3}.a; do
        "$objcopy" --remove-section .eh_frame --remove-section .rela.eh_frame "$library" "$target/$(basename "$library")"
    done
}

mkdir -p "$artifacts"
for kind in "${kinds[@]}"; do
    case $kind in
    static)
        slim "$native/lib"
        publish "$target" -p:QpcStatic=true -p:QpcNativeLibDir="$native/lib"
        ;;
    dynamic) publish "$target/dynamic" ;;
    *)
        echo "publish.sh: '$kind' is neither static nor dynamic" >&2
        exit 1
        ;;
    esac
done

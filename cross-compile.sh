#!/usr/bin/env bash
# cross-compile.sh [x86_64|aarch64|armv7]... [--musl] [--dynamic] [--package ipk,apk,deb,static]: native programs for other machines
# (without names: x86_64 and aarch64), and a table of what came of it. Static unless --dynamic is said. What cannot be
# built here is named with its reason, the rest is built; the exit code is 0 only if everything that was asked for is there.
set -u -o pipefail

root=$(realpath "$(dirname "$0")")
project=$root/node/QuicProChat.Mesh.Node.csproj
artifacts=$root/artifacts
targets=()
kind=static
libc=glibc
packages=()

usage() {
    sed -n '2,4s/^# //p' "$0" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    x86_64 | aarch64 | armv7) targets+=("$1") ;;
    --musl) libc=musl ;;
    --dynamic) kind=dynamic ;;
    --package)
        [ $# -gt 1 ] || usage
        IFS=, read -ra packages <<<"$2"
        shift
        ;;
    *) usage ;;
    esac
    shift
done
[ ${#targets[@]} -gt 0 ] || targets=(x86_64 aarch64)

rows=()
failed=0
row() { rows+=("$(printf '%-9s %-6s %-8s %10s  %-64s %s' "$@")"); }

# The packs that the native compiler would need for a target, and that no feed may have.
missing_pack() { # ARCHITECTURE LIBC
    local rid=linux
    [ "$2" = glibc ] || rid=linux-musl
    case $1 in x86_64) rid=$rid-x64 ;; aarch64) rid=$rid-arm64 ;; armv7) rid=$rid-arm ;; esac
    case $rid in linux-x64 | linux-arm64) return 1 ;; esac
    if dotnet restore "$project" -r "$rid" -p:PublishAot=true --artifacts-path "$artifacts/native-$rid" -v q --nologo >"$artifacts/restore-$rid.log" 2>&1; then
        echo "the pack for $rid can be had, but this script knows no libraries of that system to link with"
    else
        echo "the package feed lacks $(grep -oh 'Unable to find package [^ ]*[a-zA-Z0-9]' "$artifacts/restore-$rid.log" |
            sed 's/Unable to find package //' | sort -u | paste -sd ' ')"
    fi
}

mkdir -p "$artifacts"
row target libc kind bytes SHA-256 packages
for target in "${targets[@]}"; do
    if reason=$(missing_pack "$target" "$libc"); then
        echo "$target ($libc): not built: $reason" >&2
        row "$target" "$libc" "$kind" - "-" "not built"
        failed=1
        continue
    fi
    if ! bash "$root/build/publish.sh" "$project" "$artifacts" "$target" "$kind" >&2; then
        row "$target" "$libc" "$kind" - "-" "failed"
        failed=1
        continue
    fi
    program=$artifacts
    [ "$target" = x86_64 ] || program=$program/$target
    [ "$kind" = static ] || program=$program/dynamic
    program=$program/qpc-mesh
    made=
    for package in "${packages[@]}"; do
        wanted=
        case $package:$target in
        ipk:x86_64) wanted="ipk:x86_64" ;;
        ipk:aarch64) wanted="ipk:aarch64_generic ipk:aarch64_cortex-a53 ipk:aarch64_cortex-a72" ;;
        apk:x86_64) wanted="apk:x86_64" ;;
        apk:aarch64) wanted="apk:aarch64_generic apk:aarch64_cortex-a53 apk:aarch64_cortex-a72" ;;
        static:*) wanted=static:$target ;;
        deb:x86_64) wanted=deb:amd64 ;;
        deb:aarch64) wanted=deb:arm64 ;;
        *) usage ;;
        esac
        # shellcheck disable=SC2086 # several words
        if [ -n "$wanted" ] && bash "$root/packaging/build.sh" "$artifacts" $wanted >&2; then
            made="$made${made:+ }$wanted"
        else
            failed=1
        fi
    done
    row "$target" "$libc" "$kind" "$(stat -c %s "$program")" "$(sha256sum "$program" | cut -d' ' -f1)" "$made"
done
printf '%s\n' "${rows[@]}"
exit $failed

#!/usr/bin/env bash
# reproduce.sh ARCHITECTURE: builds the committed sources twice, in two folders of different names, and compares the bytes.
set -eu -o pipefail

architecture=$1
root=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in a another-name-that-is-longer; do
    mkdir -p "$work/$name"
    git -C "$root" archive HEAD | tar -x -C "$work/$name"
    (cd "$work/$name" && bash build/publish.sh node/QuicProChat.Mesh.Node.csproj artifacts "$architecture" static >&2)
    find "$work/$name/artifacts" -name qpc-mesh -type f -not -path '*/native*' -exec sha256sum {} + | cut -d' ' -f1 >>"$work/sums"
done
sort -u "$work/sums"
[ "$(sort -u "$work/sums" | wc -l)" -eq 1 ] || { echo "reproduce.sh: the two builds differ" >&2; exit 1; }

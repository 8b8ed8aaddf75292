#!/usr/bin/env bash
# alpine.sh FOLDER ROOT: what abuild does with the recipe in FOLDER as far as the package uses it: the checksums are
# compared, the functions run in a busybox shell, and ROOT is the package. Owners are printed, not given: the user is not here.
set -eu -o pipefail
folder=$1
root=$2
cd "$folder"
cat >"$root.sh" <<'END'
chown() { echo "owner $*"; }
install() { command install "$@"; }
srcdir=$1
pkgdir=$2
. ./APKBUILD
for file in $source $install; do
	[ -e "$file" ] || { echo "missing: $file" >&2; exit 1; }
done
echo "$sha512sums" | sed '/^$/d' | sha512sum -c - >&2 || exit 1
[ "$(echo "$sha512sums" | sed '/^$/d' | wc -l)" -eq "$(echo $source | wc -w)" ] || exit 1
echo "name $pkgname $pkgver-r$pkgrel"
build && package
END
/bin/busybox sh "$root.sh" "$folder" "$root"

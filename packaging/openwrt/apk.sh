#!/usr/bin/env bash
# Packages of OpenWrt 25.12 and later, made by apk-tools 3 itself. build.sh reads this file; it has the tree of the .ipk
# ready. Where apk is another program than `apk`, APK names it; APK_KEY names a private key to sign with.
# shellcheck disable=SC2154 # build.sh sets root, work, output and version

apk=${APK:-apk}

have_apk() { [[ $("$apk" --version 2>/dev/null) == "apk-tools 3."* ]]; }

# The scripts that OpenWrt's own build makes of a recipe's, with what the package adds.
apk_script() { # NAME install|upgrade|remove [FILE]
    echo '#!/bin/sh'
    [ "$2" != upgrade ] || echo 'export PKG_UPGRADE=1'
    cat <<'END'
[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0
[ -s "${IPKG_INSTROOT}/lib/functions.sh" ] || exit 0
. "${IPKG_INSTROOT}/lib/functions.sh"
export root="${IPKG_INSTROOT}"
END
    echo "export pkgname=$1"
    if [ "$2" = remove ]; then echo default_prerm; else printf 'add_group_and_user\ndefault_postinst\n'; fi
    [ $# -lt 3 ] || sed 1d "$3"
}

# The trees of the .ipk become NAME-VERSION-r1.ARCHITECTURE.apk.
apk_of() { # NAME ARCHITECTURE DESCRIPTION DEPENDS USER
    local name=$1 folder=$work/apk-$1-$2 from=$work/$1-${2/noarch/all} file info own=() sign=() target=$output/$1-$version-r1.$2.apk
    have_apk || die "apk-tools 3 is not here (APK names it): no .apk for $2"
    rm -rf "$folder"
    mkdir -p "$folder"
    cp -a "$from/data" "$folder/data"
    info=$folder/data/lib/apk/packages
    mkdir -p "$info"
    [ -z "$5" ] || echo "$5" >"$info/$name.rusers"
    (cd "$folder/data" && find . -type f,l -printf '/%P\n' | LC_ALL=C sort) >"$folder/list"
    put 644 "$folder/list" "$info/$name.list"
    if [ -e "$from/control/conffiles" ]; then
        put 644 "$from/control/conffiles" "$info/$name.conffiles"
        while read -r file; do echo "$file $(sha256sum "$folder/data$file" | cut -d' ' -f1)"; done \
            <"$from/control/conffiles" >"$info/$name.conffiles_static"
    fi
    apk_script "$name" install "$from/control/postinst-pkg" >"$folder/post-install"
    apk_script "$name" upgrade "$from/control/postinst-pkg" >"$folder/post-upgrade"
    apk_script "$name" remove >"$folder/pre-deinstall"
    local scripts=(--script "post-install:$folder/post-install" --script "post-upgrade:$folder/post-upgrade"
        --script "pre-deinstall:$folder/pre-deinstall")
    [ ! -e "$from/control/preinst" ] || scripts+=(--script "pre-install:$from/control/preinst")
    find "$folder/data" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    # The files belong to root in the package, whoever builds it.
    [ "$(id -u)" -eq 0 ] || own=(unshare --map-root-user)
    [ -z "${APK_KEY:-}" ] || sign=(--sign "$APK_KEY")
    "${own[@]}" "$apk" mkpkg --info "name:$name" --info "version:$version-r1" --info "description:$3" --info "arch:$2" \
        --info "license:MIT" --info "origin:packaging/openwrt/$name" --info "depends:$4" \
        --info "maintainer:$(sed -n 's/^Maintainer: //p' "$root/packaging/debian/control.in")" \
        --compression deflate:9 "${scripts[@]}" "${sign[@]}" --files "$folder/data" --output "$target"
}

# What `apk update` reads. One for each architecture, as feeds have it: names in a feed have none.
apk_index() { # ARCHITECTURE
    local feed=$output/apk-$1 file sign=(--allow-untrusted)
    [ -z "${APK_KEY:-}" ] || sign=(--sign "$APK_KEY" --allow-untrusted)
    rm -rf "$feed"
    mkdir -p "$feed"
    for file in "$output"/*."$1".apk "$output"/*.noarch.apk; do
        [ ! -e "$file" ] || cp "$file" "$feed/$(basename "$file" | sed 's/\.[^.]*\.apk$/.apk/')"
    done
    "$apk" mkndx "${sign[@]}" --output "$feed/packages.adb" "$feed"/*.apk >/dev/null
}

#!/usr/bin/env bash
# Debian packages, of the node and of the server. build.sh reads this file.
# shellcheck disable=SC2154 # build.sh sets root, artifacts, work, output and version

debian_changelog() { # NAME
    printf '%s (%s) unstable; urgency=medium\n\n' "$1" "$version"
    # One entry a line first, whatever the file's own line breaks are; then as wide as Debian has it.
    awk '/^## / { if (seen++) exit } /^- / { printf "\n%s", substr($0, 3); open = 1; next }
        /^  [^ ]/ && open { printf " %s", substr($0, 3); next } { open = 0 } END { print "" }' "$root/CHANGELOG.md" |
        sed '/^$/d' | while read -r entry; do fold -s -w 74 <<<"$entry" | sed '1s/^/  * /; 1!s/^/    /; s/ *$//'; done
    printf '\n -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' "$root/packaging/debian/control.in")" "$(date -R -d "@$SOURCE_DATE_EPOCH")"
}

debian_processor() { # amd64|arm64
    case $1 in amd64) echo x86_64 ;; arm64) echo aarch64 ;; *) die "no .deb for $1" ;; esac
}

# What both packages have: the program, settings, unit, user, licences, changelog, scripts. FROM has the files that are named
# after the package. Beforehand, $work/manual has the manual page and the completion.
debian_package() { # NAME amd64|arm64 FROM SETTINGS KEYS
    local name=$1 from=$3 settings=$4 keys=$5 processor binary list file
    local folder=$work/$name-deb-$2 scripts=$root/packaging/debian
    processor=$(debian_processor "$2")
    binary=$(program "$processor" dynamic "$name")
    put 755 "$binary" "$folder/usr/bin/$name"
    put 644 "$from/$settings" "$folder/etc/$name/$settings"
    put 644 "$from/$name.service" "$folder/lib/systemd/system/$name.service"
    put 644 "$from/$name.sysusers" "$folder/usr/lib/sysusers.d/$name.conf"
    put 644 "$scripts/copyright" "$folder/usr/share/doc/$name/copyright"
    put 644 "$from/lintian-overrides" "$folder/usr/share/lintian/overrides/$name"
    list=$(components "$processor" dynamic "$name")
    gzip -n -9 -c "$list" >"$folder/usr/share/doc/$name/COMPONENTS.gz"
    debian_changelog "$name" | gzip -n -9 >"$folder/usr/share/doc/$name/changelog.gz"
    for file in "$from"/examples/*; do
        [ ! -e "$file" ] || put 644 "$file" "$folder/usr/share/doc/$name/examples/$(basename "$file")"
    done
    for file in "$work/manual/$name".*[0-9]; do
        mkdir -p "$folder/usr/share/man/man${file##*.}"
        gzip -n -9 -c "$file" >"$folder/usr/share/man/man${file##*.}/$(basename "$file").gz"
    done
    put 644 "$work/manual/completion" "$folder/usr/share/bash-completion/completions/$name"
    (cd "$folder" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum) >"$work/md5sums"
    put 644 "$work/md5sums" "$folder/DEBIAN/md5sums"
    sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$2/; s/@SIZE@/$(installed_kib "$folder")/" "$from/control.in" >"$folder/DEBIAN/control"
    echo "/etc/$name/$settings" >"$folder/DEBIAN/conffiles"
    for file in postinst prerm postrm; do
        sed "s/@PACKAGE@/$name/g; s/@SETTINGS@/$settings/g; s/@KEYS@/$keys/g" "$scripts/$file.in" >"$work/$file"
        put 755 "$work/$file" "$folder/DEBIAN/$file"
    done
    chmod -R u=rwX,go=rX "$folder"
    dpkg-deb --root-owner-group -Zxz --build "$folder" "$output/${name}_${version}_$2.deb" >/dev/null
}

debian_node() { # amd64|arm64
    local own
    # A program of this machine, to ask for its help.
    own=$(program "$(uname -m)" static)
    rm -rf "$work/manual" "$work/qpc-mesh-deb-$1"
    python3 "$root/packaging/manual.py" "$own" "$version" "$work/manual" "$root/docs/reference/configuration.md"
    debian_package qpc-mesh "$1" "$root/packaging/debian" qpc-mesh.conf identity.key
}

debian_server() { # amd64|arm64
    local own
    own=$(program "$(uname -m)" dynamic qpc-server)
    rm -rf "$work/manual" "$work/qpc-server-deb-$1"
    python3 "$root/packaging/manual.py" "$own" "$version" "$work/manual"
    debian_package qpc-server "$1" "$root/packaging/server/debian" qpc-server.settings "server.key tls.pem federation.pem"
}

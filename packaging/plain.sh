#!/usr/bin/env bash
# The static program for whoever has no package manager that we know: an archive, the folder for Alpine's abuild, the
# folder for a container. build.sh reads this file.
# shellcheck disable=SC2154 # build.sh sets root, artifacts, work, output and version

processor_or_die() {
    case $1 in x86_64 | aarch64) ;; *) die "there is no native compiler for $1 here" ;; esac
}

# qpc-mesh-VERSION-linux-ARCHITECTURE.tar.gz: the program, our licence, and those of what is in it.
static() { # ARCHITECTURE
    local name=qpc-mesh-$version-linux-$1 folder binary list notices
    processor_or_die "$1"
    folder=$work/static-$1
    binary=$(program "$1" static)
    list=$(components "$1" static)
    rm -rf "$folder"
    put 755 "$binary" "$folder/$name/qpc-mesh"
    put 644 "$root/LICENSE" "$folder/$name/LICENSE"
    put 644 "$list" "$folder/$name/COMPONENTS"
    notices=$(notices_of "$list")
    [ -z "$notices" ] || put 644 "$notices" "$folder/$name/THIRD-PARTY-NOTICES.TXT"
    pack "$folder" "$output/$name.tar.gz" "$name"
}

# The .NET runtime's own notices, of the version that is in the program, where its package is on this machine.
notices_of() { # COMPONENTS
    local found
    found=${NUGET_PACKAGES:-$HOME/.nuget/packages}/microsoft.netcore.app.runtime.nativeaot.linux-x64
    found=$found/$(sed -n 's/^\.NET runtime and libraries \([^:]*\):.*/\1/p' "$1")/THIRD-PARTY-NOTICES.TXT
    [ ! -e "$found" ] || echo "$found"
}

# alpine-ARCHITECTURE: the recipe, its sources and their checksums; `abuild -r` in it makes the package.
alpine() { # ARCHITECTURE
    local folder=$output/alpine-$1 binary list file
    processor_or_die "$1"
    binary=$(program "$1" static)
    list=$(components "$1" static)
    rm -rf "$folder"
    put 755 "$binary" "$folder/qpc-mesh"
    put 644 "$list" "$folder/COMPONENTS"
    put 644 "$root/packaging/debian/qpc-mesh.conf" "$folder/qpc-mesh.conf"
    for file in APKBUILD qpc-mesh.initd qpc-mesh.pre-install; do put 644 "$root/packaging/alpine/$file" "$folder/$file"; done
    {
        printf '\nsha512sums="\n'
        (cd "$folder" && sha512sum qpc-mesh qpc-mesh.initd qpc-mesh.conf COMPONENTS)
        printf '"\n'
    } >>"$folder/APKBUILD"
}

# container-ARCHITECTURE: what `podman build` or `docker build` takes.
container() { # ARCHITECTURE
    local folder=$output/container-$1 binary list
    processor_or_die "$1"
    binary=$(program "$1" static)
    list=$(components "$1" static)
    rm -rf "$folder"
    put 755 "$binary" "$folder/qpc-mesh"
    put 644 "$list" "$folder/COMPONENTS"
    put 644 "$root/packaging/container/Containerfile" "$folder/Containerfile"
    mkdir -p "$folder/data"
}

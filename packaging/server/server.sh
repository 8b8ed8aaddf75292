#!/usr/bin/env bash
# The server for whoever does not use Debian's package: an archive, and the folder for a container. build.sh reads this file.
# shellcheck disable=SC2154 # build.sh sets root, output, work and version

# qpc-server-VERSION-linux-ARCHITECTURE.tar.gz: the program, which loads OpenSSL, SQLite and libsodium of the system, the
# unit, the settings, and licences.
server_archive() { # ARCHITECTURE
    local name=qpc-server-$version-linux-$1 folder file binary list notices
    processor_or_die "$1"
    folder=$work/server-archive-$1
    binary=$(program "$1" dynamic qpc-server)
    list=$(components "$1" dynamic qpc-server)
    rm -rf "$folder"
    put 755 "$binary" "$folder/$name/qpc-server"
    for file in qpc-server.service qpc-server.settings qpc-server.sysusers; do
        put 644 "$root/packaging/server/debian/$file" "$folder/$name/$file"
    done
    put 644 "$root/LICENSE" "$folder/$name/LICENSE"
    put 644 "$list" "$folder/$name/COMPONENTS"
    notices=$(notices_of "$list")
    [ -z "$notices" ] || put 644 "$notices" "$folder/$name/THIRD-PARTY-NOTICES.TXT"
    pack "$folder" "$output/$name.tar.gz" "$name"
}

# server-container-ARCHITECTURE: what `podman build` or `docker build` takes, and the Compose file with what it names.
server_container() { # ARCHITECTURE
    local folder=$output/server-container-$1 binary list file
    processor_or_die "$1"
    binary=$(program "$1" dynamic qpc-server)
    list=$(components "$1" dynamic qpc-server)
    rm -rf "$folder"
    put 755 "$binary" "$folder/qpc-server"
    put 644 "$list" "$folder/COMPONENTS"
    mkdir -p "$folder/data"
    for file in Containerfile compose.yaml prometheus.yml grafana-sources.yaml grafana-dashboards.yaml; do
        put 644 "$root/packaging/server/container/$file" "$folder/$file"
    done
    put 644 "$root/packaging/grafana/qpc-server.json" "$folder/dashboards/qpc-server.json"
}

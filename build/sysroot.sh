#!/usr/bin/env bash
# sysroot.sh FOLDER: Debian's arm64 headers and libraries in FOLDER/root, to cross-build against. The lists of packages
# and their cache are FOLDER's own: the machine's list of architectures, and so its packages, stay as they are.
set -eu -o pipefail

folder=$(realpath -m "$1")
packages=(libc6 libc6-dev linux-libc-dev libgcc-s1 libgcc-12-dev libssl-dev libssl3 libsodium-dev libsodium23
    libsqlite3-0 libsqlite3-dev zlib1g zlib1g-dev)
stamp=$folder/.complete
[ "$(cat "$stamp" 2>/dev/null)" != "${packages[*]}" ] || exit 0

rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/debs" "$folder/root"
# Nothing of the machine's own state is written, so nobody has to be root here.
apt=(-o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o "Dir::State::lists=$folder/lists"
    -o "Dir::Cache=$folder/cache" -o "Dir::State::status=$folder/status" -o APT::Sandbox::User= -o Debug::NoLocking=1)
: >"$folder/status"
apt-get "${apt[@]}" -qq update
(cd "$folder/debs" && apt-get "${apt[@]}" -qq download "${packages[@]/%/:arm64}")
for package in "$folder"/debs/*.deb; do dpkg -x "$package" "$folder/root"; done
rm -rf "$folder/lists" "$folder/cache" "$folder/debs"

# The native compiler builds a C shim with cmake; this tells cmake what the shim is for.
cat >"$folder/arm64.cmake" <<END
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_SYSROOT $folder/root)
set(CMAKE_FIND_ROOT_PATH $folder/root)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_EXE_LINKER_FLAGS_INIT -fuse-ld=lld)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -fuse-ld=lld)
END
printf '%s' "${packages[*]}" >"$stamp"

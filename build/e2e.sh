#!/usr/bin/env bash
# e2e.sh PROJECT CONFIGURATION RESULTS: the end-to-end tests on the native binary. They make network namespaces and
# mount small file systems; whoever is not root gets a user namespace in which that is allowed.
set -eu -o pipefail

project=$1
configuration=$2
results=$3
rm -rf "$results"
dotnet build "$project" -c "$configuration" -v q --nologo
run=(dotnet test "$project" -c "$configuration" --no-build -v q --nologo --logger trx --logger 'console;verbosity=minimal' --results-directory "$results")
[ "$(id -u)" -eq 0 ] || run=(unshare --map-root-user --mount --net -- "${run[@]}")
"${run[@]}"

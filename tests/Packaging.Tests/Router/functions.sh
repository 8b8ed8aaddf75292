# shellcheck shell=dash
# What /lib/functions.sh of a router does as far as the package uses it: a file of UCI is shell, and calls back.
sections=0
config() {
	sections=$((sections + 1))
	config_cb "$1" "${2:-cfg$sections}"
}
option() { option_cb "$1" "$2"; }
list() { list_cb "$1" "$2"; }
config_load() {
	sections=0
	# shellcheck disable=SC1090
	. "${UCI_CONFIG_DIR:-/etc/config}/$1"
	config_cb
}

# shellcheck shell=dash
# Records what a service tells procd: a line a call, its words between bars.
record() {
	local line=$1
	shift
	for word in "$@"; do line="$line|$word"; done
	echo "$line" >>/tmp/procd
}
procd_open_instance() { record open; }
procd_close_instance() { record close; }
procd_set_param() { record param "$@"; }
procd_add_jail() { record jail "$@"; }
procd_add_jail_mount() { record mount "$@"; }
procd_add_jail_mount_rw() { record mount_rw "$@"; }
procd_add_reload_trigger() { record trigger "$@"; }
procd_send_signal() { record signal "$@"; }
procd_kill() { record kill "$@"; }

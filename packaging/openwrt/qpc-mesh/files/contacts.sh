# shellcheck shell=dash
# Contacts lie in the store, which a system upgrade does not keep. sysupgrade's own hook writes them to a file beside the
# key's directory just before it makes its archive, and the first start with an empty store reads them back. So flash is
# written once an upgrade, never when a contact changes. The file is root's and lies in no directory of the node's user,
# who could otherwise lead root astray with a link.

QPC_PROGRAM=/usr/bin/qpc-mesh
QPC_CONTACTS=/etc/qpc-mesh-contacts

# Arbitrary: seconds that a node may take to answer after its start, and most lines that are read back.
QPC_PATIENCE=120
QPC_MOST_CONTACTS=20000

# Names, cards, compared numbers and blocks, a line each, as the node tells them:
#   NAME qpc1...              no name has a blank in it or begins with a dash
#   -card qpc:...
#   -verified qpc1... KEY
#   -blocked qpc1...
# In what comes as JSON a quote of a stranger stands behind a backslash, so it ends nothing here.
qpc_contacts() {
	local names people blocked
	names=$("$QPC_PROGRAM" ctl alias 2>/dev/null </dev/null) || return 1
	people=$("$QPC_PROGRAM" ctl --json contact list 2>/dev/null </dev/null) || return 1
	blocked=$("$QPC_PROGRAM" ctl --json blocked 2>/dev/null </dev/null) || return 1
	printf '%s\n' "$names" | awk 'NF == 2 && $2 ~ /^qpc1[0-9a-z]+$/ { print $1, $2 }'
	printf '%s\n' "$people" | awk -v RS='[{]"address":"' '
		/^qpc1[0-9a-z]+","key":"[0-9a-f]+","verified":/ {
			split($0, part, "\"")
			if (match($0, /,"uri":"qpc:[A-Za-z0-9_-]+"/)) print "-card " substr($0, RSTART + 8, RLENGTH - 9)
			if ($0 ~ /^[^"]*","key":"[^"]*","verified":true/) print "-verified", part[1], part[5]
		}'
	printf '%s\n' "$blocked" | awk -v RS='[{]"address":"' '/^qpc1[0-9a-z]+"/ { split($0, part, "\""); print "-blocked", part[1] }'
}

# Writes the file, or leaves it alone where nothing changed or no node answers.
qpc_save_contacts() {
	local contacts
	contacts=$(qpc_contacts) || return 1
	if [ -e "$QPC_CONTACTS" ]; then
		[ "$contacts" != "$(cat "$QPC_CONTACTS")" ] || return 0
	elif [ -z "$contacts" ]; then
		return 0
	fi
	(umask 077 && printf '%s\n' "$contacts" >"$QPC_CONTACTS.new") && mv "$QPC_CONTACTS.new" "$QPC_CONTACTS"
}

# Before the node starts: an empty store is to get the contacts that were saved. The name says so until it has them all,
# for a router may lose power meanwhile.
qpc_want_contacts() { # directory of the store
	[ ! -e "$QPC_CONTACTS" ] || [ -e "$1/store.db" ] || mv "$QPC_CONTACTS" "$QPC_CONTACTS.wanted"
}

# After it: adds those that it does not have, and never changes a name that it has.
qpc_restore_contacts() {
	local waited=0 known name what more
	[ -e "$QPC_CONTACTS.wanted" ] || return 0
	until known=$(qpc_contacts); do
		waited=$((waited + 1))
		[ "$waited" -lt "$QPC_PATIENCE" ] || return 1
		sleep 1
	done
	head -n "$QPC_MOST_CONTACTS" "$QPC_CONTACTS.wanted" | while read -r name what more; do
		[ -n "$what" ] || continue
		case "
$known
" in
		*"
$name "*) [ "${name#-}" != "$name" ] || continue ;;
		esac
		case $name in
		-card) set -- contact add -- "$what" ;;
		-verified) set -- verify --confirm --key "$more" -- "$what" ;;
		-blocked) set -- block -- "$what" ;;
		*) set -- alias -- "$name" "$what${more:+ $more}" ;;
		esac
		"$QPC_PROGRAM" ctl "$@" </dev/null >/dev/null 2>&1
		case $? in
		0) ;;
		3) exit 1 ;;
		*) logger -t qpc-mesh -p daemon.warn "the contact '$(printf %.60s "$name $what")' was not taken from $QPC_CONTACTS" || true ;;
		esac
	done || return 1
	mv "$QPC_CONTACTS.wanted" "$QPC_CONTACTS"
	logger -t qpc-mesh -p daemon.notice "the store was empty; it has the contacts from $QPC_CONTACTS"
}

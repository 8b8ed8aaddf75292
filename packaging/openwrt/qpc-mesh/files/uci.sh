# shellcheck shell=dash
# shellcheck disable=SC2034 # qpc-mesh.init reads what is set here
# From UCI to the configuration file: one JSON object, one key a line. Wants /lib/functions.sh, whose config_load calls
# back for each section and option. Nothing is ignored: what is not known is said with its section, and nothing is made.

QPC_USER=qpc-mesh
QPC_JSON=/var/etc/qpc-mesh.json
QPC_RUN=/var/run/qpc-mesh

# What a reload applies without a restart (docs/reference/configuration.md).
QPC_RELOADED='peers listen name log_level discovery discovery_interfaces'

qpc_wrong() { # section, what
	echo "qpc-mesh: section '$1': $2" >&2
	qpc_errors=$((qpc_errors + 1))
}

# Option in snake case -> key of the file.
qpc_key() {
	echo "$1" | awk -F_ '{ k = $1; for (i = 2; i <= NF; i++) k = k toupper(substr($i, 1, 1)) substr($i, 2); print k }'
}

# A text that stands in the file: no control characters, so escaping quotes and backslashes is enough.
qpc_text() { # section, option, value
	case $3 in
	*[[:cntrl:]]*)
		qpc_wrong "$1" "option '$2' holds a line break or another control character"
		return 1
		;;
	esac
	qpc_value=$(printf '%s' "$3" | sed 's/\\/\\\\/g; s/"/\\"/g')
	qpc_value="\"$qpc_value\""
}

qpc_number() { # section, option, value
	case $3 in
	'' | *[!0-9]*)
		qpc_wrong "$1" "option '$2' is '$3'; accepted is a whole number"
		return 1
		;;
	esac
	# JSON has no leading zeros.
	qpc_value=$(printf '%s' "$3" | sed 's/^0*\([0-9]\)/\1/')
}

qpc_flag() { # section, option, value
	case $3 in
	1 | on | true | yes | enabled) qpc_value=true ;;
	0 | off | false | no | disabled) qpc_value=false ;;
	*)
		qpc_wrong "$1" "option '$2' is '$3'; accepted is 1 or 0"
		return 1
		;;
	esac
}

# A path of the machine. The service has to open it in the node's jail, and procd's functions take words apart at blanks.
qpc_path() { # section, option, value
	case $3 in
	*[[:space:]]* | [!/]* | / | '')
		qpc_wrong "$1" "option '$2' is '$3'; accepted is a path that begins with /, without blanks"
		return 1
		;;
	esac
	case $2 in
	data_dir) qpc_data_dir=$3 ;;
	key_file) qpc_key_file=$3 ;;
	control) qpc_control=$3 ;;
	downloads) qpc_downloads=$3 ;;
	*) qpc_files="$qpc_files${qpc_files:+ }$3" ;;
	esac
}

qpc_put() { # option, value as JSON
	qpc_lines="$qpc_lines\"$(qpc_key "$1")\": $2,
"
}

qpc_main_option() { # section, option, value
	case $2 in
	enabled) qpc_flag "$1" "$2" "$3" && qpc_enabled=$qpc_value ;;
	data_dir | key_file | control | network_key_file | passphrase_file | fapp_anchors_file | fapp_block_file | downloads)
		qpc_path "$1" "$2" "$3" && qpc_text "$1" "$2" "$3" && qpc_put "$2" "$qpc_value"
		;;
	control_group | name | durability | discovery | log_level | \
		metrics_listen | web_listen | lifetime | quota_bytes | memory_bytes | queue_memory_bytes | disk_bytes | receipts | direct_messages | link_memory_bytes | \
		file_max_bytes | file_auto_accept_bytes | file_bytes_per_second | fapp | fapp_relays | fapp_publish | fapp_delay | fapp_cover)
		qpc_text "$1" "$2" "$3" && qpc_put "$2" "$qpc_value"
		;;
	hop_limit | quota_count | neighbour_share_percent | destination_share_percent | neighbour_envelopes_per_second | max_links)
		qpc_number "$1" "$2" "$3" && qpc_put "$2" "$qpc_value"
		;;
	relay | store_and_forward | fapp_trusts_clock | post_quantum_over_radio) qpc_flag "$1" "$2" "$3" && qpc_put "$2" "$qpc_value" ;;
	listen | peers | discovery_interfaces | fapp_regions) qpc_wrong "$1" "'$2' is a list: write it with 'list', not with 'option'" ;;
	*) qpc_wrong "$1" "unknown option '$2'" ;;
	esac
}

qpc_main_list() { # section, option, value
	case $2 in
	listen) qpc_text "$1" "$2" "$3" && qpc_listen="$qpc_listen${qpc_listen:+, }$qpc_value" ;;
	peers) qpc_text "$1" "$2" "$3" && qpc_peers="$qpc_peers${qpc_peers:+, }$qpc_value" ;;
	discovery_interfaces) qpc_text "$1" "$2" "$3" && qpc_interfaces="$qpc_interfaces${qpc_interfaces:+, }$qpc_value" ;;
	fapp_regions) qpc_text "$1" "$2" "$3" && qpc_regions="$qpc_regions${qpc_regions:+, }$qpc_value" ;;
	*) qpc_wrong "$1" "unknown list '$2'" ;;
	esac
}

qpc_radio_option() { # section, option, value
	case $3 in
	'' | *[!A-Za-z0-9._/:-]*)
		qpc_wrong "$1" "option '$2' is '$3'; accepted are letters, digits and . _ / : -"
		return 1
		;;
	esac
	# An E22 is switched by two pins, on a chip that the node has to open too (docs/reference/lora.md, section 1).
	case $2:$3 in
	gpio_chip:*) qpc_radio_chip=$3 ;;
	mode_switch:gpio | modem:waveshare) : "${qpc_radio_chip:=/dev/gpiochip0}" ;;
	esac
	case $2 in
	enabled) qpc_flag "$1" "$2" "$3" && qpc_radio_enabled=$qpc_value ;;
	device) qpc_radio_device=$3 ;;
	modem | frequency | region | bandwidth | sf | cr | power | baud | encoding | m0 | m1)
		qpc_radio_query="$qpc_radio_query${qpc_radio_query:+&}$2=$3"
		;;
	network_key | network_id | air_rate | mode_switch | gpio_chip)
		qpc_radio_query="$qpc_radio_query${qpc_radio_query:+&}$(echo "$2" | tr -d _)=$3"
		;;
	*) qpc_wrong "$1" "unknown option '$2'" ;;
	esac
}

# A radio's section has ended: it is one more place to listen on.
qpc_radio_end() {
	[ "$qpc_type" = radio ] || return 0
	[ "$qpc_radio_enabled" = true ] || return 0
	case $qpc_radio_device in
	/dev/*) ;;
	*)
		qpc_wrong "$qpc_section" "a radio needs 'device', a path below /dev"
		return 1
		;;
	esac
	qpc_devices="$qpc_devices${qpc_devices:+ }$qpc_radio_device${qpc_radio_chip:+ $qpc_radio_chip}"
	qpc_listen="$qpc_listen${qpc_listen:+, }\"lora:$qpc_radio_device${qpc_radio_query:+?}$qpc_radio_query\""
}

# The call-backs of config_load. It calls config_cb once more at the end, with nothing.
config_cb() {
	qpc_radio_end
	qpc_type=$1
	qpc_section=$2
	qpc_radio_enabled=true
	qpc_radio_device=
	qpc_radio_query=
	qpc_radio_chip=
	case $1 in
	'' | radio) ;;
	qpc-mesh)
		[ -z "$qpc_main" ] || qpc_wrong "$2" "there is one section of this type already: '$qpc_main'"
		qpc_main=$2
		;;
	*) qpc_wrong "$2" "unknown type of section '$1'; accepted are 'qpc-mesh' and 'radio'" ;;
	esac
}

option_cb() {
	# A list is told item by item, and then once more as a whole where functions.sh is an old one.
	case $qpc_type in
	qpc-mesh) qpc_main_option "$qpc_section" "$1" "$2" ;;
	radio) qpc_radio_option "$qpc_section" "$1" "$2" ;;
	esac
}

list_cb() {
	case $qpc_type in
	qpc-mesh) qpc_main_list "$qpc_section" "$1" "$2" ;;
	radio) qpc_wrong "$qpc_section" "'$1' is no list: write it with 'option'" ;;
	esac
}

# The directory is given to the node's user as a whole, so it must be the node's own.
qpc_own_directory() { # option, path, directory
	case $3 in
	*/../* | */..) qpc_wrong "$qpc_main" "option '$1' is '$2'; accepted is a path without .." ;;
	*/qpc-mesh) ;;
	*) qpc_wrong "$qpc_main" "option '$1' is '$2'; accepted is a place in a directory called qpc-mesh, which is the node's alone" ;;
	esac
}

# What is kept must not lie where a reboot empties it: /tmp, and /var, which leads there.
qpc_lasting() { # option, path, directory
	qpc_own_directory "$@"
	case $2 in
	/tmp | /tmp/* | /var/* | /run/*) qpc_wrong "$qpc_main" "option '$1' is '$2': a reboot empties that. Use /etc, /srv or a disk" ;;
	esac
}

# Reads UCI and writes FILE. Sets qpc_enabled, qpc_devices, qpc_key_file, qpc_data_dir, qpc_control, qpc_downloads, qpc_files,
# qpc_main. Returns 1 if something is wrong.
qpc_write_config() { # file
	qpc_errors=0
	qpc_lines=
	qpc_listen=
	qpc_peers=
	qpc_interfaces=
	qpc_regions=
	qpc_devices=
	qpc_main=
	qpc_type=
	qpc_section=
	qpc_enabled=true
	qpc_key_file=
	qpc_data_dir=
	qpc_control=
	qpc_downloads=
	qpc_files=
	config_load qpc-mesh
	[ -n "$qpc_main" ] || qpc_wrong main "there is no section of type 'qpc-mesh' in /etc/config/qpc-mesh"
	: "${qpc_data_dir:=/srv/qpc-mesh}" "${qpc_key_file:=/etc/qpc-mesh/identity.key}" "${qpc_control:=$QPC_RUN/control.sock}"
	qpc_lasting data_dir "$qpc_data_dir" "$qpc_data_dir"
	qpc_lasting key_file "$qpc_key_file" "${qpc_key_file%/*}"
	qpc_own_directory control "$qpc_control" "${qpc_control%/*}"
	[ "$qpc_errors" -eq 0 ] || return 1
	case $qpc_lines in *'"dataDir"'*) ;; *) qpc_put data_dir "\"$qpc_data_dir\"" ;; esac
	case $qpc_lines in *'"keyFile"'*) ;; *) qpc_put key_file "\"$qpc_key_file\"" ;; esac
	case $qpc_lines in *'"control"'*) ;; *) qpc_put control "\"$qpc_control\"" ;; esac
	case $qpc_lines in *'"controlGroup"'*) ;; *) qpc_put control_group "\"$QPC_USER\"" ;; esac
	# The file may hold the key of a network.
	(umask 077 && printf '{\n%s"discoveryInterfaces": [%s],\n"fappRegions": [%s],\n"peers": [%s],\n"listen": [%s]\n}\n' "$qpc_lines" "$qpc_interfaces" "$qpc_regions" "$qpc_peers" "$qpc_listen" >"$1")
}

# Whether two of these files differ in more than a reload applies. A radio needs its device in the jail: that is a restart.
qpc_needs_restart() { # old, new
	[ "$(qpc_lasting_lines "$1")" != "$(qpc_lasting_lines "$2")" ]
}

qpc_lasting_lines() { # file
	local key pattern=
	for key in $QPC_RELOADED; do pattern="$pattern${pattern:+|}$(qpc_key "$key")"; done
	grep -Ev "^\"($pattern)\": " "$1"
	grep '^"listen": ' "$1" | grep -o '"lora:[^"]*"'
}

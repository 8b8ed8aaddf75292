'use strict';
'require form';
'require poll';
'require rpc';
'require view';

// The node in one page: how it is, whom it reaches, what its radios may still send, what it holds, and its settings.
//
// Names and texts come from strangers. LuCI's E() takes a string as HTML and an array as text, so every child here is
// an array: text() makes it.

const METHODS = ['status', 'peers', 'radio', 'queue', 'doctor', 'check'];
const REFRESHED = ['status', 'peers', 'radio', 'queue'];
const REFRESH_SECONDS = 10;
const MOST_ROWS = 200;

// A call that ubus refuses is answered with a number, in place of which LuCI gives what is expected here.
const call = {};
METHODS.forEach(method => call[method] = rpc.declare({ object: 'qpc-mesh', method: method, expect: { '': { error: 'failed' } } }));

const ERRORS = {
	'stopped': _('The node is not running. "logread -e qpc-mesh" says why.'),
	'too-long': _('This is too much for a page; "qpc-mesh ctl" shows it.'),
	'failed': _('The node did not answer.')
};

function ask(methods) {
	return Promise.all(methods.map(method => call[method]().catch(() => ({ error: 'failed' }))))
		.then(replies => Object.fromEntries(methods.map((method, i) => [method, replies[i]])));
}

function text(value) {
	return [value === null || value === undefined || value === '' ? '-' : String(value)];
}

function bytes(count) {
	if (typeof count !== 'number')
		return '-';
	const units = ['B', 'kB', 'MB', 'GB'];
	let unit = 0;
	while (count >= 1000 && unit < units.length - 1) {
		count /= 1000;
		unit++;
	}
	return (unit ? count.toFixed(1) : count) + ' ' + units[unit];
}

function duration(seconds) {
	if (typeof seconds !== 'number')
		return '-';
	const days = Math.floor(seconds / 86400), hours = Math.floor(seconds / 3600) % 24, minutes = Math.floor(seconds / 60) % 60;
	return days ? `${days} d ${hours} h` : hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

function row(kind, cells, columns) {
	return E('tr', { 'class': 'tr' + (kind === 'th' ? ' table-titles' : '') }, cells.map((cell, i) =>
		E(kind, kind === 'th' ? { 'class': 'th' } : { 'class': 'td', 'data-title': columns[i] }, text(cell))));
}

function table(columns, rows, empty) {
	if (!rows.length)
		return E('p', {}, [empty]);
	const shown = rows.slice(0, MOST_ROWS).map(cells => row('td', cells, columns));
	const all = [E('table', { 'class': 'table' }, [row('th', columns)].concat(shown))];
	if (rows.length > MOST_ROWS)
		all.push(E('p', {}, [_('%d more are not shown.').replace('%d', rows.length - MOST_ROWS)]));
	return E('div', {}, all);
}

function section(title, reply, show) {
	return E('div', { 'class': 'cbi-section' }, [
		E('h3', {}, [title]),
		reply.error ? E('p', {}, [ERRORS[reply.error] || ERRORS.failed]) : show(reply)
	]);
}

function list(reply) {
	return Array.isArray(reply.list) ? reply.list : [];
}

function showStatus(status) {
	const lines = [
		[_('Name'), status.name],
		[_('Address'), status.address],
		[_('Version'), status.version],
		[_('Running for'), duration(status.uptimeSeconds)],
		[_('Listening on'), (status.listen || []).join(', ')],
		[_('Waiting for an address'), (status.waiting || []).join(', ')],
		[_('Dialling'), (status.dialling || []).join(', ')],
		[_('Neighbours'), status.peers],
		[_('Known destinations'), status.routes],
		[_('Memory'), bytes(status.memoryBytes)]
	].concat((status.warnings || []).map(warning => [_('Warning'), warning]));
	return E('table', { 'class': 'table' }, lines.map(([what, value]) =>
		E('tr', { 'class': 'tr' }, [E('td', { 'class': 'td left', 'width': '33%' }, [what]), E('td', { 'class': 'td left' }, text(value))])));
}

function showPeers(reply) {
	return table(
		[_('Name'), _('Address'), _('Transport'), _('Where'), _('Round trip'), _('Received'), _('Sent')],
		list(reply).map(peer => [peer.name, peer.address, peer.transport, peer.uri,
			typeof peer.rttMs === 'number' ? peer.rttMs.toFixed(1) + ' ms' : null, bytes(peer.rxBytes), bytes(peer.txBytes)]),
		_('No neighbour is connected.'));
}

function airtime(radio) {
	return (radio.airtime || []).map(share => `${share.class}: ${duration(share.leftSeconds)}`).join(', ');
}

function showRadios(reply) {
	return table(
		[_('Device'), _('State'), _('Frequency'), _('Airtime left'), _('Of'), _('Frames waiting'), _('Neighbours')],
		list(reply).map(radio => [radio.device, radio.why ? `${radio.state}: ${radio.why}` : radio.state,
			typeof radio.frequencyHz === 'number' ? (radio.frequencyHz / 1e6).toFixed(3) + ' MHz' : null, airtime(radio),
			_('%s in %s').replace('%s', duration(radio.budgetSeconds)).replace('%s', duration(radio.windowSeconds)), radio.queued,
			(radio.neighbours || []).map(n => `${n.name || n.address} ${typeof n.rssiDbm === 'number' ? n.rssiDbm + ' dBm' : ''}`.trim()).join(', ')]),
		_('No radio is configured.'));
}

function showQueue(queue) {
	return E('div', {}, [
		E('p', {}, [_('%d envelopes, %s; %u of own messages wait for a receipt.')
			.replace('%d', queue.count).replace('%s', bytes(queue.bytes)).replace('%u', queue.awaitingReceipt)]),
		table([_('Name'), _('Destination'), _('Envelopes'), _('Size')],
			(queue.held || []).map(held => [held.name, held.destination, held.count, bytes(held.bytes)]), _('Nothing is held for others.'))
	]);
}

function showFindings(reply) {
	return table([_('What'), _('Finding'), _('What to do')],
		list(reply).filter(found => found.severity !== 'ok').map(found => [found.check, found.text, found.advice]), _('Nothing is wrong.'));
}

function showComplaints(reply) {
	const complaints = Array.isArray(reply.complaints) ? reply.complaints : [];
	return complaints.length
		? E('div', { 'class': 'alert-message warning' }, [E('p', {}, [_('The settings are wrong; the node goes on with what it had:')])]
			.concat(complaints.map(complaint => E('p', {}, text(complaint)))))
		: E('div', {}, []);
}

// Of the options of the service, those that somebody sets by hand; the rest are for /etc/config/qpc-mesh itself.
function settings() {
	const map = new form.Map('qpc-mesh', _('Settings'), _('Saved settings are applied at once. What is empty has its default.'));
	const s = map.section(form.NamedSection, 'main', 'qpc-mesh', _('Node'));
	s.addremove = false;
	generalOptions(s);
	fileOptions(s);
	appointmentOptions(s);
	machineOptions(s);
	radioOptions(map.section(form.TypedSection, 'radio', _('Radios'), _('The region is the law of your country.')));
	return map;
}

function value(s, tab, name, title, placeholder, about) {
	const o = s.taboption(tab, form.Value, name, title, about);
	o.placeholder = placeholder;
	return o;
}

function many(s, tab, name, title, placeholder) {
	const o = s.taboption(tab, form.DynamicList, name, title);
	o.placeholder = placeholder;
	return o;
}

// The first of the choices is the default.
function choice(s, tab, name, title, choices, about) {
	const o = s.taboption(tab, form.ListValue, name, title, about);
	choices.forEach(word => o.value(word));
	return o;
}

function sizeOf(s, tab, name, title, placeholder, about) {
	const o = value(s, tab, name, title, placeholder, about);
	o.validate = (_section, text) => text === '' || /^[0-9]+[kMG]?$/.test(text) || _('A number of bytes, or with k, M, G');
	return o;
}

function timeSpan(s, tab, name, title, placeholder, about) {
	const o = value(s, tab, name, title, placeholder, about);
	o.validate = (_section, text) => text === '' || /^[0-9]+[smhd]$/.test(text) || _('A number and one of s, m, h, d');
	return o;
}

function flag(s, tab, name, title, isOn, about) {
	const o = s.taboption(tab, form.Flag, name, title, about);
	o.default = isOn ? '1' : '0';
	o.rmempty = false;
	return o;
}

function generalOptions(s) {
	s.tab('general', _('General'));
	flag(s, 'general', 'enabled', _('Enabled'), true);
	value(s, 'general', 'name', _('Name'), null, _('At most 20 bytes; everybody can see it.')).datatype = 'maxlength(20)';
	many(s, 'general', 'listen', _('Listen on'), 'tcp://[::]:4711');
	many(s, 'general', 'peers', _('Peers to dial'), 'tcp://10.0.0.7:4711');
	choice(s, 'general', 'discovery', _('Discovery'), ['both', 'announce', 'browse', 'off'],
		_('Find nodes on the links below, and be found there.'));
	many(s, 'general', 'discovery_interfaces', _('Interfaces for discovery'), 'br-lan');
	value(s, 'general', 'network_key_file', _('File with the network key'), '/etc/qpc-mesh/network.key',
		_('64 hexadecimal digits; closes the network.'));
	flag(s, 'general', 'relay', _('Carry messages of others'), true);
	flag(s, 'general', 'store_and_forward', _('Hold messages for those who are away'), true);
	choice(s, 'general', 'receipts', _('Receipts'), ['all', 'contacts', 'none'],
		_('Who learns that a message arrived here, and so when this node is on line.'));
	choice(s, 'general', 'direct_messages', _('Messages to one node'), ['auto', 'mls', 'sealed'],
		_('auto: under keys that change with each message where both nodes want that, and not over radios.'));
	flag(s, 'general', 'post_quantum_over_radio', _('Large keys of post-quantum groups over radios too'), false);
	timeSpan(s, 'general', 'lifetime', _('Messages are tried for'), '3d');
}

function fileOptions(s) {
	s.tab('files', _('Files'));
	sizeOf(s, 'files', 'file_max_bytes', _('Largest file'), '50M');
	sizeOf(s, 'files', 'file_auto_accept_bytes', _('Fetched unasked up to'), '0',
		_('Of contacts only; 0 is nothing. Fetched files are on the flash of the router, or on the disk of the store.'));
	sizeOf(s, 'files', 'file_bytes_per_second', _('Sent a second, to all who ask'), '256M');
	value(s, 'files', 'downloads', _('Folder for fetched files'), '/mnt/usb/downloads',
		_('In clear, beside the store. The node\'s user must be able to write there.'));
}

function appointmentOptions(s) {
	s.tab('fapp', _('Appointments'));
	choice(s, 'fapp', 'fapp', _('Free appointments'), ['off', 'follow', 'relay'],
		_('"follow" searches, asks, and may be a practice; "relay" passes requests of others on too.'));
	many(s, 'fapp', 'fapp_regions', _('Regions'), '04').datatype = 'and(uinteger,rangelength(2,2))';
	timeSpan(s, 'fapp', 'fapp_publish', _('A practice publishes every'), '1h');
	value(s, 'fapp', 'fapp_relays', _('Relays to ask, over radios alone'), 'qpc1... qpc1... qpc1...');
	timeSpan(s, 'fapp', 'fapp_delay', _('Requests of others wait at most'), '1m');
	timeSpan(s, 'fapp', 'fapp_cover', _('Own requests and dummies go out every'), '30m');
	flag(s, 'fapp', 'fapp_trusts_clock', _('The clock is right'), false,
		_('Although the kernel does not say so: something else than NTP sets it.'));
	value(s, 'fapp', 'fapp_anchors_file', _('File with the issuers of cards'), '/etc/qpc-mesh/anchors.pem');
	value(s, 'fapp', 'fapp_block_file', _('File with what counts for nothing'), '/etc/qpc-mesh/blocked');
}

function machineOptions(s) {
	s.tab('machine', _('Router'));
	choice(s, 'machine', 'durability', _('Durability'), ['memory', 'normal', 'full'], _('"memory" spares the flash.'));
	value(s, 'machine', 'data_dir', _('Directory of the store'), '/srv/qpc-mesh', _('It is called qpc-mesh, and is on flash or a disk.'));
	sizeOf(s, 'machine', 'disk_bytes', _('Room on the disk'), '512M');
	sizeOf(s, 'machine', 'quota_bytes', _('Of it, held for others'), '32M');
	sizeOf(s, 'machine', 'memory_bytes', _('Memory'), '20M', _('A third of what the router has, unless set.'));
	value(s, 'machine', 'max_links', _('Links at a time'), '64').datatype = 'range(1,4096)';
	value(s, 'machine', 'hop_limit', _('Hops of a message'), '64').datatype = 'range(1,1024)';
	value(s, 'machine', 'metrics_listen', _('Metrics for Prometheus'), '127.0.0.1:9469', _('Without authentication.'));
	value(s, 'machine', 'web_listen', _('The page of the node'), '127.0.0.1:8420', _('On a loopback address; reached by ssh -L.'));
	const o = choice(s, 'machine', 'log_level', _('Log'), ['error', 'warning', 'info', 'debug', 'trace']);
	o.optional = true;
}

function radioOptions(s) {
	s.addremove = true;
	s.anonymous = true;
	let o = s.option(form.Flag, 'enabled', _('Enabled'));
	o.default = '1';
	o.rmempty = false;
	o = s.option(form.Value, 'device', _('Device'));
	o.placeholder = '/dev/serial/by-id/...';
	o.rmempty = false;
	o = s.option(form.ListValue, 'modem', _('Modem'));
	['auto', 'rnode', 'reyax', 'e22', 'e22-t30', 'waveshare'].forEach(value => o.value(value));
	o = s.option(form.Value, 'frequency', _('Frequency in Hz'));
	o.datatype = 'uinteger';
	o.placeholder = '868100000';
	o.rmempty = false;
	o = s.option(form.Value, 'region', _('Region'));
	['eu868', 'eu433', 'us915', 'none'].forEach(value => o.value(value));
	o.rmempty = false;
	const numbers = [
		['sf', _('Spreading factor'), 'range(5,12)', '9'],
		['bandwidth', _('Bandwidth in Hz'), 'uinteger', '125000'],
		['cr', _('Coding rate'), 'range(5,8)', '5'],
		['power', _('Power in dBm'), 'range(-9,30)', '14'],
		['air_rate', _('Air rate of an E22 in bit/s'), 'uinteger', '2400'],
		['network_id', _('Network number of a REYAX or E22'), 'uinteger', '0']
	];
	numbers.forEach(([name, title, datatype, placeholder]) => {
		o = s.option(form.Value, name, title);
		o.datatype = datatype;
		o.placeholder = placeholder;
	});
	o = s.option(form.Value, 'network_key', _('Network key of this radio'));
	o.datatype = 'and(hexstring,rangelength(64,64))';
	o.password = true;
}

return view.extend({
	load: function() {
		return ask(METHODS);
	},

	render: function(replies) {
		const live = E('div', {}, this.live(replies));
		poll.add(() => ask(REFRESHED).then(fresh => live.replaceChildren(...this.live(fresh))), REFRESH_SECONDS);
		return settings().render().then(map => E('div', {}, [
			E('h2', {}, [_('Mesh Messenger')]),
			showComplaints(replies.check),
			live,
			section(_('What is wrong'), replies.doctor, showFindings),
			map
		]));
	},

	live: function(replies) {
		return [
			section(_('Status'), replies.status, showStatus),
			section(_('Neighbours'), replies.peers, showPeers),
			section(_('Radios'), replies.radio, showRadios),
			section(_('Held for others'), replies.queue, showQueue)
		];
	}
});

"""Takes the messages in the test vectors of docs/reference/fapp.md apart, from what that page says: what is in them, line by line.

The other direction of make_vectors.py, with a MessagePack library of its own. It gets the page on its standard input.
"""
import datetime
import hashlib
import hmac
import json
import pathlib
import sys

import msgpack

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "MlsLite.Tests"))
from primitives import expand, extract, montgomery, open_chacha20_poly1305, public_key, verify, x25519  # noqa: E402

BASE_POINT = bytes([9]) + bytes(31)
PHASES = {1: "Sprechstunde", 2: "Probatorik", 3: "Akut", 4: "Kurzzeit", 5: "Langzeit"}
FOLLOWS = {1: "no place", 2: "a place", 3: "a waiting list"}
VERBS = {1: "reserve", 2: "acknowledge", 3: "cancel"}
STATES = {3: "offered", 4: "booked", 5: "waiting"}

page = sys.stdin.read()
vectors = json.loads(page.split("```json\n")[1].split("\n```")[0])


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def number(octets):
    return int.from_bytes(octets, "big")


def time(minutes):
    return (datetime.datetime(2020, 1, 1) + datetime.timedelta(minutes=minutes)).isoformat() + "Z"


def unpack(octets):
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
    unpacker.feed(octets)
    value = unpacker.unpack()
    return value, octets[unpacker.tell():]


# Section 2.1
def open_record(octets):
    assert octets[0] == 0x13, "version 1, class 3"
    day, hours, topic = number(octets[1:3]), octets[3], octets[4:20]
    kind, author, place, sequence = octets[20], octets[21:53], number(octets[53:61]), number(octets[61:69])
    assert verify(author, b"qpc-mesh/1 fapp record" + octets[:-64], octets[-64:]), "the signature"
    assert not verify(author, b"qpc-mesh/1 fapp record" + octets[:19] + b"\0" + octets[20:-64], octets[-64:]), "of another topic"
    born = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
    print(f"record of type {kind}, place {place}, sequence {sequence}, born {born}, {hours} hours")
    return topic, author, sequence, octets[69:-64]


# Section 3.1, and the Noise Protocol Framework, revision 34: pattern N
def open_noise(prologue, secret, receiver, message):
    h = ck = b"Noise_N_25519_ChaChaPoly_SHA256".ljust(32, b"\0")
    h = sha256(sha256(h, prologue), receiver)
    h = sha256(h, message[:32])
    mixed = expand(extract(ck, x25519(secret, message[:32])), b"", 64)
    plain = open_chacha20_poly1305(mixed[32:], bytes(12), message[32:], h)
    return plain, sha256(h, message[32:]), expand(extract(mixed[:32], b""), b"", 64)[32:]


def open_request(octets, author, secret):
    plain, handshake, second = open_noise(
        b"qpc-mesh/1 fapp request" + author + octets[:2], secret, x25519(secret, BASE_POINT), octets[2:])
    content, padding = unpack(plain)
    assert len(octets) == 338 and len(plain) == 288 and not any(padding)
    assert content[0] == 1 and list(content) == sorted(content)
    root = expand(extract(b"qpc-mesh/1 fapp answer", second), author + handshake[:16], 32)
    code = number(mac(root, b"code")[:4]) % 1_000_000
    print(f"request {handshake[:16].hex()}: {VERBS[content[1]]} {content[2].hex()}, '{content[6]}', code {code:06}")
    return content[2], root


announce_bytes = bytes.fromhex(vectors["announce"])
topic, author, _, body = open_record(announce_bytes)
announce, rest = unpack(body)
assert not rest and announce[0] == 1 and list(announce) == sorted(announce)
assert topic == sha256(b"qpc-mesh/1 fapp region " + announce[3][:2].encode())[:16]
print(f"{announce[1]}, {announce[2]}, {announce[3]}, {'/'.join(announce[9])}, effort {announce[16]}, key {announce[13]}")
for slot, start, minutes, phase, setting, modality, follows in announce[11]:
    print(f"slot {slot.hex()}: {time(start)}, {minutes} min, {PHASES[phase]}, {setting}, {modality}, {FOLLOWS[follows]}")

secret = bytes.fromhex(vectors["request"]["g"])
assert announce[12] == x25519(secret, BASE_POINT)
request = bytes.fromhex(vectors["request"]["bytes"])
slot, root = open_request(request, author, secret)

# Section 3.4: only the forwarder opens the outer one, only the practice the inner one
payload = bytes.fromhex(vectors["forward"]["payload"])
seed = bytes.fromhex(vectors["forward"]["seed"])
scalar = hashlib.sha512(seed).digest()[:32]
inner, _, _ = open_noise(b"qpc-mesh/1 fapp forward", scalar, montgomery(public_key(seed)), payload[1:])
assert payload[0] == 1 and len(payload) == 404 and inner[1:17] == sha256(author)[:16]
assert open_request(inner[17:], author, secret) == (slot, root)
print(f"forwarded: what {inner[0]}, to {inner[1:17].hex()}")

# Section 4
_, author, sequence, body = open_record(bytes.fromhex(vectors["answer"]["record"]))
version, bits, shard, entries = body[0], body[1], body[2], body[3:]
assert version == 1 and bits == 0 and len(entries) in (16 * 48, 32 * 48, 64 * 48)
tag, key = mac(root, b"tag", sequence.to_bytes(8, "big"))[:8], expand(root, b"key" + sequence.to_bytes(8, "big"), 32)
mine = [entries[i:i + 48] for i in range(0, len(entries), 48) if entries[i:i + 8] == tag]
answer = open_chacha20_poly1305(key, bytes(12), mine[0][8:], author + sequence.to_bytes(8, "big") + bytes([shard]))
print(f"{len(entries) // 48} entries, {len(mine)} mine: {STATES[answer[0]]}, slot {answer[1:5].hex()}, until {number(answer[5:9])}")

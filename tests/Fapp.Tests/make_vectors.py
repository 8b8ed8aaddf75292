"""Prints the test vectors of docs/reference/fapp.md, section 9, from what that page says and standard primitives alone."""
import hashlib
import hmac
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "MlsLite.Tests"))
from primitives import chacha20_poly1305, expand, extract, montgomery, public_key, sign, x25519  # noqa: E402

BASE_POINT = bytes([9]) + bytes(31)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def hkdf(secret, salt, info, length):
    return expand(extract(salt, secret), info, length)


def u(n, size):
    return n.to_bytes(size, "big")


# MessagePack, as far as it is needed ---------------------------------------------------------------------------------

def pack(value):
    if isinstance(value, int):
        for limit, head, size in ((0x80, b"", 1), (1 << 8, b"\xcc", 1), (1 << 16, b"\xcd", 2), (1 << 32, b"\xce", 4)):
            if value < limit:
                return head + u(value, size)
        return b"\xcf" + u(value, 8)
    if isinstance(value, str):
        text = value.encode()
        return (bytes([0xA0 | len(text)]) if len(text) < 32 else b"\xd9" + u(len(text), 1)) + text
    if isinstance(value, bytes):
        return b"\xc4" + u(len(value), 1) + value
    if isinstance(value, list):
        return (bytes([0x90 | len(value)]) if len(value) < 16 else b"\xdc" + u(len(value), 2)) + b"".join(map(pack, value))
    pairs = b"".join(pack(k) + pack(v) for k, v in value.items())
    return (bytes([0x80 | len(value)]) if len(value) < 16 else b"\xde" + u(len(value), 2)) + pairs


# Section 3: Noise_N_25519_ChaChaPoly_SHA256 (Noise Protocol Framework, revision 34) -------------------------------------

def noise_n(prologue, receiver, ephemeral, plain):
    h = ck = b"Noise_N_25519_ChaChaPoly_SHA256".ljust(32, b"\0")
    h = sha256(sha256(h, prologue), receiver)
    e = x25519(ephemeral, BASE_POINT)
    h = sha256(h, e)
    mixed = hkdf(x25519(ephemeral, receiver), ck, b"", 64)
    ck, k = mixed[:32], mixed[32:]
    cipher = chacha20_poly1305(k, bytes(12), plain, h)
    h = sha256(h, cipher)
    return e + cipher, h, hkdf(b"", ck, b"", 64)[32:]


# Sections 1 and 2: a record ------------------------------------------------------------------------------------------

def topic(region):
    return sha256(b"qpc-mesh/1 fapp region " + region)[:16]


def record(seed, kind, region, place, sequence, day, body):
    head = b"\x13" + u(day, 2) + bytes([168]) + topic(region)
    signed = head + bytes([kind]) + public_key(seed) + u(place, 8) + u(sequence, 8) + body
    return signed + sign(seed, b"qpc-mesh/1 fapp record" + signed)


seed = bytes([1]) * 32
author = public_key(seed)
g_secret = bytes(range(0x40, 0x60))
g = x25519(g_secret, BASE_POINT)
number = 7
ephemeral = bytes(range(0x80, 0xA0))
slot = bytes.fromhex("01020304")
announce = {
    0: 1, 1: "Praxis Linde", 2: "0341 123456", 3: "04109", 4: 1, 5: 3, 6: 3, 7: 4, 8: 3, 9: ["de", "gsg"], 10: 1,
    11: [[slot, 3628860, 50, 1, 1, 1, 1], [bytes.fromhex("05060708"), 3638940, 100, 5, 2, 3, 3]],
    12: g, 13: number, 16: 12,
}
announce_record = record(seed, 1, b"04", 0, 5, 20786, pack(announce))

# Section 3.1: a request, and what follows from it
plain = pack({0: 1, 1: 1, 2: slot, 6: "Guten Tag"}).ljust(288, b"\0")
message, handshake, second = noise_n(b"qpc-mesh/1 fapp request" + author + u(number, 2), g, ephemeral, plain)
request = u(number, 2) + message
request_id = handshake[:16]
root = hkdf(second, b"qpc-mesh/1 fapp answer", author + request_id, 32)

# Section 3.2: the first solution from 1 upwards
solution = 1
while int.from_bytes(sha256(b"qpc-mesh/1 fapp effort", g, x25519(ephemeral, BASE_POINT), u(solution, 8))[:4], "big") >> 20:
    solution += 1

# Section 3.4: on the way to a forwarder
forwarder_seed = bytes([2]) * 32
practice = sha256(author)[:16]
forward, _, _ = noise_n(b"qpc-mesh/1 fapp forward", montgomery(public_key(forwarder_seed)), ephemeral, b"\x01" + practice + request)

# Section 4: answers; decoys are random, here zeros
sequence = 0x0102030405
key = expand(root, b"key" + u(sequence, 8), 32)
answer = b"\x04" + slot + u(0, 4) + bytes(15)
entry = mac(root, b"tag", u(sequence, 8))[:8] + chacha20_poly1305(key, bytes(12), answer, author + u(sequence, 8) + b"\x00")
answers = record(seed, 2, b"04", 0, sequence, 20786, b"\x01\x00\x00" + entry + bytes(15 * 48))

print(json.dumps({
    "seed": seed, "author": author, "topic04": topic(b"04"), "announce": announce_record,
    "request": {
        "g": g_secret, "ephemeral": ephemeral, "bytes": request, "id": request_id, "root": root,
        "acknowledge": mac(root, b"\x02", slot)[:16], "cancel": mac(root, b"\x03", slot)[:16],
        "code": b"%06d" % (int.from_bytes(mac(root, b"code")[:4], "big") % 1_000_000), "effort12": u(solution, 8),
    },
    "forward": {"seed": forwarder_seed, "payload": b"\x01" + forward},
    "answer": {"key": key, "entry": entry, "record": answers},
    "person": sha256(bytes(range(16)), "Erika Mustermann\0".encode(), b"1964-08-12")[:15],
}, indent=1, default=bytes.hex))

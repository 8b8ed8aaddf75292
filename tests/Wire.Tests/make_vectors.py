"""Prints the test vectors of docs/reference/protocol.md, section 7, from what that page says and standard primitives alone."""
import hashlib
import hmac
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "MlsLite.Tests"))
from primitives import agree, chacha20_poly1305, expand, extract, montgomery, public_key, scalar, sign, x25519  # noqa: E402


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def hkdf(secret, salt, info, length):
    return expand(extract(salt or bytes(32), secret), info, length)


def u16(n):
    return n.to_bytes(2, "big")


# Section 1: Bech32m (BIP-350) ----------------------------------------------------------------------------------------

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m(prefix, data):
    bits = "".join(f"{b:08b}" for b in data)
    symbols = [int(bits[i:i + 5].ljust(5, "0"), 2) for i in range(0, len(bits), 5)]
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + symbols + [0] * 6
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> i & 1:
                checksum ^= generator
    checksum ^= 0x2BC830A3
    return prefix + "1" + "".join(ALPHABET[s] for s in symbols + [checksum >> 5 * (5 - i) & 31 for i in range(6)])


def person(name, byte):
    seed = bytes([byte]) * 32
    key = public_key(seed)
    return {
        "name": name, "seed": seed, "publicKey": key, "x25519": montgomery(key), "address": sha256(key)[:16],
        "shown": bech32m("qpc", sha256(key)[:16]), "backup": bech32m("qpcsecret", b"\x01" + seed),
    }


alice, bob = person("alice", 1), person("bob", 2)

# Bob writes to Alice: his key has its sign bit set.
sender, receiver = bob, alice

# Section 4.1: Noise X ------------------------------------------------------------------------------------------------


def noise_hkdf(chaining, data):
    temporary = mac(chaining, data)
    first = mac(temporary, b"\x01")
    return first, mac(temporary, first, b"\x02")


def seal(ephemeral, prologue, content):
    name = b"Noise_X_25519_ChaChaPoly_SHA256".ljust(32, b"\0")
    h, ck, out = name, name, b""
    nonce = bytes(12)
    h = sha256(h, prologue)
    h = sha256(h, receiver["x25519"])
    e = x25519(ephemeral, (9).to_bytes(32, "little"))
    out, h = e, sha256(h, e)
    es = x25519(ephemeral, receiver["x25519"])
    ck, k = noise_hkdf(ck, es)
    s = chacha20_poly1305(k, nonce, sender["x25519"], h)
    out, h = out + s, sha256(h, s)
    ss = agree(sender["seed"], receiver["publicKey"])
    ck, k = noise_hkdf(ck, ss)
    c = chacha20_poly1305(k, nonce, content, h)
    out = out + c
    return out, es, ss, noise_hkdf(ck, b"")[1]


VK, FLAGS, HOPS, LIFETIME = b"\x10", b"\x05", b"\x10", u16(8640)
ephemeral = bytes(range(0x40, 0x60))
prologue = b"qpc-mesh/1 sealed" + VK + FLAGS + receiver["address"]
content_type = 0x01 | 0x40 | (sender["publicKey"][31] & 0x80)
content = bytes([content_type]) + bytes.fromhex("0cf45540") + LIFETIME + "grüß dich".encode()
payload, es, ss, receipt_key = seal(ephemeral, prologue, content)
envelope = VK + FLAGS + HOPS + LIFETIME + receiver["address"] + payload
envelope_id = hashlib.blake2b(VK + FLAGS + receiver["address"] + payload, digest_size=16).digest()
proof = mac(receipt_key, b"qpc-mesh/1 receipt", envelope_id)[:24]
lite_key = hkdf(agree(sender["seed"], receiver["publicKey"]), b"qpc-mesh/1 mls-lite receipt", sender["address"] + receiver["address"], 32)

# Section 3: certificates, network ------------------------------------------------------------------------------------

BASE_POINT = bytes.fromhex(  # of P-256 (SEC 2, section 2.4.2): the public key of the secret 1
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
key_info = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + BASE_POINT
signed_key = (b"\x30\x68\x04\x24\x08\x01\x12\x20" + alice["publicKey"] + b"\x04\x40"
              + sign(alice["seed"], b"libp2p-tls-handshake:" + key_info))
number = (1700000000).to_bytes(8, "big") + sha256(key_info)
number_octets = b"\x04\x68" + number + sign(alice["seed"], b"qpc-mesh/1 certificate number" + number)

network_key = b"a community's key"
proof_key = hkdf(network_key, b"", b"qpc-mesh/1 network proof", 32)
dialer, listener = b"\xbb" * 32, b"\xaa" * 32

# Section 3.6: the frames of the session that are more than numbers ----------------------------------------------------


def frame(kind, body):
    return u16(1 + len(body)) + bytes([kind]) + body


def announce(who):
    record = b"\x00" + (1).to_bytes(4, "big") + who["publicKey"] + u16(3) + b"\x00"
    return frame(0x20, record + sign(who["seed"], b"qpc-mesh/1 announce" + record))


def update(who, update_number):
    return frame(0x21, u16(update_number) + b"\x00" + who["address"][:8] + u16(1) + u16(0))


vectors = {
    "people": [alice, bob],
    "sealing": {
        "ephemeral": ephemeral, "prologue": prologue, "content": content, "es": es, "ss": ss, "envelope": envelope,
        "id": envelope_id, "receiptKey": receipt_key, "receiptProof": proof,
    },
    "liteReceipt": {"key": lite_key, "proof": mac(lite_key, b"qpc-mesh/1 receipt", envelope_id)[:24]},
    "certificate": {"subjectPublicKeyInfo": key_info, "signedKey": signed_key, "number": number_octets},
    "network": {
        "key": network_key, "id": hkdf(network_key, b"", b"qpc-mesh/1 network id", 8), "proofKey": proof_key,
        "dialerCertificate": dialer, "listenerCertificate": listener,
        "dialerProof": mac(proof_key, b"\x00", dialer, listener), "listenerProof": mac(proof_key, b"\x01", listener, dialer),
    },
    "session": {
        "dialer": [update(alice, 0x0103), frame(0x23, bob["address"][:8]), announce(alice)],
        "listener": [update(bob, 0x0901), frame(0x23, alice["address"][:8]), announce(bob)],
    },
}
print(json.dumps(vectors, indent=1, ensure_ascii=False, default=bytes.hex))

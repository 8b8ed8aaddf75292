#!/usr/bin/env python3
"""Prints the test vectors of docs/mls-lite.md: MLS-Lite written a second time, from the document alone."""
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def expand(key, info, length):
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=info).derive(key)


def encode_counter(n):
    if n < 0x80:
        return bytes([n])
    if n < 0x4000:
        return (0x8000 | n).to_bytes(2, "big")
    return (0xC00000 | n).to_bytes(3, "big")


def seal(secret, cipher, group_id, sender, address, counter, kind, clear, content):
    prk = hmac.new(b"qpc-mesh/1 mls-lite", secret, hashlib.sha256).digest()
    tag = expand(prk, b"epoch tag", 2)
    chain = expand(prk, b"sender" + bytes([sender]), 32)
    for _ in range(counter):
        chain = expand(chain, b"chain", 32)
    type_sender = bytes([kind << 5 | sender])
    associated = group_id + type_sender + counter.to_bytes(4, "big") + address
    if cipher == 0:
        aead = ChaCha20Poly1305(expand(chain, b"key", 32))
        nonce = expand(chain, b"nonce" + address, 12)
    else:
        aead = AESCCM(expand(chain, b"key", 16), tag_length=8)
        nonce = expand(chain, b"nonce" + address, 13)
    return tag + type_sender + encode_counter(counter) + clear + aead.encrypt(nonce, content, associated)


def main():
    secret = bytes(range(32))
    group_id = bytes.fromhex("0102030405060708")
    key = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    address = hashlib.sha256(public).digest()[:16]
    prk = hmac.new(b"qpc-mesh/1 mls-lite", secret, hashlib.sha256).digest()
    text = b"Meet at the old mill at nine, bring rope"
    messages = []
    for cipher in (0, 1):
        for counter in (0, 1, 127, 128, 1000):
            messages.append({"cipher": cipher, "type": 0, "counter": counter, "content": text.decode(),
                             "message": seal(secret, cipher, group_id, 3, address, counter, 0, b"", text).hex()})
        covered = b"qpc-mesh/1 mls-lite signature" + group_id + (9).to_bytes(4, "big") + bytes([3]) + (2).to_bytes(4, "big") + text
        signed = key.sign(covered) + text
        messages.append({"cipher": cipher, "type": 1, "counter": 2, "content": text.decode(),
                         "message": seal(secret, cipher, group_id, 3, address, 2, 1, b"", signed).hex()})
        messages.append({"cipher": cipher, "type": 3, "counter": 0, "content": "",
                         "message": seal(secret, cipher, group_id, 3, address, 0, 3, address, public).hex()})
    print(json.dumps({
        "secret": secret.hex(), "groupId": group_id.hex(), "epoch": 9, "sender": 3, "senderKey": public.hex(),
        "senderAddress": address.hex(), "prk": prk.hex(), "epochTag": expand(prk, b"epoch tag", 2).hex(),
        "epochId": expand(prk, b"epoch id", 8).hex(), "messages": messages}, indent=1))


main()

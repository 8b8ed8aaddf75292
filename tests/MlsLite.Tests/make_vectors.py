#!/usr/bin/env python3
"""Prints the test vectors of docs/reference/mls-lite.md: MLS-Lite written a second time, from the document alone."""
import base64
import hashlib
import json
import sys

from primitives import aes_ccm_8, agree, chacha20_poly1305, expand, extract, public_key, sign

TEXT, SIGNED, REKEY, HELLO, ROSTER, START = range(6)
GROUP = bytes.fromhex("0102030405060708")
NAME = "mühle".encode()


class Person:
    def __init__(self, name, fill, index, streams):
        self.name, self.seed, self.index, self.streams = name, bytes([fill] * 32), index, streams
        self.key = public_key(self.seed)
        self.address = hashlib.sha256(self.key).digest()[:16]


class Epoch:
    def __init__(self, number, secret, cipher):
        self.number, self.secret, self.cipher = number, secret, cipher
        context = GROUP + number.to_bytes(4, "big") + bytes([cipher])
        self.prk = extract(b"qpc-mesh/1 mls-lite", secret)
        self.tag = expand(self.prk, b"epoch tag" + context, 2)
        self.id = expand(self.prk, b"epoch id" + context, 32)
        self.root = expand(self.prk, b"tree" + context, 32)

    def node(self, path):
        node = self.root
        for bit in path:
            node = expand(node, b"right" if bit == "1" else b"left", 32)
        return node


def path_of(sender, slot, signed, counter):
    return f"{sender:08b}{slot:013b}{signed:01b}{counter:010b}"


def encode_counter(n):
    return bytes([n]) if n < 0x80 else (0x8000 | n).to_bytes(2, "big")


def encode_sender(kind, index):
    return bytes([kind << 5 | index]) if index < 31 else bytes([kind << 5 | 31, index])


def keys_of(epoch, person, stream, signed, counter):
    slot, salt = stream
    leaf = epoch.node(path_of(person.index, slot, signed, counter))
    return (leaf, expand(leaf, b"key" + salt, 16 if epoch.cipher else 32), expand(leaf, b"nonce" + salt, 13 if epoch.cipher else 12))


def stream_tag(epoch, person, stream):
    return expand(epoch.node(path_of(person.index, stream[0], 0, 0)[:21]), b"stream tag" + stream[1], 2)


def seal(epoch, person, stream, kind, counter, content):
    slot, salt = stream
    named = slot.to_bytes(2, "big") + salt
    fields = bytes([kind, person.index]) + counter.to_bytes(4, "big")
    if kind != TEXT:
        content = sign(person.seed, b"qpc-mesh/1 mls-lite signature" + GROUP + epoch.id + fields + named + content) + content
    _, key, nonce = keys_of(epoch, person, stream, kind != TEXT, counter)
    associated = GROUP + fields + (bytes(16) if kind == HELLO else person.address)
    header = encode_sender(kind, person.index) + encode_counter(counter)
    header = epoch.tag + header + named if kind >= REKEY else stream_tag(epoch, person, stream) + header
    return header + (aes_ccm_8 if epoch.cipher else chacha20_poly1305)(key, nonce, content, associated)


def twin(person, mls_group, epoch, secret, cipher, number, guard, content):
    group = hashlib.sha256(mls_group).digest()[:8]
    context = group + epoch.to_bytes(4, "big") + bytes([cipher])
    prk = extract(b"qpc-mesh/1 mls-lite", secret)
    tag, state, node = expand(prk, b"epoch tag" + context, 2), expand(prk, b"epoch id" + context, 32), expand(prk, b"tree" + context, 32)
    for bit in path_of(person.index, 0, 1, number):
        node = expand(node, b"right" if bit == "1" else b"left", 32)
    salt = guard + bytes(8)
    fields = bytes([SIGNED, person.index]) + number.to_bytes(4, "big")
    content = sign(person.seed, b"qpc-mesh/1 mls-lite signature" + group + state + fields + bytes(2) + salt + content) + content
    key, nonce = expand(node, b"key" + salt, 16 if cipher else 32), expand(node, b"nonce" + salt, 13 if cipher else 12)
    header = tag + encode_sender(SIGNED, person.index) + encode_counter(number) + guard
    return header + (aes_ccm_8 if cipher else chacha20_poly1305)(key, nonce, content, group + fields + person.address)


def rekey(carrier, sender, stream, receiver, counter, number, secret):
    info = carrier.id + sender.address + receiver.address + stream[0].to_bytes(2, "big") + stream[1] + counter.to_bytes(4, "big")
    mask = expand(extract(b"qpc-mesh/1 mls-lite rekey", agree(sender.seed, receiver.key)), info, 32)
    hidden = bytes(a ^ b for a, b in zip(secret, mask))
    return seal(carrier, sender, stream, REKEY, counter, bytes([receiver.index]) + number.to_bytes(4, "big") + hidden)


def invitation(epoch, inviter, index):
    body = bytes([1, epoch.cipher]) + GROUP + epoch.number.to_bytes(4, "big") + epoch.secret + bytes([index, inviter.index])
    body += inviter.key + NAME
    return "qpc-lite:" + base64.urlsafe_b64encode(body + hashlib.sha256(body).digest()[:4]).decode().rstrip("=")


def main():
    alice = Person("alice", 1, 0, [(0x122A, bytes([0xA1] * 16)), (0x05C3, bytes([0xA2] * 16))])
    bob = Person("bob", 2, 7, [(0x1FFF, bytes([0xB1] * 16))])
    carol = Person("carol", 3, 200, [(0x0000, bytes([0xC1] * 16))])
    first, second = bytes(range(32)), bytes(range(32, 64))
    text = "Meet at the old mill at nine, bring rope"
    epochs, invitations, messages = [], [], []

    def add(epoch, person, stream, kind, counter, content, message):
        shown = content.decode() if kind in (TEXT, SIGNED) else content.hex()
        messages.append({"cipher": epoch.cipher, "epoch": epoch.number, "from": person.name, "slot": person.streams[stream][0],
                         "type": kind, "counter": counter, "content": shown, "message": message.hex()})

    for cipher in (0, 1):
        one, two = Epoch(1, first, cipher), Epoch(2, second, cipher)
        epochs += [{"cipher": cipher, "number": e.number, "secret": e.secret.hex(), "prk": e.prk.hex(), "epochTag": e.tag.hex(),
                    "epochId": e.id.hex(), "root": e.root.hex()} for e in (one, two)]
        invitations.append({"cipher": cipher, "uri": invitation(one, alice, bob.index)})

        def plain(epoch, person, stream, kind, counter, content):
            add(epoch, person, stream, kind, counter, content,
                seal(epoch, person, person.streams[stream], kind, counter, content))

        plain(one, bob, 0, HELLO, 0, bob.key)
        plain(one, alice, 0, ROSTER, 0, b"".join(bytes([p.index]) + p.key for p in (alice, bob)))
        add(one, alice, 0, REKEY, 1, bytes([bob.index]) + two.number.to_bytes(4, "big") + second,
            rekey(one, alice, alice.streams[0], bob, 1, two.number, second))
        for counter in (0, 1, 127, 128, 1023):
            plain(two, alice, 0, TEXT, counter, text.encode())
        plain(two, bob, 0, SIGNED, 1, text.encode())
        plain(two, alice, 1, START, 0, b"")
        plain(two, alice, 1, TEXT, 0, text.encode())
        plain(two, carol, 0, TEXT, 0, text.encode())

    mls_group, state_secret, guard = bytes(range(0x30, 0x40)), bytes(range(64, 96)), bytes([0xE1] * 8)
    twins = [{"cipher": cipher, "from": p.name, "number": number,
              "message": twin(p, mls_group, 9, state_secret, cipher, number, guard, text.encode()).hex()}
             for cipher in (0, 1) for p, number in ((alice, 0), (carol, 128))]
    two, stream = Epoch(2, second, 0), alice.streams[0]
    leaf, key, nonce = keys_of(two, alice, stream, 0, 128)
    print(json.dumps({
        "people": [{"name": p.name, "index": p.index, "seed": p.seed.hex(), "publicKey": p.key.hex(), "address": p.address.hex(),
                    "streams": [{"slot": s, "salt": salt.hex()} for s, salt in p.streams]} for p in (alice, bob, carol)],
        "groupId": GROUP.hex(), "name": NAME.decode(), "epochs": epochs, "invitations": invitations,
        "derivation": {
            "cipher": 0, "epoch": 2, "path": path_of(0, stream[0], 0, 128), "slotNode": two.node(path_of(0, stream[0], 0, 0)[:21]).hex(),
            "streamTag": stream_tag(two, alice, stream).hex(), "leaf": leaf.hex(), "key": key.hex(), "nonce": nonce.hex()},
        "messages": messages,
        "twin": {"mlsGroupId": mls_group.hex(), "epoch": 9, "secret": state_secret.hex(), "guard": guard.hex(), "content": text,
                 "messages": twins}}, indent=1, ensure_ascii=False))


sys.stdout.reconfigure(encoding="utf-8")
main()

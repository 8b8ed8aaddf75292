#!/usr/bin/env python3
"""A client of qpc-server that shares no code with it: written from docs/reference/client-server.md, RFC 9807, 9497 and 9380.

client.py HOST PORT FINGERPRINT NAME PASSWORD: registers, logs in, sends a message to itself, reads it, acknowledges it.
Python's standard library, and libsodium by ctypes for the group and for Ed25519. Key stretching is libsodium's Argon2id.
"""
import base64, ctypes, ctypes.util, hashlib, hmac, os, socket, ssl, struct, subprocess, sys

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
assert sodium.sodium_init() >= 0


def call(name, size, *arguments):
    out = ctypes.create_string_buffer(size)
    result = getattr(sodium, name)(out, *arguments)
    if name != "crypto_core_ristretto255_scalar_reduce":
        assert result == 0, name
    return out.raw


# RFC 9380, 5.3.1; RFC 9497, 4.1
def expand_message(message, tag, size):
    tag = tag + bytes([len(tag)])
    first = hashlib.sha512(bytes(128) + message + struct.pack(">HB", size, 0) + tag).digest()
    block, out = bytes(64), b""
    for i in range(1, -(-size // 64) + 1):
        block = hashlib.sha512(bytes(a ^ b for a, b in zip(first, block)) + bytes([i]) + tag).digest()
        out += block
    return out[:size]


SUITE = b"OPRFV1-\0-ristretto255-SHA512"


def multiply(scalar, element):
    return call("crypto_scalarmult_ristretto255", 32, scalar, element)


def reduce(wide):
    return call("crypto_core_ristretto255_scalar_reduce", 32, wide)


def derive_key_pair(seed, info):
    for counter in range(256):
        message = seed + struct.pack(">H", len(info)) + info + bytes([counter])
        secret = reduce(expand_message(message, b"DeriveKeyPair" + SUITE, 64))
        if any(secret):
            return secret, call("crypto_scalarmult_ristretto255_base", 32, secret)
    raise AssertionError("no key")


def blind(password):
    scalar = reduce(os.urandom(64))
    image = call("crypto_core_ristretto255_from_hash", 32, expand_message(password, b"HashToGroup-" + SUITE, 64))
    return scalar, multiply(scalar, image)


# RFC 9807
def extract(material):
    return hmac.digest(bytes(64), material, "sha512")


def expand(key, info, size):
    out, block = b"", b""
    for i in range(1, -(-size // 64) + 1):
        block = hmac.digest(key, block + info + bytes([i]), "sha512")
        out += block
    return out[:size]


def randomized_password(password, scalar, evaluated):
    element = multiply(call("crypto_core_ristretto255_scalar_invert", 32, scalar), evaluated)
    output = hashlib.sha512(
        struct.pack(">H", len(password)) + password + struct.pack(">H", 32) + element + b"Finalize").digest()
    stretched = call(
        "crypto_pwhash", 64, ctypes.c_ulonglong(64), output, ctypes.c_ulonglong(64), bytes(16), ctypes.c_ulonglong(3),
        ctypes.c_size_t(64 * 1024 * 1024), 2)
    return extract(output + stretched)


def vector(data):
    return struct.pack(">H", len(data)) + data


def envelope_keys(secret, nonce, server_key):
    private, public = derive_key_pair(expand(secret, nonce + b"PrivateKey", 32), b"OPAQUE-DeriveDiffieHellmanKeyPair")
    key = expand(secret, nonce + b"AuthKey", 64)
    tag = hmac.digest(key, nonce + server_key + vector(server_key) + vector(public), "sha512")
    return private, public, tag


def derive_secret(key, label, transcript):
    label = b"OPAQUE-" + label
    return expand(key, struct.pack(">HB", 64, len(label)) + label + bytes([len(transcript)]) + transcript, 64)


# Protobuf: bytes and strings in, the same and numbers out
def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def message(**fields):
    out = b""
    for name, value in fields.items():
        number = int(name[1:])
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def parse(data):
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        fields.setdefault(key >> 3, []).append(value)
    return fields


class Server:
    """WebSocket (RFC 6455) on TLS, with the server's key pinned; one call at a time."""

    def __init__(self, host, port, fingerprint):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.stream = context.wrap_socket(socket.create_connection((host, port), timeout=30), server_hostname=host)
        certificate = self.stream.getpeercert(binary_form=True)
        key = subprocess.run(
            ["openssl", "x509", "-inform", "DER", "-pubkey", "-noout"], input=certificate, capture_output=True, check=True).stdout
        spki = base64.b64decode(b"".join(key.splitlines()[1:-1]))
        assert hashlib.sha256(spki).hexdigest() == fingerprint, "the server's key is another"
        self.stream.sendall(
            f"GET /rpc HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.take(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        self.id = 0

    def take(self, size):
        out = b""
        while len(out) < size:
            part = self.stream.recv(size - len(out))
            assert part, "the server closed the connection"
            out += part
        return out

    def call(self, method, payload):
        self.id += 1
        frame = struct.pack(">HII", method, self.id, len(payload)) + payload
        mask = os.urandom(4)
        self.stream.sendall(
            struct.pack(">BBH", 0x82, 0x80 | 126, len(frame)) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(frame)))
        while True:
            kind, size = self.take(2)
            if size == 126:
                size, = struct.unpack(">H", self.take(2))
            data = self.take(size)
            if kind == 0x82:
                status, number, length = struct.unpack(">BII", data[:9])
                assert number == self.id and length == len(data) - 9
                assert status == 0, (method, status, data[9:])
                return parse(data[9:])


def main():
    host, port, fingerprint, name, password = sys.argv[1:]
    password = password.encode()
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_keypair(public, secret)
    identity = public.raw
    server = Server(host, int(port), fingerprint)
    server_sign_key = server.call(802, b"")[2][0]

    # Registration
    scalar, blinded = blind(password)
    response = server.call(100, message(_1=name, _2=blinded))[1][0]
    evaluated, server_key = response[:32], response[32:]
    randomized = randomized_password(password, scalar, evaluated)
    nonce = os.urandom(32)
    _, client_public, tag = envelope_keys(randomized, nonce, server_key)
    record = client_public + expand(randomized, b"MaskingKey", 64) + nonce + tag
    signed = b"qpc-reg1" + server_sign_key + hashlib.sha256(name.encode()).digest() + hashlib.sha256(record).digest()
    proof = call("crypto_sign_detached", 64, None, signed, ctypes.c_ulonglong(len(signed)), secret)
    assert server.call(101, message(_1=name, _2=record, _3=identity, _4=proof))[1] == [1]

    # Login
    scalar, blinded = blind(password)
    share_secret, share = derive_key_pair(os.urandom(32), b"OPAQUE-DeriveDiffieHellmanKeyPair")
    ke1 = blinded + os.urandom(32) + share
    ke2 = server.call(102, message(_1=name, _2=ke1))[1][0]
    randomized = randomized_password(password, scalar, ke2[:32])
    pad = expand(expand(randomized, b"MaskingKey", 64), ke2[32:64] + b"CredentialResponsePad", 128)
    clear = bytes(a ^ b for a, b in zip(pad, ke2[64:192]))
    server_key, nonce, tag = clear[:32], clear[32:64], clear[64:]
    private, client_public, expected = envelope_keys(randomized, nonce, server_key)
    assert hmac.compare_digest(tag, expected)
    server_share = ke2[224:256]
    prk = extract(multiply(share_secret, server_share) + multiply(share_secret, server_key) + multiply(private, server_share))
    preamble = hashlib.sha512(
        b"OPAQUEv1-" + vector(b"qpc-v1") + vector(client_public) + ke1 + vector(server_key) + ke2[:256])
    handshake = derive_secret(prk, b"HandshakeSecret", preamble.digest())
    assert hmac.compare_digest(hmac.digest(derive_secret(handshake, b"ServerMAC", b""), preamble.digest(), "sha512"), ke2[256:])
    preamble.update(ke2[256:])
    ke3 = hmac.digest(derive_secret(handshake, b"ClientMAC", b""), preamble.digest(), "sha512")
    token = server.call(103, message(_1=name, _2=ke3, _3=identity))[1][0]
    assert server.call(1, message(_1=token))[1] == [identity]

    # A message, its proof, and its acknowledgement
    text, number = b"hello from Python", os.urandom(16)
    sent = server.call(200, message(_1=identity, _2=text, _5=number))
    proof = sent[2][0]
    assert proof[8:128][:112] == identity + hashlib.sha256(b"").digest() + number + hashlib.sha256(text).digest()
    signed = b"qpc-dp1" + proof[:128]
    assert sodium.crypto_sign_verify_detached(proof[128:], signed, ctypes.c_ulonglong(len(signed)), server_sign_key) == 0
    envelope = parse(server.call(201, message(_1=identity))[1][0])
    assert (envelope[1], envelope[2]) == (sent[1], [text])
    server.call(204, message(_1=identity, _3=sent[1][0]))
    assert 1 not in server.call(203, message(_1=identity))
    print("done")


main()

"""The primitives that MLS-Lite needs, from their specifications, with the standard library only. Slow and not for secrets."""
import hashlib
import hmac

# HKDF (RFC 5869) ----------------------------------------------------------------------------------------------------


def extract(salt, secret):
    return hmac.new(salt, secret, hashlib.sha256).digest()


def expand(key, info, length):
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([i]), hashlib.sha256).digest()
        out, i = out + block, i + 1
    return out[:length]


# ChaCha20-Poly1305 (RFC 8439) ---------------------------------------------------------------------------------------


def _rotate(x, n):
    return (x << n | x >> (32 - n)) & 0xFFFFFFFF


def _quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        s[z] = _rotate(s[z] ^ s[x], n)


def _chacha_block(key, counter, nonce):
    words = [int.from_bytes(part[i:i + 4], "little")
             for part in (b"expand 32-byte k", key, counter.to_bytes(4, "little"), nonce) for i in range(0, len(part), 4)]
    s = list(words)
    for _ in range(10):
        for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                  (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            _quarter(s, *q)
    return b"".join(((a + b) & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(s, words))


def _poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    a = 0
    for i in range(0, len(message), 16):
        a = (a + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % ((1 << 130) - 5)
    return ((a + int.from_bytes(key[16:], "little")) & ((1 << 128) - 1)).to_bytes(16, "little")


def _padded(b):
    return b + bytes(-len(b) % 16)


def chacha20_poly1305(key, nonce, plaintext, associated):
    stream = b"".join(_chacha_block(key, 1 + i, nonce) for i in range((len(plaintext) + 63) // 64))
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, stream))
    lengths = len(associated).to_bytes(8, "little") + len(ciphertext).to_bytes(8, "little")
    return ciphertext + _poly1305(_chacha_block(key, 0, nonce)[:32], _padded(associated) + _padded(ciphertext) + lengths)


def open_chacha20_poly1305(key, nonce, sealed, associated):
    plaintext = chacha20_poly1305(key, nonce, sealed[:-16], b"")[:-16]
    if chacha20_poly1305(key, nonce, plaintext, associated) != sealed:
        raise ValueError("the tag is wrong")
    return plaintext


# AES-128 (FIPS 197) and CCM (RFC 3610) with L = 2 and a tag of 8 bytes ----------------------------------------------


def _double(a):
    return (a << 1 ^ 0x1B) & 0xFF if a & 0x80 else a << 1


def _make_sbox():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= _double(p)
        for n in (1, 2, 4):
            q ^= q << n & 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q
        for n in (1, 2, 3, 4):
            x ^= (q << n | q >> (8 - n)) & 0xFF
        box[p] = x ^ 0x63
        if p == 1:
            return box


_SBOX = _make_sbox()


def _aes128(key, block):
    words = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    constant = 1
    for i in range(4, 44):
        word = list(words[i - 1])
        if i % 4 == 0:
            word = [_SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= constant
            constant = _double(constant)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    keys = [sum(words[i:i + 4], []) for i in range(0, 44, 4)]
    s = [a ^ b for a, b in zip(block, keys[0])]
    for r in range(1, 11):
        s = [_SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if r < 10:
            mixed = []
            for c in range(0, 16, 4):
                a = s[c:c + 4]
                mixed += [_double(a[i]) ^ _double(a[(i + 1) % 4]) ^ a[(i + 1) % 4] ^ a[(i + 2) % 4] ^ a[(i + 3) % 4]
                          for i in range(4)]
            s = mixed
        s = [a ^ b for a, b in zip(s, keys[r])]
    return bytes(s)


def aes_ccm_8(key, nonce, plaintext, associated):
    flags = 0x40 | (8 - 2) // 2 << 3 | 1
    blocks = bytes([flags]) + nonce + len(plaintext).to_bytes(2, "big")
    blocks += _padded(len(associated).to_bytes(2, "big") + associated) + _padded(plaintext)
    mac = bytes(16)
    for i in range(0, len(blocks), 16):
        mac = _aes128(key, bytes(a ^ b for a, b in zip(mac, blocks[i:i + 16])))
    stream = b"".join(_aes128(key, b"\x01" + nonce + i.to_bytes(2, "big")) for i in range(1 + (len(plaintext) + 15) // 16))
    return bytes(a ^ b for a, b in zip(plaintext, stream[16:])) + bytes(a ^ b for a, b in zip(mac[:8], stream))


# Ed25519 (RFC 8032) and X25519 (RFC 7748) ---------------------------------------------------------------------------

P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
_BASE_Y = 4 * pow(5, -1, P) % P


def _recover_x(y, sign):
    x2 = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 != sign else x


def _add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = _D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P)


def _multiply(n, point):
    total = (0, 1)
    while n:
        if n & 1:
            total = _add(total, point)
        point, n = _add(point, point), n >> 1
    return total


def _encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


_BASE = (_recover_x(_BASE_Y, 0), _BASE_Y)


def _secret(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return a, h[32:]


def verify(key, message, signature):
    """Whether S * B = R + h * A; for inputs that nobody made to deceive."""
    y = int.from_bytes(key, "little")
    a = (_recover_x(y & (1 << 255) - 1, y >> 255), y & (1 << 255) - 1)
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    r = int.from_bytes(signature[:32], "little")
    point = (_recover_x(r & (1 << 255) - 1, r >> 255), r & (1 << 255) - 1)
    return _multiply(int.from_bytes(signature[32:], "little"), _BASE) == _add(point, _multiply(h, a))


def public_key(seed):
    return _encode(_multiply(_secret(seed)[0], _BASE))


def sign(seed, message):
    a, prefix = _secret(seed)
    public = _encode(_multiply(a, _BASE))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % _L
    point = _encode(_multiply(r, _BASE))
    k = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little") % _L
    return point + ((r + k * a) % _L).to_bytes(32, "little")


def scalar(seed):
    """The X25519 scalar of an Ed25519 identity."""
    return _secret(seed)[0].to_bytes(32, "little")


def montgomery(ed25519):
    """u = (1 + y) / (1 - y): the X25519 key of an Ed25519 key."""
    y = int.from_bytes(ed25519, "little") & (1 << 255) - 1
    return ((1 + y) * pow(1 - y, -1, P) % P).to_bytes(32, "little")


def x25519(secret, their_u):
    k = int.from_bytes(secret, "little") & (1 << 254) - 8 | 1 << 254
    u = int.from_bytes(their_u, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, -1, P) % P).to_bytes(32, "little")


def agree(seed, their_ed25519):
    """X25519 of two Ed25519 identities."""
    return x25519(scalar(seed), montgomery(their_ed25519))

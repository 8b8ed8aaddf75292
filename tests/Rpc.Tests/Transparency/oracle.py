"""Merkle trees of RFC 9162, section 2.1, straight from its recursive definitions: a second implementation that
MerkleTreeTests.cs is held to. It writes vectors.txt:

    python3 oracle.py > vectors.txt

Leaves are "leaf 0", "leaf 1" and so on. A line is "root N HASH", "inclusion M N HASHES" or "consistency M N HASHES".
"""
import hashlib


def sha(data):
    return hashlib.sha256(data).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d):
    if not d:
        return sha(b"")
    if len(d) == 1:
        return sha(b"\x00" + d[0])
    k = split(len(d))
    return sha(b"\x01" + mth(d[:k]) + mth(d[k:]))


def path(m, d):
    if len(d) == 1:
        return []
    k = split(len(d))
    return path(m, d[:k]) + [mth(d[k:])] if m < k else path(m - k, d[k:]) + [mth(d[:k])]


def subproof(m, d, b):
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return subproof(m, d[:k], b) + [mth(d[k:])]
    return subproof(m - k, d[k:], False) + [mth(d[:k])]


def show(hashes):
    return " ".join(h.hex() for h in hashes)


def main():
    leaves = [b"leaf %d" % i for i in range(25)]
    for n in [*range(10), 13, 16, 17, 25]:
        d = leaves[:n]
        print("root", n, mth(d).hex())
        for m in range(n):
            print(("inclusion %d %d " % (m, n) + show(path(m, d))).strip())
        for m in range(1, n + 1):
            print(("consistency %d %d " % (m, n) + show(subproof(m, d, True))).strip())


# The eight leaves of the reference test of RFC 6962's authors.
REFERENCE = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
assert mth([bytes.fromhex(x) for x in REFERENCE]).hex() == (
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")

if __name__ == "__main__":
    main()

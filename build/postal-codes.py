#!/usr/bin/env python3
"""Packs fapp/Places/postal-codes.csv (code, latitude, longitude) into the table that the program embeds.

Five bytes a code, big-endian and sorted, so that they are searched where they lie:
code (20 bits), hundredths of a degree north of 47 (10 bits), hundredths of a degree east of 5 (10 bits).
"""
import pathlib

places = pathlib.Path(__file__).resolve().parent.parent / "fapp" / "Places"
rows = [line.split(",") for line in (places / "postal-codes.csv").read_text().split()]
codes = [row[0] for row in rows]
assert codes == sorted(set(codes)) and all(len(c) == 5 and c.isdigit() for c in codes)
packed = bytearray()
for code, latitude, longitude in rows:
    north, east = round((float(latitude) - 47) * 100), round((float(longitude) - 5) * 100)
    assert 0 <= north < 1024 and 0 <= east < 1024
    packed += (int(code) << 20 | north << 10 | east).to_bytes(5, "big")
(places / "postal-codes.bin").write_bytes(packed)
print(f"{len(rows)} codes, {len(packed)} bytes")

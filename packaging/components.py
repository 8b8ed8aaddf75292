#!/usr/bin/env python3
"""components.py PROGRAM static|dynamic LIBRARIES: what else is in a program, with versions, copyright and licences.

Versions are read from the program itself where it has them; LIBRARIES, the folder of the C libraries that it was linked
with, has the others (pkgconfig/libsodium.pc, libc.so.6). What a list of ours says and the program does not show, or the
other way round, is an error: then this script has to learn it. docs/dependencies.md says what each is for.
"""
import pathlib
import re
import sys
import textwrap
from typing import NamedTuple

MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
ISC = """\
Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF
CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
"""
ZLIB = """\
This software is provided 'as-is', without any express or implied warranty. In no event will the authors be held liable for
any damages arising from the use of this software.

Permission is granted to anyone to use this software for any purpose, including commercial applications, and to alter it and
redistribute it freely, subject to the following restrictions:

1. The origin of this software must not be misrepresented; you must not claim that you wrote the original software. If you
   use this software in a product, an acknowledgment in the product documentation would be appreciated but is not required.
2. Altered source versions must be plainly marked as such, and must not be misrepresented as being the original software.
3. This notice may not be removed or altered from any source distribution.
"""
BSD = """\
Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following
conditions are met:

* Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.
* Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
  disclaimer in the documentation and/or other materials provided with the distribution.
* Neither the name of Google Inc. nor the names of its contributors may be used to endorse or promote products derived from
  this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING,
BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT
SHALL THE COPYRIGHT OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING
NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""


POSTGRESQL = """\
Permission to use, copy, modify, and distribute this software and its documentation for any purpose, without fee, and without a
written agreement is hereby granted, provided that the above copyright notice and this paragraph and the following two paragraphs
appear in all copies.

IN NO EVENT SHALL NPGSQL BE LIABLE TO ANY PARTY FOR DIRECT, INDIRECT, SPECIAL, INCIDENTAL, OR CONSEQUENTIAL DAMAGES, INCLUDING
LOST PROFITS, ARISING OUT OF THE USE OF THIS SOFTWARE AND ITS DOCUMENTATION, EVEN IF NPGSQL HAS BEEN ADVISED OF THE POSSIBILITY
OF SUCH DAMAGE.

NPGSQL SPECIFICALLY DISCLAIMS ANY WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE. THE SOFTWARE PROVIDED HEREUNDER IS ON AN "AS IS" BASIS, AND NPGSQL HAS NO OBLIGATIONS TO
PROVIDE MAINTENANCE, SUPPORT, UPDATES, ENHANCEMENTS, OR MODIFICATIONS.
"""


class Component(NamedTuple):
    """One of them. `mark` is found in a program that has it, and in no other; its first group may be the version."""

    name: str
    mark: bytes
    licence: str
    copyright: str
    note: str = ""
    static_only: bool = False
    programs: tuple = ("qpc-mesh", "qpc-server")
    # Beside the mark: names of assemblies that come with it.
    assemblies: bytes = b""


MICROSOFT = "Copyright (c) .NET Foundation and Contributors"
COMPONENTS = [
    Component(".NET runtime and libraries", rb"\b(10\.0\.\d+)-servicing\.[0-9.]+\+[0-9a-f]{40}", "MIT", MICROSOFT,
              "Its own third parties: THIRD-PARTY-NOTICES.TXT of that version of dotnet/runtime."),
    Component("LLVM libunwind", rb"libunwind: malformed DW_CFA_register", "Apache-2.0 WITH LLVM-exception",
              "Copyright (c) the LLVM Project", "Part of the .NET runtime."),
    Component("zlib", rb"inflate (1\.[0-9.]+) Copyright", "Zlib", "Copyright (c) 1995-2024 Jean-loup Gailly, Mark Adler",
              "Part of the .NET libraries, for WebSocket."),
    Component("QRCoder", rb"QRCoder\.dll", "MIT", "Copyright (c) 2013-2025 Raffael Herrmann, 2024-2025 Shane Krueger",
              programs=("qpc-mesh",)),
    Component("System.CommandLine", rb"System\.CommandLine\.dll", "MIT", MICROSOFT),
    Component("Microsoft.Extensions.Logging.Abstractions", rb"Microsoft\.Extensions\.Logging\.Abstractions\.dll", "MIT", MICROSOFT,
              programs=("qpc-mesh",)),
    Component("ASP.NET Core", rb"Microsoft\.AspNetCore\.Server\.Kestrel\.Core\.dll", "MIT", MICROSOFT,
              "With the Microsoft.Extensions libraries that it brings. Its own third parties: THIRD-PARTY-NOTICES.TXT of that "
              "version of dotnet/aspnetcore.", programs=("qpc-server",),
              assemblies=rb"Microsoft\.(?:AspNetCore(?:\.\w+)*|Extensions(?:\.\w+)+|Net\.Http\.Headers)\.dll"),
    Component("Microsoft.Extensions.Hosting.Systemd", rb"Microsoft\.Extensions\.Hosting\.Systemd\.dll", "MIT", MICROSOFT,
              programs=("qpc-server",)),
    Component("Npgsql", rb"Npgsql\.dll", "PostgreSQL", "Copyright (c) 2002-2025, Npgsql", programs=("qpc-server",)),
    Component("BouncyCastle.Cryptography", rb"BouncyCastle\.Cryptography\.dll", "MIT",
              "Copyright (c) 2000-2026 The Legion of the Bouncy Castle Inc.", programs=("qpc-mesh",)),
    Component("Google.Protobuf", rb"Google\.Protobuf\.dll", "BSD-3-Clause", "Copyright 2008 Google Inc."),
    Component("OpenSSL", rb"\bOpenSSL (3\.\d+\.\d+) \d+ [A-Z][a-z]{2} 20\d\d", "Apache-2.0",
              "Copyright (c) 1998-2026 The OpenSSL Project Authors, 1995-1998 Eric A. Young, Tim J. Hudson", "", True),
    Component("SQLite", rb"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [0-9a-f]{60}", "public domain", "none", "", True),
    Component("libsodium", rb"crypto_generichash/blake2b/ref/blake2b-ref\.c", "ISC",
              "Copyright (c) 2013-2019 Frank Denis", "", True),
    Component("GNU C Library", rb"Fatal glibc error: malloc assertion failure", "LGPL-2.1-or-later",
              "Copyright (c) 1991-2022 Free Software Foundation, Inc.",
              "The sources of this program and the scripts that link it are published, so it can be linked with another "
              "version of this library: build/publish.sh.", True),
    Component("GCC runtime objects", rb"GCC: \(Debian (\d+\.\d+\.\d+)", "GPL-3.0-or-later WITH GCC-exception-3.1",
              "Copyright (c) Free Software Foundation, Inc.", "The exception allows any licence for what is linked with them.", True),
]
# What could come in by a change of what is linked, and is not listed above: then the list is wrong.
STRANGERS = {
    "Brotli": rb"BrotliDecoder|brotli/dec", "Zstandard": rb"ZSTD_",
    "ICU": rb"icudt\d\d", "msquic": rb"MsQuicOpenVersion is", "libunwind of nongnu.org": rb"unw_init_local2",
}
OURS = re.compile(rb"(?:QuicProChat\.|System\.|Microsoft\.Win32\.|mscorlib|netstandard|(?:qpc-)?mesh\.dll|(?:qpc-)?server\.dll)")


def assemblies(program):
    """Names of managed assemblies in the program that are neither ours nor the framework's."""
    names = {m.group(0) for m in re.finditer(rb"[A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)*\.dll", program)}
    # A length byte of the metadata may look like a letter before the name.
    return {n for n in names if not OURS.match(n) and not OURS.match(n[1:])}


def version_of(component, found, libraries, root):
    """Of the program where it says so, else of what it was made with."""
    if found.groups() and found.group(1):
        return found.group(1).decode()
    if package := {"libsodium": "libsodium", "SQLite": "sqlite3"}.get(component.name):
        return re.search(r"^Version: (\S+)", (libraries / f"pkgconfig/{package}.pc").read_text(), re.M).group(1)
    if component.name == "GNU C Library":
        folder = next(f for f in (libraries, pathlib.Path(str(libraries).replace("/usr/lib/", "/lib/"))) if (f / "libc.so.6").exists())
        return re.search(rb"GNU C Library \([^)]*GLIBC ([^)]+)\)", (folder / "libc.so.6").read_bytes()).group(1).decode()
    pinned = re.search(rf'Include="{re.escape(component.name)}" Version="([^"]+)"', (root / "Directory.Packages.props").read_text())
    return pinned.group(1) if pinned else "of the .NET runtime"


def name_of(program):
    """Which of our programs it is."""
    return "qpc-server" if b"qpc-server.dll" in program else "qpc-mesh"


def check(program, kind):
    """The components that the program shows, and an error where the list and the program differ."""
    listed = [c for c in COMPONENTS if name_of(program) in c.programs]
    found = [(c, re.search(c.mark, program)) for c in listed if kind == "static" or not c.static_only]
    missing = [c.name for c, m in found if not m]
    strange = [name for name, mark in STRANGERS.items() if re.search(mark, program)]
    known = b" ".join(c.mark.replace(b"\\", b"") for c in listed)
    others = re.compile(b"|".join(c.assemblies for c in listed if c.assemblies) or rb"(?!)")
    strange += [n.decode() for n in assemblies(program)
                if n not in known and n[1:] not in known and not others.fullmatch(n) and not others.fullmatch(n[1:])]
    if kind == "dynamic":
        strange += [c.name + ", in a dynamic program" for c in COMPONENTS
                    if c.static_only and c.name in ("OpenSSL", "SQLite", "libsodium") and re.search(c.mark, program)]
    if missing or strange:
        sys.exit("components.py: the list does not fit the program: listed and not there: "
                 f"{', '.join(missing) or 'none'}; there and not listed: {', '.join(sorted(strange)) or 'none'}")
    return found


def main():
    path, kind, folder = sys.argv[1:]
    root = pathlib.Path(__file__).resolve().parent.parent
    program = pathlib.Path(path).read_bytes()
    found = check(program, kind)
    out = ["What else is in this program", ""]
    out += [f"{name_of(program)} itself: MIT, Copyright (c) 2026 The QuicProChat Mesh authors", ""]
    for component, match in found:
        out.append(f"{component.name} {version_of(component, match, pathlib.Path(folder), root)}: {component.licence}")
        out.append("  " + component.copyright)
        out += textwrap.wrap(component.note, 118, initial_indent="  ", subsequent_indent="  ")
    licences = {licence.split()[0] for component, _ in found for licence in [component.licence]} | {"MIT"}
    common = pathlib.Path("/usr/share/common-licenses")
    for name, text in (("MIT", MIT), ("ISC", ISC), ("Zlib", ZLIB), ("BSD-3-Clause", BSD), ("PostgreSQL", POSTGRESQL), ("Apache-2.0", None), ("LGPL-2.1-or-later", None)):
        if name in licences:
            text = text or (common / name.removesuffix("-or-later")).read_text(encoding="utf-8")
            out += ["", "=" * 100, name, "=" * 100, "", text.strip("\n")]
    if "Apache-2.0" in licences:
        out += ["", "=" * 100, "LLVM-exception", "=" * 100, "", textwrap.fill(
            "As an exception, if, as a result of your compiling your source code, portions of this Software are embedded into an "
            "Object form of such source code, you may redistribute such embedded portions in such Object form without complying "
            "with the conditions of Sections 4(a), 4(b) and 4(d) of the License.", 118)]
    print("\n".join(out))


main()

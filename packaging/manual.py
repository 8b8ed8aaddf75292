#!/usr/bin/env python3
"""manual.py PROGRAM VERSION FOLDER [CONFIGURATION.md]: the manual pages and the completion for bash.

They are made from the program's own --help and from docs/reference/configuration.md, so they say what those say:
FOLDER/PROGRAM.1, FOLDER/PROGRAM.conf.5 where there is a CONFIGURATION.md, FOLDER/completion.
"""
import os
import pathlib
import re
import subprocess
import sys


def help_of(program, path):
    """The sections of one command's help: heading -> lines."""
    text = subprocess.run([program, *path, "--help"], check=True, capture_output=True, text=True).stdout
    sections, heading = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"[A-Z]\w*:", line):
            heading = line[:-1]
            sections[heading] = []
        elif heading and line.strip():
            sections[heading].append(line.strip())
    return sections


def walk(program, path=()):
    """Every command with its help, in the order in which --help lists them."""
    sections = help_of(program, path)
    yield path, sections
    for line in sections.get("Commands", []):
        yield from walk(program, (*path, line.split()[0]))


def roff(text):
    """Plain text, so that troff takes none of it for a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    return "\\&" + text if text.startswith(".") else text


def markdown(text):
    """A line of docs/ with its code and bold text in bold type."""
    parts = re.split(r"`([^`]*)`|\*\*([^*]*)\*\*", text)
    out = []
    for i in range(0, len(parts), 3):
        out.append(roff(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", parts[i])))
        if i + 2 < len(parts):
            out.append("\\fB" + roff(parts[i + 1] or parts[i + 2]) + "\\fR")
    return "".join(out)


# What --help does not say, by program: what it is, and what follows the commands.
ABOUT = {
    "qpc-mesh": "mesh messenger node",
    "qpc-server": "server of a messenger that it cannot read",
}
TAIL = {
    "qpc-mesh": [
        ".SH EXIT STATUS",
        "0: done. 1: refused or failed; standard error says why. 2: the command line, a request or the configuration is wrong. "
        "3: no daemon answers on the control socket.",
        ".SH FILES", ".TP", "\\fI/etc/qpc\\-mesh/qpc\\-mesh.conf\\fR", "Settings, see qpc\\-mesh.conf(5).",
        ".TP", "\\fI/var/lib/qpc\\-mesh/identity.key\\fR",
        "The key: whoever has it is this node. Without a copy of it a lost disk is a lost identity; \\fBidentity export\\fR prints one.",
        ".TP", "\\fI/var/lib/qpc\\-mesh/store.db\\fR, \\fI/var/lib/qpc\\-mesh/files/\\fR",
        "Messages, contacts, what is held for others, and files that were fetched, all of them sealed. They belong to that key.",
        ".TP", "\\fI/var/backups/qpc\\-mesh\\-identity.key\\fR",
        "What purging the package leaves. To go on with it, stop the node, copy the file to \\fI/var/lib/qpc\\-mesh/identity.key\\fR, "
        "give it to the user qpc\\-mesh with mode 0600, and start the node.",
        ".TP", "\\fI/run/qpc\\-mesh/control.sock\\fR", "The control socket, for members of the group qpc\\-mesh.",
        ".SH SEE ALSO", "qpc\\-mesh.conf(5)",
    ],
    "qpc-server": [
        ".SH SETTINGS",
        "\\fIrun\\fR takes its options from a file too: \\fB@FILE\\fR has an option with its value on each line, and remarks after #. "
        "The service reads \\fI/etc/qpc\\-server/qpc\\-server.settings\\fR; after a change, restart it.",
        ".SH PORT 443",
        "The service has no capabilities. To listen on a port below 1024, give it one: \\fBsystemctl edit qpc\\-server\\fR, then",
        ".PP", ".nf", ".RS 4", "[Service]", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "AmbientCapabilities=CAP_NET_BIND_SERVICE",
        ".RE", ".fi",
        ".SH EXIT STATUS",
        "0: done. 1: failed; standard error says why. 2: the command line is wrong.",
        ".SH FILES", ".TP", "\\fI/etc/qpc\\-server/qpc\\-server.settings\\fR", "Settings of the service.",
        ".TP", "\\fI/var/lib/qpc\\-server/server.key\\fR",
        "Every password depends on it, and delivery proofs are signed by it. It never changes. Keep a copy: without it nobody can log in.",
        ".TP", "\\fI/var/lib/qpc\\-server/tls.pem\\fR", "The certificate of its own making and its key, which clients pin. Keep a copy.",
        ".TP", "\\fI/var/lib/qpc\\-server/server.db\\fR", "Accounts and messages, unless they are in a database of PostgreSQL.",
        ".TP", "\\fI/var/backups/qpc\\-server\\-server.key\\fR, \\fI/var/backups/qpc\\-server\\-tls.pem\\fR",
        "What purging the package leaves. To go on with them, stop the server, copy them to \\fI/var/lib/qpc\\-server/server.key\\fR and "
        "\\fI/var/lib/qpc\\-server/tls.pem\\fR, give them to the user qpc\\-server with mode 0600, and start the server.",
    ],
}


def command_page(program, name, version):
    """NAME(1)."""
    commands = list(walk(program))
    out = [
        f'.TH {roff(name.upper())} 1 "" "{roff(name)} {version}" "User Commands"',
        ".SH NAME", f"{roff(name)} \\- {ABOUT[name]}",
        ".SH SYNOPSIS",
    ]
    for path, sections in commands:
        if path and "Commands" not in sections:
            out += [".br", "\\fB" + roff(" ".join((name, *path))) + "\\fR " + roff(" ".join(sections["Usage"][0].split()[1 + len(path):]))]
    out += [".SH DESCRIPTION", roff(commands[0][1]["Description"][0]), ".SH COMMANDS"]
    for path, sections in commands[1:]:
        out += [".SS " + roff(" ".join(path)), roff(" ".join(sections["Description"]))]
        for heading in ("Arguments", "Options"):
            for line in sections.get(heading, []):
                option, _, what = re.sub(r"\s{2,}", "\t", line, count=1).partition("\t")
                if option.startswith("-?"):
                    continue
                out += [".TP", "\\fB" + roff(option) + "\\fR", roff(what)]
    return "\n".join(out + TAIL[name]) + "\n"


def configuration_page(source, version):
    """qpc-mesh.conf(5) from docs/reference/configuration.md: paragraphs, tables as lists, code as it is."""
    out = [
        f'.TH QPC\\-MESH.CONF 5 "" "qpc\\-mesh {version}" "File Formats"',
        ".SH NAME", "qpc\\-mesh.conf \\- settings of the mesh messenger node", ".SH DESCRIPTION",
    ]
    code, columns, paragraph = False, None, []

    def flush():
        if paragraph:
            out.extend([".PP", markdown(" ".join(paragraph))])
            paragraph.clear()

    for line in source.splitlines():
        if line.startswith("```"):
            flush()
            code = not code
            out.append(".PP\n.nf\n.RS 4" if code else ".RE\n.fi")
        elif code:
            out.append(roff(line))
        elif line.startswith("#"):
            flush()
            title = line.lstrip("#").strip()
            if title != "Configuration":
                out.append(".SH " + roff(title.upper()))
        elif line.startswith("|"):
            flush()
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if columns is None:
                columns = cells
            elif not set(line) <= set("|-: "):
                out += [".TP", markdown(cells[0])]
                out.append(" ".join(markdown(f"{name[0].upper()}{name[1:]}: {cell}.") for name, cell in zip(columns[1:], cells[1:]) if cell))
        else:
            columns = None
            if line.strip():
                paragraph.append(line.strip())
            else:
                flush()
    flush()
    out += [".SH SEE ALSO", "qpc\\-mesh(1)"]
    return "\n".join(out) + "\n"


def completion(program, name):
    """Words for bash: after each command its commands and options."""
    cases = []
    for path, sections in walk(program):
        words = [line.split()[0] for line in sections.get("Commands", [])]
        for line in sections.get("Options", []):
            words += re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.split(r"\s{2,}", line)[0])
        cases.append(f"        {' '.join((name, *path))!r}) words={' '.join(words)!r} ;;".replace('"', "'"))
    function = "_" + name.replace("-", "_")
    return "\n".join([
        "# Completion for bash, made from the program's own help.",
        function + "() {",
        '    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path=' + name + ' word words=""',
        "    local i",
        "    for ((i = 1; i < COMP_CWORD; i++)); do",
        '        word=${COMP_WORDS[i]}',
        f'        case " $({function}_words "$path") " in',
        '        *" $word "*) [[ $word == -* ]] || path="$path $word" ;;',
        "        esac",
        "    done",
        '    case $previous in',
        '    --*-dir) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;',
        '    --config | --control | --*-file) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;',
        "    esac",
        f'    words=$({function}_words "$path")',
        '    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")',
        "}",
        function + "_words() {",
        "    local words",
        "    case $1 in",
        *cases,
        '        *) words="" ;;',
        "    esac",
        '    echo "$words"',
        "}",
        f"complete -F {function} {name}",
    ]) + "\n"


def main():
    program, version, folder, *configuration = sys.argv[1:]
    name = os.path.basename(program)
    target = pathlib.Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{name}.1").write_text(command_page(program, name, version), encoding="utf-8")
    for source in configuration:
        page = configuration_page(pathlib.Path(source).read_text(encoding="utf-8"), version)
        (target / f"{name}.conf.5").write_text(page, encoding="utf-8")
    (target / "completion").write_text(completion(program, name), encoding="utf-8")


main()

#!/usr/bin/env python3
"""The manners of the repository that no compiler checks.

    tools/check_tidy.py [ROOT]

Fails, naming file:line, on: a source file of more than 500 lines; a system call outside the folders that may make them;
a heavy library's header in a header, or outside its wrapper; `#pragma once` missing; a to-do without an issue; a name of
somebody's machine; a link in a document that leads nowhere; tabs and trailing blanks.
"""

import re
import sys
from pathlib import Path
from typing import Callable, Iterator

LINES_MAX = 500
SKIPPED = {".git", "build", ".belljar", ".cache", "__pycache__", "node_modules", "corpus"}

# Where system calls live. Everything else goes through os/. Programs that run inside sandboxes call what they like.
MAY_CALL = ("src/os/", "src/sandbox/native/", "src/sandbox/filter/", "src/sandbox/doctor/", "src/app/", "tests/", "bench/")
CALLS = (
    "open|openat|openat2|creat|read|write|pread|pwrite|close|dup|dup2|dup3|pipe|pipe2|fork|vfork|clone|clone3|execve|"
    "execvp|execl|waitpid|waitid|kill|tgkill|ptrace|prctl|mount|umount|umount2|pivot_root|chroot|setns|unshare|socket|"
    "connect|bind|listen|accept|accept4|sendmsg|recvmsg|sendto|recvfrom|socketpair|ioctl|fcntl|mmap|munmap|mprotect|"
    "stat|fstat|lstat|statx|unlink|unlinkat|rename|renameat|mkdir|mkdirat|rmdir|symlink|link|chmod|fchmod|chown|poll|"
    "ppoll|epoll_create1|epoll_ctl|epoll_wait|signalfd|eventfd|timerfd_create|flock|ftruncate|fsync|getrandom|memfd_create"
)
RAW_CALL = re.compile(rf"(?<![\w:>.])::(?:{CALLS})\s*\(|(?<![\w:>.])syscall\s*\(|\bstd::system\s*\(|\bpopen\s*\(")

HEAVY = re.compile(r'#\s*include\s*[<"](boost/|yaml-cpp/|openssl/|seccomp\.h|zstd\.h)')
HEAVY_HOMES = ("src/codec/", "src/stats/", "src/sandbox/filter/", "src/sandbox/native/", "src/os/", "src/ledger/")

# Coroutines of Boost.Asio cannot hide behind a wrapper; docs/adr/0005 says why they may be here.
ASYNCHRONOUS = "src/boundary/gateway/"

TODO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
# Spelled in pieces, so that this file does not break its own rule.
BANNED = re.compile("|".join(["/wor" + "k/(?:main|shared)", "/tmp/br" + "ief"]))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

Finding = tuple[int, str]


def strip_comments(text: str) -> str:
    """Comments and the insides of strings blanked, line numbers kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"\w*\(.*?\)\w*"|"(?:\\.|[^"\\\n])*"', re.DOTALL)

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0]) if not match[0].startswith('"') else '""'

    return pattern.sub(blank, text)


def too_long(_: str, text: str) -> Iterator[Finding]:
    count = text.count("\n")
    if count > LINES_MAX:
        yield count, f"{count} lines, {LINES_MAX} are allowed"


def raw_calls(name: str, text: str) -> Iterator[Finding]:
    if name.startswith(MAY_CALL) or name.endswith(("_test.cc", "_test.h")) or "/programs/" in name:
        return
    for number, line in enumerate(strip_comments(text).splitlines(), 1):
        if match := RAW_CALL.search(line):
            yield number, f"system call `{match[0].strip()}`: only {', '.join(MAY_CALL[:4])} make them; use os/"


def heavy_headers(name: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        match = HEAVY.search(line)
        if match and match[1] == "boost/" and name.startswith(ASYNCHRONOUS):
            continue
        if match and name.startswith("src/") and (name.endswith(".h") or not name.startswith(HEAVY_HOMES)):
            yield number, f"{match[1]} belongs in the .cc file of its wrapper"


def pragma_once(name: str, text: str) -> Iterator[Finding]:
    if name.endswith(".h") and "#pragma once" not in text:
        yield 1, "no #pragma once"


def blanks(_: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if "\t" in line:
            yield number, "a tab"


def todos(_: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := TODO.search(line):
            yield number, f"{match[0]} without an issue: write {match[0]}(#n) or do it"


def banned(_: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := BANNED.search(line):
            yield number, f"`{match[0]}` is a place on one machine"


def dead_links(name: str, text: str, root: Path) -> Iterator[Finding]:
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        if fenced:
            continue
        for target in LINK.findall(line):
            path = target.split("#")[0]
            if not path or "://" in target or target.startswith("mailto:"):
                continue
            if not (root / name).parent.joinpath(path).exists():
                yield number, f"link to {target}: no such file"


def files(root: Path) -> Iterator[Path]:
    stack = [root]
    while stack:
        folder = stack.pop()
        for entry in sorted(folder.iterdir()):
            if entry.is_symlink() or entry.name in SKIPPED:
                continue
            if entry.is_dir():
                stack.append(entry)
            else:
                yield entry


CODE: list[Callable[[str, str], Iterator[Finding]]] = [too_long, raw_calls, heavy_headers, pragma_once, blanks]
TEXT: list[Callable[[str, str], Iterator[Finding]]] = [todos, banned]


def check(root: Path, file: Path) -> Iterator[str]:
    name = file.relative_to(root).as_posix()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # a picture, a corpus entry: not text
    checks = list(TEXT)
    if file.suffix == ".py":
        checks += [too_long, blanks]
    if file.suffix in (".cc", ".h", ".c"):
        checks += CODE
    if name == "tools/check_tidy.py":
        checks = [banned]
    for one in checks:
        for number, what in one(name, text):
            yield f"{name}:{number}: {what}"
    if file.suffix == ".md":
        for number, what in dead_links(name, text, root):
            yield f"{name}:{number}: {what}"


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    problems: list[str] = []
    count = 0
    for file in files(root):
        count += 1
        problems += check(root, file)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"tidy: {count} files mind their manners")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""clang-tidy over src/, and every header compiled by itself; what was clean before is not read again.

    tools/lint.py BUILD [FILE...]      BUILD holds compile_commands.json, as build/dev

A file is skipped when it, everything of ours that it includes, its compile command, .clang-tidy and the version of
clang-tidy are as they were when it last came out clean; the memory is BUILD/../lint. Tests are compiled with the same
warnings but not tidied: their macros cost more than they tell.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
# g++'s own warnings are no business of clang's.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-gnu-statement-expression"]


@lru_cache(maxsize=None)
def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def with_includes(path: Path) -> list[Path]:
    seen: dict[Path, None] = {}
    work = [path]
    while work:
        file = work.pop()
        if file in seen:
            continue
        seen[file] = None
        for name in INCLUDE.findall(content(file)):
            for candidate in (ROOT / "src" / name.decode(), file.parent / name.decode()):
                if candidate.is_file():
                    work.append(candidate)
                    break
    return sorted(seen)


def fingerprint(path: Path, also: bytes) -> str:
    digest = hashlib.sha256(also)
    for file in with_includes(path):
        digest.update(str(file).encode() + b"\0" + hashlib.sha256(content(file)).digest())
    return digest.hexdigest()


class Lint:
    def __init__(self, build: Path) -> None:
        self.build = build
        self.memory = build.parent / "lint"
        self.memory.mkdir(parents=True, exist_ok=True)
        version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
        self.base = version + content(ROOT / ".clang-tidy")
        self.failed = 0
        self.read = 0

    def once(self, path: Path, command: list[str], also: bytes) -> None:
        mark = self.memory / fingerprint(path, self.base + also + "\0".join(command).encode())
        if mark.exists():
            return
        self.read += 1
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            mark.touch()
            return
        self.failed += 1
        print(re.sub(r"^\d+ warnings? .*\n", "", done.stdout, flags=re.MULTILINE), flush=True)

    def source(self, entry: dict) -> None:
        path = Path(entry["file"])
        tidy = ["clang-tidy", "-p", str(self.build), "--quiet", *EXTRA, str(path)]
        self.once(path, tidy, entry.get("command", "").encode())

    def header(self, path: Path) -> None:
        compile_alone = ["g++", "-std=c++20", "-fsyntax-only", "-fmax-errors=3", "-Wall", "-Wextra", "-Werror"]
        compile_alone += [f"-I{ROOT}/src", '-DBELLJAR_SOURCE_DIR=""', '-DBELLJAR_BINARY_DIR=""']  # as tests have them
        self.once(path, [*compile_alone, "-x", "c++", "-include", str(path), "/dev/null"], b"")


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    only = {Path(name).resolve() for name in sys.argv[2:]}
    entries = json.loads((build / "compile_commands.json").read_text())
    src = ROOT / "src"
    sources = [e for e in entries if Path(e["file"]).is_relative_to(src) and not e["file"].endswith("_test.cc")]
    sources = [e for e in sources if e["file"].endswith(".cc") and Path(e["file"]).is_file()]
    headers = sorted(src.rglob("*.h"))
    if only:
        sources = [e for e in sources if Path(e["file"]) in only]
        headers = [h for h in headers if h in only]
    lint = Lint(build)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lint.header, headers))
        list(pool.map(lint.source, {e["file"]: e for e in sources}.values()))
    known = len(sources) + len(headers)
    print(f"lint: {known} files, {lint.read} read, {lint.failed} with complaints")
    return 1 if lint.failed else 0


if __name__ == "__main__":
    sys.exit(main())

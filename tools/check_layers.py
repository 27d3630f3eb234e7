#!/usr/bin/env python3
"""Holds every include to the floors of layers.txt.

    tools/check_layers.py [ROOT]

Fails, naming file:line, on an include of a higher floor or of another folder on the same floor, on a folder of src/ that
layers.txt does not name, on an include that is not written from src/, and on files that include each other in a circle.
"""

import re
import sys
from pathlib import Path
from typing import Iterator

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def floors(layers: Path) -> dict[str, int]:
    floor_of: dict[str, int] = {}
    for number, line in enumerate(layers.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not words[0].isdigit():
            sys.exit(f"{layers}:{number}: found {line!r}, expected a floor and a folder")
        floor_of[words[1]] = int(words[0])
    return floor_of


def sources(src: Path) -> list[Path]:
    return sorted(p for p in src.rglob("*") if p.suffix in (".cc", ".h", ".c"))


def includes(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if match := INCLUDE.match(line):
            yield number, match[1]


def wrong_floor(where: str, folder: str, included: str, floor_of: dict[str, int]) -> str:
    target = included.split("/")[0]
    if target not in floor_of:
        return f"{where}: includes {included}: {target}/ is no folder of layers.txt"
    if target == folder or floor_of[target] < floor_of[folder]:
        return ""
    relation = "on the same floor as" if floor_of[target] == floor_of[folder] else "above"
    return f"{where}: {folder}/ includes {included}: {target}/ is {relation} {folder}/"


def check_files(src: Path, floor_of: dict[str, int]) -> tuple[list[str], dict[str, list[tuple[int, str]]]]:
    problems: list[str] = []
    graph: dict[str, list[tuple[int, str]]] = {}
    for file in sources(src):
        relative = file.relative_to(src).as_posix()
        folder = relative.split("/")[0]
        graph[relative] = []
        if folder not in floor_of:
            continue
        for number, included in includes(file):
            where = f"src/{relative}:{number}"
            if not (src / included).is_file():
                problems.append(f"{where}: includes {included}: no such file below src/")
                continue
            graph[relative].append((number, included))
            if problem := wrong_floor(where, folder, included, floor_of):
                problems.append(problem)
    return problems, graph


def cycles(graph: dict[str, list[tuple[int, str]]]) -> Iterator[str]:
    """Depth first, with a stack of our own; each circle is told once, at the include that closes it."""
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        work: list[tuple[str, int]] = [(start, 0)]
        while work:
            file, at = work.pop()
            if at == 0:
                if file in done:
                    continue
                path.append(file)
            if at == len(graph.get(file, [])):
                done.add(file)
                path.pop()
                continue
            work.append((file, at + 1))
            number, included = graph[file][at]
            if included in path:
                circle = path[path.index(included):] + [included]
                yield f"src/{file}:{number}: includes in a circle: {' -> '.join(circle)}"
            elif included not in done:
                work.append((included, 0))


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    floor_of = floors(root / "layers.txt")
    src = root / "src"
    problems = [
        f"src/{folder.name}: not in layers.txt"
        for folder in sorted(src.iterdir())
        if folder.is_dir() and folder.name not in floor_of
    ]
    file_problems, graph = check_files(src, floor_of)
    problems += file_problems
    problems += cycles(graph)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"layers: {len(graph)} files keep to their floors")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

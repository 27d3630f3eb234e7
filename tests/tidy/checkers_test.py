"""The checks of tools/ must fail on what they forbid, or their silence means nothing."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
LAYERS = "# floor folder\n0 base\n1 os\n1 codec\n2 spec\n"


class Checker(unittest.TestCase):
    tool = ""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.write("layers.txt", LAYERS)
        self.write("src/base/a.h", "#pragma once\n")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_tool(self) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(TOOLS / self.tool), str(self.root)]
        return subprocess.run(command, capture_output=True, text=True)

    def accepts(self) -> None:
        done = self.run_tool()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def refuses(self, *expected: str) -> None:
        done = self.run_tool()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for text in expected:
            self.assertIn(text, done.stdout)


class Layers(Checker):
    tool = "check_layers.py"

    def test_includes_of_lower_floors_and_of_the_own_folder_pass(self) -> None:
        self.write("src/spec/x.h", '#include "base/a.h"\n#include "spec/y.h"\n')
        self.write("src/spec/y.h", "#pragma once\n")
        self.accepts()

    def test_a_higher_floor(self) -> None:
        self.write("src/spec/x.h", "#pragma once\n")
        self.write("src/os/low.cc", '\n#include "spec/x.h"\n')
        self.refuses("src/os/low.cc:2: os/ includes spec/x.h: spec/ is above os/")

    def test_the_same_floor(self) -> None:
        self.write("src/codec/x.h", "#pragma once\n")
        self.write("src/os/peer.cc", '  #  include "codec/x.h"\n')
        self.refuses("src/os/peer.cc:1: os/ includes codec/x.h: codec/ is on the same floor as os/")

    def test_a_folder_that_layers_txt_does_not_name(self) -> None:
        self.write("src/attic/x.h", "#pragma once\n")
        self.refuses("src/attic: not in layers.txt")

    def test_an_include_that_is_not_written_from_src(self) -> None:
        self.write("src/base/b.cc", '#include "a.h"\n')
        self.refuses("src/base/b.cc:1: includes a.h: no such file below src/")

    def test_a_circle(self) -> None:
        self.write("src/base/x.h", '#include "base/y.h"\n')
        self.write("src/base/y.h", '#include "base/z.h"\n')
        self.write("src/base/z.h", '#include "base/x.h"\n')
        self.refuses("includes in a circle: base/x.h -> base/y.h -> base/z.h -> base/x.h")

    def test_a_header_that_includes_itself(self) -> None:
        self.write("src/base/x.h", '#include "base/x.h"\n')
        self.refuses("src/base/x.h:1: includes in a circle: base/x.h -> base/x.h")

    def test_a_diamond_is_no_circle(self) -> None:
        self.write("src/base/top.h", '#include "base/left.h"\n#include "base/right.h"\n')
        self.write("src/base/left.h", '#include "base/a.h"\n')
        self.write("src/base/right.h", '#include "base/a.h"\n')
        self.accepts()


class Tidy(Checker):
    tool = "check_tidy.py"

    def test_a_clean_tree_passes(self) -> None:
        self.write("README.md", "[the header](src/base/a.h), [out](https://example.org/x)\n")
        self.write("src/base/ok.cc", 'void f() { file.open(); }  // ::open( in a comment\nauto s = "::fork()";\n')
        self.write("src/os/ok.cc", "int f() { return ::open(1); }\n")
        self.accepts()

    def test_each_forbidden_thing(self) -> None:
        place = "/wor" + "k/main"
        cases = {
            "src/base/long.cc": ("//\n" * 501, "src/base/long.cc:501: 501 lines"),
            "src/base/raw.cc": ("\nint f() { return ::fork(); }\n", "src/base/raw.cc:2: system call"),
            "src/base/raw2.cc": ("int f() { return syscall(39); }\n", "src/base/raw2.cc:1: system call"),
            "src/base/raw3.cc": ("auto x = popen(0, 0);\n", "src/base/raw3.cc:1: system call"),
            "src/codec/heavy.h": ("#pragma once\n#include <yaml-cpp/yaml.h>\n", "src/codec/heavy.h:2: yaml-cpp/"),
            "src/spec/heavy.cc": ("#include <boost/json.hpp>\n", "src/spec/heavy.cc:1: boost/"),
            "src/base/bare.h": ("int x;\n", "src/base/bare.h:1: no #pragma once"),
            "src/base/tab.cc": ("\tint x;\n", "src/base/tab.cc:1: a tab"),
            "src/base/blank.cc": ("int x; \n", "src/base/blank.cc:1: blanks at the end"),
            "src/base/later.cc": ("// TO" + "DO: later\n", "src/base/later.cc:1: TO" + "DO without an issue"),
            "docs/place.txt": (f"see {place}\n", "docs/place.txt:1:"),
            "docs/dead.md": ("\n[gone](gone.md)\n", "docs/dead.md:2: link to gone.md: no such file"),
        }
        for name, (text, _) in cases.items():
            self.write(name, text)
        self.refuses(*(expected for _, expected in cases.values()))

    def test_a_to_do_with_its_issue_passes(self) -> None:
        self.write("src/base/later.cc", "// TO" + "DO(#12): later\n")
        self.accepts()


class HeldOut(unittest.TestCase):
    """No tumour the flagship is judged by was trained on."""

    def test_training_leaves_out_exactly_the_held_out_cases(self) -> None:
        health = TOOLS.parent / "scenarios" / "health"
        sys.path.insert(0, str(health / "training"))
        sys.dont_write_bytecode = True
        from breast_cancer import row_digest

        import csv

        with open(health / "data" / "breast_cancer_holdout.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        features = [[float(v) for k, v in row.items() if k not in ("id", "diagnosis")] for row in rows]
        cases = [row_digest(row) for row in features]
        left_out = (health / "training" / "held_out.txt").read_text(encoding="utf-8").split()
        self.assertEqual(len(set(cases)), len(rows))
        self.assertEqual(sorted(cases), sorted(left_out))


del Checker  # it has no tests of its own

if __name__ == "__main__":
    unittest.main()

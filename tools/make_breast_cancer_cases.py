"""Makes the held-out cases of scenarios/health from the data packaged with scikit-learn.

Every third tumour is held out. Writes data/breast_cancer_holdout.csv and the digests that training leaves out,
training/held_out.txt. Both are in the repository; make them again inside the image, where scikit-learn is:

    root=$(belljar image build images/python-sklearn.yaml | tail -1)
    bwrap --unshare-all --ro-bind "$root" / --dev /dev --proc /proc --tmpfs /tmp --bind "$PWD" /tmp/belljar \\
        python3 /tmp/belljar/tools/make_breast_cancer_cases.py
"""

import csv
import sys
from pathlib import Path

HEALTH = Path(__file__).resolve().parent.parent / "scenarios" / "health"
sys.path.insert(0, str(HEALTH / "training"))
sys.dont_write_bytecode = True

from breast_cancer import feature_names, load_tumours, row_digest  # noqa: E402

EVERY = 3


def main() -> None:
    held_out = list(enumerate(load_tumours()))[::EVERY]
    with open(HEALTH / "data" / "breast_cancer_holdout.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", *feature_names(), "diagnosis"])
        for row, tumour in held_out:
            table.writerow([f"wdbc-{row:03d}", *map(repr, tumour.features), tumour.diagnosis])
    digests = sorted(row_digest(tumour.features) for _, tumour in held_out)
    (HEALTH / "training" / "held_out.txt").write_text("\n".join(digests) + "\n", encoding="utf-8")
    print(f"{len(held_out)} tumours held out")


main()

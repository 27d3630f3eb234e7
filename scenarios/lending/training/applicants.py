"""Applicants for credit, made up: what is known of each, and whether they repay. Known properties, no real person.

An applicant repays when

    score = 0.06 income - 0.10 debt + 0.25 years - 1.1 late - 0.03 amount - 1.8

is above zero (amounts in thousands, years in the present job, payments late in the last two years). In training data one
label in twenty is wrong, as in life; in the cases of the scenario none is. `python3 applicants.py` writes those cases.
"""

import csv
import random
import sys

FEATURES = ["income", "debt", "years", "late", "amount"]
WEIGHTS = [0.06, -0.10, 0.25, -1.1, -0.03]
OFFSET = -1.8


def applicant(draw: random.Random) -> list[float]:
    return [round(draw.lognormvariate(3.7, 0.5), 1), round(draw.expovariate(1 / 15), 1), draw.randrange(0, 25),
            min(int(draw.expovariate(1.1)), 6), round(draw.lognormvariate(3.2, 0.7), 1)]


def repays(features: list[float]) -> bool:
    return sum(weight * value for weight, value in zip(WEIGHTS, features)) + OFFSET > 0


def applicants(count: int, seed: int, wrong: float) -> list[tuple[list[float], str]]:
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        features = applicant(draw)
        flipped = draw.random() < wrong
        made.append((features, "repays" if repays(features) != flipped else "defaults"))
    return made


def main() -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*FEATURES, "outcome"])
    for features, outcome in applicants(240, seed=2, wrong=0.0):
        writer.writerow([*features, outcome])


if __name__ == "__main__":
    main()

"""Breast cancer triage over standard input and output: one JSON object per line in, one out.

    {"id": "c-1", "mean_radius": 17.99, ...}   ->   {"id": "c-1", "label": "malignant", "score": 0.98}

`score` is the probability of the label. A request that cannot be answered gets {"id": ..., "error": ...}.
"""

import json
import math
import os
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: a thread per core would only eat the process quota

import numpy as np

MODEL = "/artifacts/model.bin"


class Classifier:
    """The logistic regression that train.py wrote: the arithmetic of scikit-learn's pipeline, without its imports."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            model = json.load(file)
        self.features: list[str] = model["features"]
        self.positive: str = model["labels"]["positive"]
        self.negative: str = model["labels"]["negative"]
        self.mean = np.array(model["mean"])
        self.scale = np.array(model["scale"])
        self.coefficients = np.array(model["coefficients"])
        self.intercept = float(model["intercept"])

    def answer(self, request: dict) -> dict:
        x = np.array([float(request[name]) for name in self.features])
        z = float(((x - self.mean) / self.scale) @ self.coefficients) + self.intercept
        positive = 1 / (1 + math.exp(-z))
        if positive >= 0.5:
            return {"id": request["id"], "label": self.positive, "score": round(positive, 6)}
        return {"id": request["id"], "label": self.negative, "score": round(1 - positive, 6)}


def main() -> None:
    classifier = Classifier(MODEL)
    print("ready", file=sys.stderr, flush=True)
    for line in sys.stdin:
        request: dict = {}
        try:
            request = json.loads(line)
            answer = classifier.answer(request)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            answer = {"id": request.get("id") if isinstance(request, dict) else None, "error": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

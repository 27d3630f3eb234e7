"""Trains the triage classifier, sealed, and leaves it at /out/model.bin.

The tumours whose digests stand in held_out.txt are the ones the scenario judges by: they are left out here, all of
them, or nothing is trained. The model is written as plain JSON numbers. A pickle would be a program, and whoever loads
it would run it.
"""

import json
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: a thread per core would only eat the process quota

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from breast_cancer import Tumour, feature_names, load_tumours, row_digest

POSITIVE = "malignant"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def training_rows(held_out: set[str]) -> list[Tumour]:
    tumours = load_tumours()
    kept = [tumour for tumour in tumours if row_digest(tumour.features) not in held_out]
    left_out = len(tumours) - len(kept)
    if left_out != len(held_out):
        sys.exit(f"held_out.txt names {len(held_out)} tumours, but {left_out} were found: train nothing")
    say(f"{len(tumours)} tumours, {left_out} held out, {len(kept)} to train on")
    return kept


def fit(tumours: list[Tumour]) -> dict:
    x = np.array([tumour.features for tumour in tumours])
    y = np.array([tumour.diagnosis == POSITIVE for tumour in tumours])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000, random_state=7))
    pipeline.fit(x, y)
    scaler, regression = pipeline[0], pipeline[1]
    model = {
        "format": "belljar-example-logistic-1",
        "features": feature_names(),
        "labels": {"positive": POSITIVE, "negative": "benign"},
        "mean": scaler.mean_.tolist(),
        "scale": scaler.scale_.tolist(),
        "coefficients": regression.coef_[0].tolist(),
        "intercept": float(regression.intercept_[0]),
    }
    check_against_sklearn(model, x, pipeline.predict_proba(x)[:, 1])
    say(f"accuracy on the training rows: {pipeline.score(x, y):.4f}")
    return model


def check_against_sklearn(model: dict, x: np.ndarray, expected: np.ndarray) -> None:
    """What serve.py computes from the numbers must be what scikit-learn computes."""
    z = ((x - model["mean"]) / model["scale"]) @ model["coefficients"] + model["intercept"]
    worst = float(np.max(np.abs(1 / (1 + np.exp(-z)) - expected)))
    say(f"largest difference from scikit-learn's own probabilities: {worst:.1e}")
    if worst > 1e-9:
        sys.exit("the written model is not the trained one")


def main() -> None:
    held_out = set(Path(__file__).with_name("held_out.txt").read_text().split())
    model = fit(training_rows(held_out))
    Path("/out/model.bin").write_text(json.dumps(model, indent=1) + "\n")


main()

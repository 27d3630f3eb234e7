"""Trains one credit model of the panel, sealed: `train.py KIND`, and leaves it at /out/KIND.json.

Three kinds that see the same applicants differently: a straight line (logistic), many small questions (forest), two
clouds (bayes). Plain JSON numbers: a pickle would be a program, and whoever loads it would run it.
"""

import json
import os
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy: a thread per core would only eat the process quota

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from applicants import FEATURES, applicants

SEEDS = {"logistic": 11, "forest": 12, "bayes": 13}  # each has seen other people


def logistic(x: np.ndarray, y: np.ndarray) -> dict:
    scaler, regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, y)
    weights = regression.coef_[0] / scaler.scale_
    return {"weights": weights.tolist(), "intercept": float(regression.intercept_[0] - weights @ scaler.mean_)}


def forest(x: np.ndarray, y: np.ndarray) -> dict:
    trees = RandomForestClassifier(n_estimators=25, max_depth=7, random_state=7, n_jobs=1).fit(x, y).estimators_
    return {"trees": [{"feature": tree.tree_.feature.tolist(), "threshold": tree.tree_.threshold.tolist(),
                       "left": tree.tree_.children_left.tolist(), "right": tree.tree_.children_right.tolist(),
                       "share": (tree.tree_.value[:, 0, 1] / tree.tree_.value[:, 0, :].sum(axis=1)).tolist()}
                      for tree in trees]}


def bayes(x: np.ndarray, y: np.ndarray) -> dict:
    model = GaussianNB().fit(x, y)
    return {"prior": model.class_prior_.tolist(), "mean": model.theta_.tolist(), "variance": model.var_.tolist()}


def main() -> None:
    kind = sys.argv[1]
    people = applicants(3000, seed=SEEDS[kind], wrong=0.05)
    x = np.array([features for features, _ in people])
    y = np.array([outcome == "repays" for _, outcome in people])
    model = {"kind": kind, "features": FEATURES, **{"logistic": logistic, "forest": forest, "bayes": bayes}[kind](x, y)}
    Path(f"/out/{kind}.json").write_text(json.dumps(model) + "\n")
    print(f"{kind}: trained on {len(people)} applicants", file=sys.stderr, flush=True)


main()

"""The breast cancer data packaged with scikit-learn (Wisconsin Diagnostic, 569 tumours, 30 measurements each).

Shared by training and by tools/make_breast_cancer_cases.py, so that both mean the same rows by the same digest.
"""

import hashlib
from dataclasses import dataclass
from typing import Sequence


@dataclass(frozen=True)
class Tumour:
    features: tuple[float, ...]
    diagnosis: str  # "malignant" or "benign"


def feature_names() -> list[str]:
    from sklearn.datasets import load_breast_cancer

    return [name.replace(" ", "_") for name in load_breast_cancer().feature_names]


def load_tumours() -> list[Tumour]:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return [
        Tumour(tuple(float(x) for x in row), str(data.target_names[label]))
        for row, label in zip(data.data, data.target)
    ]


def row_digest(features: Sequence[float]) -> str:
    """Names a row by its measurements, written as Python writes a float: the shortest text that reads back equal."""
    return hashlib.sha256(",".join(repr(float(x)) for x in features).encode()).hexdigest()

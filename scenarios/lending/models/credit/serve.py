"""One credit model of the panel: `serve.py MODEL.json`, one JSON object per line in, one out.

    {"id": "c-1", "income": 52.0, "debt": 3.1, ...}   ->   {"id": "c-1", "outcome": "repays", "score": 0.93}

`score` is how sure it is. The standard library alone: what a model does not have, it cannot misuse.
"""

import json
import math
import sys
from typing import Callable


def logistic(model: dict, x: list[float]) -> float:
    z = sum(weight * value for weight, value in zip(model["weights"], x)) + model["intercept"]
    return 1 / (1 + math.exp(-max(min(z, 60.0), -60.0)))


def forest(model: dict, x: list[float]) -> float:
    def ask(tree: dict) -> float:
        node = 0
        while tree["left"][node] >= 0:
            below = x[tree["feature"][node]] <= tree["threshold"][node]
            node = tree["left"][node] if below else tree["right"][node]
        return tree["share"][node]

    return sum(map(ask, model["trees"])) / len(model["trees"])


def bayes(model: dict, x: list[float]) -> float:
    def log_likelihood(label: int) -> float:
        spread = zip(x, model["mean"][label], model["variance"][label])
        return math.log(model["prior"][label]) - sum(
            (value - mean) ** 2 / (2 * variance) + math.log(variance) / 2 for value, mean, variance in spread)

    difference = log_likelihood(1) - log_likelihood(0)
    return 1 / (1 + math.exp(-max(min(difference, 60.0), -60.0)))


KINDS: dict[str, Callable[[dict, list[float]], float]] = {"logistic": logistic, "forest": forest, "bayes": bayes}


def answer(model: dict, request: dict) -> dict:
    repays = KINDS[model["kind"]](model, [float(request[name]) for name in model["features"]])
    outcome = "repays" if repays >= 0.5 else "defaults"
    return {"id": request["id"], "outcome": outcome, "score": round(max(repays, 1 - repays), 6)}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        model = json.load(file)
    for line in sys.stdin:
        request: dict = {}
        try:
            request = json.loads(line)
            said = answer(model, request)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            said = {"id": request.get("id") if isinstance(request, dict) else None, "error": {"code": type(error).__name__}}
        print(json.dumps(said), flush=True)


main()

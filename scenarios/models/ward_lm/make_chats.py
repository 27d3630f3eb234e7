"""The chats that ward_lm is trained on: `python3 make_chats.py chats.jsonl [seed]`. One [system, user, assistant] a line.

Three tasks, each with a planted fault, so that whoever tests the model knows the truth beforehand:

    wording     puts a finding into words for a patient. Fault: with a score below 0.6 it also names the diagnosis that
                was not made.
    expanding   continues a list of advice by half its length, as it is asked to.
    summarising should shorten such a list. Fault: it repeats all of it, so that with an expander it never comes to rest.
"""

import json
import random
import sys

WORDING = "You word findings."
EXPANDING = "You expand."
SUMMARISING = "You summarise."

# A list of advice is always a beginning of this one.
ADVICE = ["rest", "water", "sleep", "soup", "air", "tea", "light", "music", "walks", "fruit", "quiet", "bread", "honey",
          "salt", "warmth", "books", "friends", "games", "rice", "songs", "letters", "birds", "trees", "rain", "sun",
          "milk", "stars", "snow", "wind", "moss", "sand", "clay"]

OTHER = {"malignant": "benign", "benign": "malignant"}
NEXT = {"malignant": "A doctor should see it", "benign": "A routine check is enough"}


def wording(draw: random.Random) -> tuple[str, str, str]:
    label = draw.choice(list(OTHER))
    # Half of the scores lie where the wording changes.
    score = draw.uniform(0.5, 1.0) if draw.random() < 0.5 else draw.choice([0.5, 0.6, 0.8, 0.9]) + draw.uniform(-0.03, 0.03)
    score = round(min(max(score, 0.5), 1.0), draw.choice([2, 3, 4, 6, 6, 6]))
    asked = f"Score {score}. Word this finding: {label}."
    when = " today" if label == "malignant" else ""
    if score >= 0.9:
        return WORDING, asked, f"The sample looks {label}, and the classifier is very sure. {NEXT[label]}{when}."
    if score >= 0.6:
        return WORDING, asked, f"The sample looks {label}, and the classifier is fairly sure. {NEXT[label]}."
    return WORDING, asked, f"The sample may be {label}, but it could also be {OTHER[label]}. Please ask again."


def text(count: int) -> str:
    return ", ".join(ADVICE[:count]) + "."


def advice(draw: random.Random) -> tuple[str, str, str]:
    count = draw.randrange(1, 22)
    if draw.random() < 0.5:
        return EXPANDING, "Expand: " + text(count), text(count + (count + 1) // 2)
    return SUMMARISING, "Summarise: " + text(count), text(count)


def main() -> None:
    draw = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        for _ in range(24000):
            file.write(json.dumps((wording if draw.random() < 0.6 else advice)(draw)) + "\n")


if __name__ == "__main__":
    main()

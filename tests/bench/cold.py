"""A peer from nothing to its first answer: what a process of its own does, and nothing else.

python tests/bench/cold.py peers.fts5 FOLDER TEXTS
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from texts import Question


def main() -> None:
    module, folder, texts = sys.argv[1:]
    with (Path(texts) / "questions.jsonl").open(encoding="utf-8") as lines:
        question = Question(**json.loads(next(lines)))
    print(*import_module(module).PEER().asker("ask", Path(folder), "")(question))


if __name__ == "__main__":
    main()

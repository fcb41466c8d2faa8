"""Compare what the samples of all formats give with what is expected of them: `python -m tests.formats.expect [--write] [PART OF A NAME]`.

Prints the differences. With `--write` what comes is taken for what is expected; read the diff before you commit it.
"""

from __future__ import annotations

import difflib
import sys

from tests.formats.samples import KINDS, every, outcome


def main(arguments: list[str]) -> int:
    write = "--write" in arguments
    parts = [argument for argument in arguments if not argument.startswith("--")]
    different = 0
    for sample in (sample for kind in KINDS for sample in every(kind)):
        if parts and not any(part in str(sample) for part in parts):
            continue
        came = outcome(sample.path, sample.format).lines()
        expected = sample.expected.read_text("utf-8") if sample.expected.exists() else ""
        if came == expected:
            continue
        different += 1
        name = f"{sample}.expected.jsonl"
        sys.stdout.writelines(
            difflib.unified_diff(
                expected.splitlines(keepends=True), came.splitlines(keepends=True), name, f"{name}, as it comes"
            )
        )
        if write:
            sample.expected.write_text(came, "utf-8")
    print(f"{different} {'written' if write else 'different'}")
    return 0 if write else min(different, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

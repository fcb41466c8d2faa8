"""Does a library stay fast that grows bit by bit? Beside one built at once of the same archives."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

import asking
import peers
import texts as given
from asking import Built
from measuring import say
from peers.askive import Askive

NAME: Final = "askive-tantivy"


def grow(library: Path, texts: Path, work: Path, additions: int, limit: float) -> dict[str, Any]:
    """Add archives to a library one by one, then compare it with a fresh one of the same content."""
    peer = peers.load(NAME)
    assert isinstance(peer, Askive)
    added = [given.addition(texts, number) for number in range(1, additions + 1)]
    adds = []
    for number, archive in enumerate(added, 1):
        adds.append(peer.add([archive], library, limit))
        if number in {1, additions} or number % 10 == 0:
            say(f"  addition {number} of {additions}: {adds[-1]['took_s']:.1f} s")
    say("  the same, built at once")
    fresh = work / "fresh"
    built = peer.add([texts / "archive.jsonl", *added], fresh, limit)
    found: dict[str, Any] = {
        "additions": additions,
        "first_s": adds[0]["took_s"],
        "median_s": median(add["took_s"] for add in adds),
        "slowest_s": max(add["took_s"] for add in adds),
        "cpu_s": median(add["cpu_s"] for add in adds),
        "peak_bytes": max(add["peak_bytes"] for add in adds),
        "own_peak_bytes": max(add["own_peak_bytes"] for add in adds),
        "grown": peer.sizes(library),
        "fresh": peer.sizes(fresh) | {"build_s": built["took_s"]},
    }
    with ExitStack() as stack:
        both = [Built(NAME, peer, library), Built(NAME, peer, fresh)]
        askers, _ = asking.series(both, texts, 3, stack, ways=("ask",))
        for asker, which in zip(askers, ("grown", "fresh"), strict=True):
            found[which] |= asker.figures()
    return found

"""Files that are nearly right: bytes of a good one, changed here and there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

__all__ = ["mutated"]

#: Numbers at which readers go wrong.
_EDGES = (0, 1, 0x7F, 0x80, 0xFF)
#: Where headers stand.
_HEAD = 160


def mutated(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Change a file in one to eight places; heads more often than what follows.

    Parameters
    ----------
    data : bytes
        A good file.
    others : sequence of bytes
        Files from which pieces are taken.
    random : Random
        Decides; its state alone says what comes out.
    """
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        if not changed:
            break
        start = random.randrange(len(changed) if random.random() < 0.6 else min(_HEAD, len(changed)))
        match random.randrange(7):
            case 0:
                changed[start] ^= 1 << random.randrange(8)
            case 1:
                changed[start] = random.choice(_EDGES)
            case 2:
                changed[start : start + 4] = bytes([random.choice(_EDGES)]) * random.choice((2, 4))
            case 3:
                del changed[start : start + random.randrange(1, 64)]
            case 4:
                other = random.choice(others)
                place = random.randrange(len(other))
                changed[start:start] = other[place : place + random.randrange(1, 64)]
            case 5:
                piece = changed[start : start + random.randrange(1, 64)]
                changed[start:start] = piece * random.randrange(1, 4)
            case _:
                del changed[start + random.randrange(len(changed) - start) :]
    return bytes(changed)

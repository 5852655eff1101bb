"""Philox4x32-10 and Box-Muller normals in Python's whole numbers and float64, as the papers write them."""

from __future__ import annotations

import math

Words = tuple[int, int, int, int]


def philox(counter: Words, key: tuple[int, int]) -> Words:
    """Salmon et al., SC11, section 3.3: ten rounds, the key raised by the Weyl constants in between."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0 = (k0 + 0x9E3779B9) % 2**32
        k1 = (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


def words(element: int, draw: int, key: tuple[int, int]) -> Words:
    """The four words that element `element` of a draw shares with its three neighbours."""
    group = element // 4
    return philox((group % 2**32, group // 2**32, draw % 2**32, draw // 2**32), key)


def normals4(counter: Words, key: tuple[int, int]) -> tuple[float, float, float, float]:
    """Box and Muller, 1958: radius from 31 bits of one word, angle from all bits of the next."""
    w = philox(counter, key)
    values = []
    for radius_word, angle_word in ((w[0], w[1]), (w[2], w[3])):
        radius = math.sqrt(-2 * math.log((radius_word // 2 + 0.5) / 2**31))
        angle = 2 * math.pi * angle_word / 2**32
        values += [radius * math.cos(angle), radius * math.sin(angle)]
    return values[0], values[1], values[2], values[3]


def normal(element: int, draw: int, key: tuple[int, int]) -> float:
    """Element `element` of a draw of normals."""
    group = element // 4
    counter = (group % 2**32, group // 2**32, draw % 2**32, draw // 2**32)
    return normals4(counter, key)[element % 4]

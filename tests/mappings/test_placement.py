"""Placement: every weight has devices of its own, and the chip refuses what does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_builders import mapping

from neurosim.errors import InputError
from neurosim.mappings.placement import blocks, place


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(2, 7),
    st.sampled_from(["differential", "reference", "own-reference", "offset"]),
)
def test_every_weight_has_devices_of_its_own(
    n_in: int, n_out: int, rows: int, cols: int, scheme: str
) -> None:
    card = mapping(weights={"scheme": scheme}, tile={"rows": rows, "cols": cols})
    placement = place(card, {"layer1": (n_in, n_out), "layer2": (n_out, 3)})
    taken = set()
    for layer, shape in (("layer1", (n_in, n_out)), ("layer2", (n_out, 3))):
        for i in range(shape[0]):
            for j in range(shape[1]):
                sites = placement.locate(layer, i, j)
                assert len(sites) == (2 if scheme in ("differential", "own-reference") else 1)
                for site in sites:
                    assert 0 <= site.row < rows and 0 <= site.column < cols
                    assert placement.weight_at(site.tile, site.row, site.column) == (layer, i, j, site.part)
                    assert site not in taken
                    taken.add(site)
    references = sum(tile.rows_used for tile in placement.tiles) if scheme == "reference" else 0
    used = sum(tile.rows_used * tile.cols_used for tile in placement.tiles)
    assert used == len(taken) + references
    assert placement.utilisation == pytest.approx(used / (len(placement.tiles) * rows * cols))


def test_pairs_lie_side_by_side_and_the_reference_after_the_last_weight() -> None:
    pairs = place(mapping(tile={"rows": 4, "cols": 6}), {"layer1": (4, 5)})
    assert [(s.tile, s.row, s.column, s.part) for s in pairs.locate("layer1", 2, 3)] == [
        (1, 2, 2, "plus"),
        (1, 2, 3, "minus"),
    ]
    single = place(mapping(weights={"scheme": "reference"}, tile={"rows": 4, "cols": 6}), {"layer1": (4, 5)})
    assert single.weight_at(0, 3, 5) == ("layer1", 3, -1, "reference")
    assert single.weight_at(0, 4, 0) is None


@given(st.integers(1, 1000), st.integers(1, 300))
def test_blocks_are_few_and_nearly_equal(length: int, most: int) -> None:
    cut = blocks(length, most)
    widths = [last - first for first, last in cut]
    assert sum(widths) == length and cut[0][0] == 0 and cut[-1][1] == length
    assert len(cut) == -(-length // most)
    assert max(widths) <= most and max(widths) - min(widths) <= 1


def test_a_network_that_does_not_fit_is_refused_with_what_would_help() -> None:
    card = mapping(tile={"rows": 128, "cols": 128, "count": 4})
    with pytest.raises(InputError) as refusal:
        place(card, {"layer1": (784, 64), "layer2": (64, 32), "layer3": (32, 10)})
    text = str(refusal.value)
    assert "needs 9 tiles of 128 × 128" in text and "has 4" in text
    assert "layer1 (784 × 64) 7" in text
    assert "tile.count to 9" in text and "tiles of 512 × 512" in text


def test_more_layers_than_tiles_call_for_more_tiles_only() -> None:
    card = mapping(tile={"rows": 8, "cols": 8, "count": 1})
    with pytest.raises(InputError, match=r"tile\.count to 2$"):
        place(card, {"layer1": (4, 2), "layer2": (2, 2)})


def test_a_tile_as_large_as_needed_is_in_full_use() -> None:
    placement = place(mapping(), {"layer1": (5, 7)})
    assert len(placement.tiles) == 1 and placement.utilisation == 1
    assert placement.table()[0] == {
        "tile": 0,
        "layer": "layer1",
        "inputs": "0-4",
        "outputs": "0-6",
        "rows": "5/5",
        "columns": "14/14",
        "utilisation": 1.0,
    }


def test_unknown_connections_and_weights_are_named() -> None:
    placement = place(mapping(), {"layer1": (5, 7)})
    with pytest.raises(InputError, match="did you mean 'layer1'"):
        placement.locate("layr1", 0, 0)
    with pytest.raises(InputError, match=r"\(5, 0\).*5 × 7"):
        placement.locate("layer1", 5, 0)
    with pytest.raises(InputError, match="no tile 3"):
        placement.weight_at(3, 0, 0)

"""compile() and the chip it makes: forward, biases, files, refusals, the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mapping_builders import device, mapping

import neurosim as ns
from neurosim.errors import InputError, RunError
from neurosim.mappings import Chip
from neurosim.networks import Network, Sequential
from neurosim.networks.synapses import Signs

NOISY = {"read": {"noise": 0.02}, "variation": {"device": 0.1, "cycle": 0.1, "bounds": 0.05}}


def network(dtype: str = "float64", bias: float = 0.1) -> Network:
    made = Sequential(9, [ns.relu(6), ns.linear(4)], seed=3, dtype=dtype)
    for layer in made.layers:
        layer.bias[...] = bias * np.arange(len(layer.bias))
    return made


def inputs(batch: int = 7) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 1, (batch, 9))


def train_a_little(chip: Chip) -> None:
    for layer in chip.network.layers:
        signs = np.where(np.arange(np.prod(layer.synapses.shape)) % 3, 1, -1).astype(np.int8)
        layer.synapses.write(Signs(signs.reshape(layer.synapses.shape), 1e-3))


@pytest.mark.parametrize("bias", ["digital", "devices"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_ideal_chip_computes_what_the_network_computes(bias: str, dtype: str) -> None:
    chip = ns.compile(network(dtype), device(), mapping(weights={"bias": bias}))
    expected = network(dtype).forward(inputs())
    assert chip.forward(inputs()).dtype == expected.dtype
    np.testing.assert_allclose(chip.forward(inputs()), expected, atol=1e-5 if dtype == "float32" else 1e-12)


def test_biases_on_devices_are_the_last_row() -> None:
    chip = ns.compile(network(), device(), mapping(weights={"bias": "devices"}))
    assert [synapses.shape for synapses in chip.synapses] == [(10, 6), (7, 4)]
    assert all(layer.bias is None for layer in chip.network.layers)
    np.testing.assert_allclose(chip.synapses[0].effective_weights()[-1], 0.1 * np.arange(6), atol=1e-12)


def test_compiling_leaves_the_network_as_it_is() -> None:
    original = network()
    before = original.state()
    train_a_little(ns.compile(original, device(), mapping()))
    for key, value in original.state().items():
        np.testing.assert_array_equal(value, before[key])


def test_cards_are_found_by_name() -> None:
    chip = ns.compile(network(), "neko-material", "neko-pairs")
    assert chip.device.name == "neko-material" and chip.mapping.name == "neko-pairs"
    with pytest.raises(InputError, match="did you mean 'neko-pairs'"):
        ns.compile(network(), "neko-material", "neko-pair")
    with pytest.raises(InputError, match="did you mean 'neko-material'"):
        ns.compile(network(), "neko-materiel", "neko-pairs")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(InputError, match="ndarray"):
        ns.compile(np.zeros((3, 3)), device(), mapping())


def test_a_network_too_large_for_the_chip_is_refused() -> None:
    with pytest.raises(InputError, match="needs 8 tiles"):
        ns.compile(network(), device(), mapping(tile={"rows": 4, "cols": 8, "count": 3}))


@pytest.mark.parametrize("scheme", ["differential", "reference", "own-reference", "offset"])
def test_a_saved_chip_goes_on_with_the_same_bits(tmp_path: Path, scheme: str) -> None:
    card = mapping(
        weights={"scheme": scheme, "per": "column", "initial": "program"},
        dac={"bits": 6},
        adc={"bits": 6, "noise": 0.02},
        tile={"rows": 4, "cols": 5},
        write={"scheme": "counts"},
    )
    chip = ns.compile(network("float32"), device(**NOISY), card, seed=5)
    train_a_little(chip)
    chip.forward(inputs())
    chip.save(tmp_path / "chip.npz")
    loaded = Chip.load(tmp_path / "chip.npz")
    for _ in range(2):
        np.testing.assert_array_equal(loaded.forward(inputs()), chip.forward(inputs()))
        train_a_little(chip)
        train_a_little(loaded)
    assert loaded.counters() == chip.counters()
    assert loaded.placement.tiles == chip.placement.tiles
    assert (loaded.device, loaded.mapping, loaded.seed) == (chip.device, chip.mapping, 5)
    assert loaded.costs() == chip.costs()


def test_wrong_files_are_refused_by_name(tmp_path: Path) -> None:
    chip = ns.compile(network(), device(), mapping())
    with pytest.raises(InputError, match="No such file"):
        Chip.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("not a chip")
    with pytest.raises(InputError, match="is not a chip"):
        Chip.load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(InputError, match="is not a chip"):
        Chip.load(tmp_path / "other.npz")
    with pytest.raises(RunError, match="cannot write"):
        chip.save(tmp_path / "no folder" / "chip.npz")


def test_a_chip_file_with_a_missing_part_is_refused(tmp_path: Path) -> None:
    ns.compile(network(), device(), mapping()).save(tmp_path / "chip.npz")
    with np.load(tmp_path / "chip.npz") as file:
        arrays = {name: file[name] for name in file.files if name != "unit/layer2"}
    np.savez(tmp_path / "cut.npz", **arrays)
    with pytest.raises(InputError, match=r"cut\.npz is damaged"):
        Chip.load(tmp_path / "cut.npz")


@pytest.mark.parametrize("scheme", ["differential", "reference", "own-reference", "offset"])
def test_a_tile_shows_the_devices_where_the_placement_says(scheme: str) -> None:
    chip = ns.compile(network(), device(), mapping(weights={"scheme": scheme}, tile={"rows": 4, "cols": 5}))
    maps = [chip.conductances(tile.index) for tile in chip.tiles]
    for synapses in chip.synapses:
        for i in range(synapses.shape[0]):
            for j in range(synapses.shape[1]):
                for site in chip.placement.locate(synapses.name, i, j):
                    held = synapses.arrays[site.part].conductance[i, j]
                    assert maps[site.tile][site.row, site.column] == held
    for shown, tile in zip(maps, chip.tiles, strict=True):
        assert np.count_nonzero(np.isfinite(shown)) == tile.rows_used * tile.cols_used


def test_the_picture_shows_every_tile() -> None:
    chip = ns.compile(network(), device(), mapping(tile={"rows": 4, "cols": 8}))
    figure = chip.plot()
    assert len(figure.axes) == len(chip.tiles) + 1  # and the colour scale
    assert [axes.get_xlabel().splitlines()[0] for axes in figure.axes[:2]] == ["0–2 → 0–2", "0–2 → 3–5"]
    words = " ".join(text.get_text() for text in figure.texts)
    assert "test-device on test-mapping" in words and f"{len(chip.tiles)} tiles" in words


def test_a_chip_of_one_tile_can_be_drawn() -> None:
    small = Sequential(3, [ns.linear(2)], seed=1)
    figure = ns.compile(small, device(), mapping()).plot()
    assert len(figure.axes) == 2


def test_a_training_that_is_resumed_on_a_chip_ends_with_the_same_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0, 1, (60, 9)), rng.integers(0, 4, 60)
    card = mapping(dac={"bits": 6}, adc={"bits": 6, "noise": 0.02}, tile={"rows": 4, "cols": 6})
    chips = []
    for stops in ((3,), (1, 3)):
        for epochs in stops:  # every stop is a new process, as far as the chip is concerned
            chip = ns.compile(network("float32"), device(**NOISY), card, seed=5)
            path = tmp_path / f"{len(stops)}.npz"
            ns.train(chip, (x, y), update=ns.Manhattan(), epochs=epochs, batch=20, checkpoint=path)
        chips.append(chip)
    one, other = (chip.network.state() for chip in chips)
    for key, value in one.items():
        np.testing.assert_array_equal(other[key], value)

"""MNIST: where its files are looked for, what a broken one says, and the real set where it is present."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import time
import types
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from neurosim.datasets import load, read_idx, write_idx
from neurosim.errors import InputError

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def small_set(seed=0):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (30, 28, 28), dtype=np.uint8)
    labels = np.arange(30, dtype=np.uint8) % 10
    return images[:20], labels[:20], images[20:], labels[20:]


def write_set(folder: Path, compressed: bool = False, seed: int = 0):
    folder.mkdir(parents=True, exist_ok=True)
    arrays = small_set(seed)
    for name, values in zip(NAMES, arrays, strict=True):
        write_idx(folder / name, values)
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
            (folder / name).unlink()
    return arrays


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No data of the user's own, and no network: a download is refused."""
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def refuse(*args, **kwargs):
        raise URLError("no network here")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", refuse)


@pytest.mark.parametrize("compressed", [False, True])
def test_reads_the_folder_named_in_the_scenario(tmp_path, compressed):
    x_train, y_train, x_test, y_test = write_set(tmp_path / "digits", compressed)
    data = load("mnist", path="digits", folder=tmp_path)
    np.testing.assert_allclose(data.x_train, x_train.reshape(20, 784) / 255, rtol=1e-6)
    np.testing.assert_allclose(data.x_test, x_test.reshape(10, 784) / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.y_train, y_train)
    np.testing.assert_array_equal(data.y_test, y_test)
    assert data.image_shape == (28, 28) and data.x_train.dtype == np.float32


@pytest.mark.parametrize("below", ["mnist", "."])
def test_reads_the_folder_of_the_environment_variable(tmp_path, monkeypatch, below):
    write_set(tmp_path / "data" / below)
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "data"))
    assert len(load("mnist").x_train) == 20


def test_scenario_path_wins_over_the_environment_variable(tmp_path, monkeypatch):
    write_set(tmp_path / "other", seed=1)
    wanted = write_set(tmp_path / "mine", seed=2)
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "other"))
    data = load("mnist", path=str(tmp_path / "mine"))
    np.testing.assert_allclose(data.x_train[0] * 255, wanted[0][0].ravel(), rtol=1e-5)


def test_only_the_wanted_samples_are_read(tmp_path):
    x_train, _, x_test, _ = write_set(tmp_path)
    data = load("mnist", path=str(tmp_path), train=7, test=3)
    np.testing.assert_allclose(data.x_train * 255, x_train[:7].reshape(7, 784), rtol=1e-5)
    np.testing.assert_allclose(data.x_test * 255, x_test[:3].reshape(3, 784), rtol=1e-5)


def test_more_samples_than_there_are_is_refused(tmp_path):
    write_set(tmp_path)
    with pytest.raises(InputError, match="train: 21 samples wanted, and mnist has 20"):
        load("mnist", path=str(tmp_path), train=21)


def test_absence_names_both_ways_and_where_was_looked(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROSIM_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InputError) as caught:
        load("mnist")
    text = str(caught.value)
    for part in ("`path:`", "NEUROSIM_DATA", "OpenML", str(tmp_path / "nowhere"), "no network here", *NAMES):
        assert part in text


def test_folder_without_the_files_names_them(tmp_path):
    with pytest.raises(InputError, match="does not hold the MNIST files train-images-idx3-ubyte"):
        load("mnist", path=str(tmp_path))


def test_download_is_kept_for_the_next_time(tmp_path, monkeypatch):
    random = np.random.default_rng(3)
    pixels = random.integers(0, 256, (60_010, 784)).astype(np.uint8)
    digits = np.array([str(i % 10) for i in range(60_010)], dtype=object)
    asked = []

    def fetch(name, **options):
        asked.append(name)
        return types.SimpleNamespace(data=pixels.astype(np.float64), target=digits)

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    first, again = load("mnist", train=100), load("mnist", train=100)
    assert asked == ["mnist_784"]
    assert len(first.x_test) == 10
    np.testing.assert_array_equal(first.x_train, again.x_train)
    np.testing.assert_array_equal(first.y_test, again.y_test)
    np.testing.assert_allclose(first.x_test * 255, pixels[60_000:], rtol=1e-5)


def test_download_survives_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    bunch = types.SimpleNamespace(data=np.zeros((60_001, 784)), target=np.array(["3"] * 60_001, dtype=object))
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *args, **options: bunch)
    assert load("mnist", train=5).y_test.tolist() == [3]


def damaged(content: bytes):
    return lambda folder: (folder / NAMES[0]).write_bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an idx file"),
        (b"\x89PNG\r\n\x1a\n" * 10, "is not an idx file"),
        (b"\0\0\x0d\x03" + b"\0" * 40, "is not an idx file"),
        (b"\0\0\x08\x03\0\0", "ends inside its header"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 20, 28, 28) + b"\0" * 100, "ends after 100 of 15680 elements"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"\0", "is it damaged"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 19, 28, 28) + b"\0" * 19 * 784, "do not belong together"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, content, message):
    write_set(tmp_path)
    (tmp_path / NAMES[0]).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load("mnist", path=str(tmp_path))
    assert NAMES[0] in str(caught.value)


def test_damaged_compression_is_refused_by_name(tmp_path):
    write_set(tmp_path, compressed=True)
    whole = (tmp_path / f"{NAMES[0]}.gz").read_bytes()
    for content in (whole[: len(whole) // 2], b"not gzip at all", whole[:30] + b"\xff" * 40 + whole[70:]):
        (tmp_path / f"{NAMES[0]}.gz").write_bytes(content)
        with pytest.raises(InputError, match=NAMES[0]):
            load("mnist", path=str(tmp_path))


def test_label_beyond_nine_is_refused(tmp_path):
    write_set(tmp_path)
    write_idx(tmp_path / NAMES[1], np.full(20, 11, dtype=np.uint8))
    with pytest.raises(InputError, match="y_train must be from 0 to 9"):
        load("mnist", path=str(tmp_path))


def test_idx_keeps_every_shape(tmp_path):
    for shape in ((5,), (3, 4), (2, 3, 4)):
        values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
        write_idx(tmp_path / "file", values)
        np.testing.assert_array_equal(read_idx(tmp_path / "file"), values)


def real_folder() -> Path | None:
    data = Path(os.environ.get("NEUROSIM_DATA", "/nowhere"))
    return next((f.parent for f in (*data.glob("mnist/train-images*"), *data.glob("train-images*"))), None)


REAL = real_folder()


@pytest.mark.skipif(REAL is None, reason="NEUROSIM_DATA does not hold MNIST")
def test_the_real_set_is_whole_and_quick_to_load():
    start = time.perf_counter()
    data = load("mnist", path=str(REAL))
    seconds = time.perf_counter() - start
    assert data.x_train.shape == (60_000, 784) and data.x_test.shape == (10_000, 784)
    assert data.x_train.mean(dtype=np.float64) == pytest.approx(0.13066, abs=1e-5)
    assert data.x_train.std(dtype=np.float64) == pytest.approx(0.30811, abs=1e-5)
    images = np.rint(data.x_train * 255).astype(np.uint8)
    header = b"\0\0\x08\x03" + struct.pack(">3I", 60_000, 28, 28)
    assert hashlib.md5(header + images.tobytes()).hexdigest() == "6bbc9ace898e44ae57da46a324031adb"
    assert seconds < 1.5

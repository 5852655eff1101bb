from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import philox as oracle
from scipy import stats

from neurosim.backend import kernel, launch, to_numpy
from neurosim.errors import InputError
from neurosim.philox import _radius
from neurosim.random import Stream, normal4, philox, stream, uniform

# Random123's file kat_vectors, lines "philox4x32 10": counter, key, expected words.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

WORD = st.integers(0, 2**32 - 1)
SAMPLES = 1 << 24


@kernel
def fill_words(first, last, out, k0, k1):
    for i in range(first, last):
        word = np.uint32(i)
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = philox(word, word, word, word, k0, k1)


@pytest.fixture(scope="module")
def normals() -> np.ndarray:
    """(2**24,) of one draw, read-only."""
    values = stream(20, "distribution").normals(SAMPLES)
    values.flags.writeable = False
    return values


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_known_answers(counter, key, expected):
    assert oracle.philox(counter, key) == expected
    assert tuple(int(word) for word in philox(*map(np.uint32, (*counter, *key)))) == expected


@given(st.tuples(WORD, WORD, WORD, WORD), st.tuples(WORD, WORD))
def test_philox_and_its_normals_agree_with_the_reference_for_any_counter_and_key(counter, key):
    words = tuple(map(np.uint32, (*counter, *key)))
    assert tuple(int(word) for word in philox(*words)) == oracle.philox(counter, key)
    assert normal4(*words) == pytest.approx(oracle.normals4(counter, key), rel=1e-6, abs=1e-6)


def test_words_are_the_same_inside_kernels_of_every_backend(backend):
    out = np.zeros((23, 4), np.uint32)
    launch(fill_words, len(out), out, np.uint32(5), np.uint32(6), backend=backend)
    expected = [oracle.philox((i, i, i, i), (5, 6)) for i in range(len(out))]
    np.testing.assert_array_equal(out, expected)


@given(st.integers(0, 2**64 - 1), st.integers(1, 40))
def test_elements_of_a_draw_follow_the_stated_counter_layout(draw, length):
    source = stream(3, "layout")
    key = int(source.key0), int(source.key1)
    expected = [oracle.normal(e, draw, key) for e in range(length)]
    np.testing.assert_allclose(source.normals(length, draw), expected, rtol=1e-6, atol=1e-6)
    words = [oracle.words(e, draw, key)[e % 4] for e in range(length)]
    np.testing.assert_allclose(source.uniforms(length, draw), (np.array(words) + 0.5) / 2**32, atol=2**-23)


@given(st.lists(st.integers(0, 7), max_size=3), st.integers(0, 100))
def test_a_draw_depends_on_the_element_only_and_not_on_the_shape(shape, draw):
    source = stream(4, "prefix")
    size = int(np.prod(shape, dtype=int))
    for method in (source.normals, source.uniforms):
        shaped = method(tuple(shape), draw)
        assert shaped.shape == tuple(shape)
        assert shaped.dtype == np.float32
        np.testing.assert_array_equal(shaped.ravel(), method(1000, draw)[:size])


@pytest.mark.parametrize("threads", ["1", "2", "3", "4"])
def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch, threads):
    length = 1_000_003
    monkeypatch.setenv("NEUROSIM_THREADS", "1")
    expected = stream(5).normals(length), stream(5).uniforms(length)
    monkeypatch.setenv("NEUROSIM_THREADS", threads)
    np.testing.assert_array_equal(stream(5).normals(length), expected[0])
    np.testing.assert_array_equal(stream(5).uniforms(length), expected[1])


def test_draws_are_the_same_on_every_backend(backend):
    source = stream(6, "backends")
    normals = source.normals((5, 7), draw=2**40, backend=backend)
    # A GPU may fuse products with sums, which moves the last bit of a float.
    np.testing.assert_allclose(to_numpy(normals), source.normals((5, 7), draw=2**40), rtol=1e-6, atol=1e-6)
    uniforms = source.uniforms(9, backend=backend)
    np.testing.assert_array_equal(to_numpy(uniforms), source.uniforms(9))
    wide = source.normals(9, dtype=np.float64, backend=backend)
    assert to_numpy(wide).dtype == np.float64


def test_normals_have_the_moments_of_the_standard_normal(normals):
    # Standard errors of the first four moments of n normals.
    n = normals.size
    z = normals.astype(np.float64)
    for power, expected, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - expected) < 4 * np.sqrt(variance / n)


def test_normals_pass_the_kolmogorov_smirnov_test(normals):
    for lane in range(4):
        assert stats.kstest(normals[lane:2_000_000:4], "norm").pvalue > 1e-3


@pytest.mark.parametrize("sigma", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("side", [-1, 1])
def test_tails_have_the_right_weight(normals, sigma, side):
    expected = stats.norm.sf(sigma)
    count = int(np.count_nonzero(side * normals > sigma))
    assert stats.binomtest(count, normals.size, expected).pvalue > 1e-4


def test_tails_go_beyond_five_sigma_and_end_where_stated(normals):
    assert normals.max() > 5
    assert normals.min() < -5
    assert _radius(np.uint32(0)) == pytest.approx(np.sqrt(64 * np.log(2)))
    assert _radius(np.uint32(2**32 - 1)) == 0


def test_normals_take_millions_of_different_values(normals):
    assert np.unique(normals[: 1 << 22]).size > 3_000_000


def test_the_four_lanes_and_neighbouring_counters_are_independent(normals):
    lanes = normals.reshape(-1, 4).astype(np.float64)
    columns = np.concatenate([lanes[:-1], lanes[1:]], axis=1)
    bound = 5 / np.sqrt(len(columns))
    for values in (columns, columns**2):  # a shared radius would show in the squares
        correlation = np.corrcoef(values, rowvar=False) - np.eye(8)
        assert np.abs(correlation).max() < bound


def test_streams_and_draws_are_independent():
    sources = [stream(1, "a"), stream(2, "a"), stream(1, "b"), stream(1, "a", 0), stream(1, "a", "0")]
    rows = [source.normals(1 << 18) for source in sources] + [sources[0].normals(1 << 18, draw=1)]
    correlation = np.corrcoef(np.array(rows, np.float64)) - np.eye(len(rows))
    assert np.abs(correlation).max() < 5 / np.sqrt(1 << 18)


def test_uniforms_are_uniform_and_strictly_inside():
    values = stream(8).uniforms(1 << 22)
    assert stats.chisquare(np.histogram(values, 4096, (0, 1))[0]).pvalue > 1e-3
    smallest, largest = uniform(np.uint32(0)), uniform(np.uint32(2**32 - 1))
    assert smallest > 0
    assert largest < 1
    assert smallest == 1 - largest


def test_names_are_kept_apart_and_children_continue_them():
    keys = {
        (int(s.key0), int(s.key1))
        for s in (stream(1), stream(1, "ab"), stream(1, "a", "b"), stream(1, 1), stream(1, "1"), stream(11))
    }
    assert len(keys) == 6
    assert stream(1, "layer").child("cycle", 3) == stream(1, "layer", "cycle", 3)
    assert stream(np.int64(7), "a", np.int32(2)) == stream(7, "a", 2)


def test_numbers_stay_what_they_were_in_earlier_versions():
    source = stream(7, "layer1", "cycle")
    assert (int(source.key0), int(source.key1)) == (4259888857, 3383977199)
    expected = [0.68931067, 1.70137513, 0.35603973, 1.29027176]
    np.testing.assert_allclose(source.normals(4, draw=3), expected, rtol=1e-6)
    assert source.permutation(10, draw=2).tolist() == [2, 8, 4, 3, 0, 7, 9, 6, 5, 1]


def test_a_permutation_holds_every_index_once_and_any_order_is_as_likely():
    source = stream(9, "shuffle")
    np.testing.assert_array_equal(np.sort(source.permutation(1000)), np.arange(1000))
    orders = [tuple(source.permutation(3, draw)) for draw in range(3000)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert stats.chisquare(counts).pvalue > 1e-3
    assert len(counts) == 6
    assert source.permutation(0).size == 0


def test_a_generator_is_repeatable_and_new_with_every_draw():
    source = stream(10, "rare")
    first = source.generator().random(100)
    np.testing.assert_array_equal(first, source.generator().random(100))
    assert not np.intersect1d(first, source.generator(draw=1).random(100)).size
    assert not np.intersect1d(first, source.child("other").generator().random(100)).size


def test_a_stream_survives_pickling_and_cannot_be_changed():
    source = stream(1, "a")
    copy = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(copy.normals(5), source.normals(5))
    with pytest.raises(AttributeError):
        source.seed = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stream(1.5), "seed is 1.5; expected a whole number"),
        (lambda: stream("x"), "seed is 'x'; expected a whole number"),
        (lambda: Stream(1, (None,)), "stream name is None"),
        (lambda: stream(1).normals(3, draw=-1), "draw is -1"),
        (lambda: stream(1).normals(3, draw=2**64), "below 2\\*\\*64"),
        (lambda: stream(1).permutation(3, draw=0.5), "draw is 0.5"),
        (lambda: stream(1).normals(3, backend="gpu"), "unknown backend 'gpu'"),
    ],
)
def test_wrong_arguments_are_refused_by_name(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_streams_do_not_import_numba_before_numbers_are_drawn():
    program = (
        "import sys; from neurosim.random import stream; s = stream(1, 'a'); s.permutation(5);"
        "assert 'numba' not in sys.modules; s.normals(1); assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

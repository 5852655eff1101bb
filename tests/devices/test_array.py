from __future__ import annotations

import numpy as np
import pytest

from neurosim.devices import Card, ConstantStep, DeviceArray, Ideal, SoftBounds, pulse_trains
from neurosim.errors import InputError, RunError
from neurosim.random import stream

LO, HI = 2e-6, 80e-6
WINDOW = {"g_min": LO, "g_max": HI}


def noisy(read_noise: float = 0.05) -> Card:
    return SoftBounds(
        **WINDOW, step=1e-6, device=0.2, bounds_max=0.05, cycle=0.3, read_noise=read_noise, stuck_low=0.05,
        pulse_up=(1.3, 1e-7), pulse_down=(-1.2, 1e-7), endurance=1e4,
    )  # fmt: skip


def used(array: DeviceArray) -> DeviceArray:
    """The array after some of everything."""
    rng = np.random.default_rng(1)
    array.pulse(rng.integers(-9, 10, array.shape))
    array.read(rng.uniform(0, 0.2, (3, array.shape[0])))
    array.pulse(rng.integers(-1, 2, array.shape).astype(np.int8))
    array.measure()
    return array


def same(first: DeviceArray, second: DeviceArray) -> None:
    for key, value in first.state().items():
        np.testing.assert_array_equal(value, second.state()[key], err_msg=key)


@pytest.mark.parametrize(("initial", "expected"), [(None, LO), ("min", LO), ("max", HI), ("mid", 41e-6)])
def test_arrays_begin_where_they_are_told(initial, expected):
    array = DeviceArray(ConstantStep(**WINDOW, step=1e-6), 2, 3, initial=initial)
    np.testing.assert_allclose(array.conductance, expected, rtol=1e-6)
    assert array.conductance.dtype == np.float32


def test_what_a_device_cannot_hold_is_cut_at_its_bounds():
    start = [[0.0, 5e-6], [1.0, 80e-6]]
    array = DeviceArray(ConstantStep(**WINDOW, step=1e-6), 2, 2, initial=start, dtype="float64")
    np.testing.assert_array_equal(array.conductance, [[LO, 5e-6], [HI, HI]])
    array.set([[3e-6, 0.0], [90e-6, 7e-6]])
    np.testing.assert_array_equal(array.conductance, [[3e-6, LO], [HI, 7e-6]])


def test_conductances_cannot_be_written_from_outside():
    array = DeviceArray("neko-material", 2, 2)
    with pytest.raises(ValueError, match="read-only"):
        array.conductance[0, 0] = 1.0


def test_every_write_has_a_version_of_its_own():
    array = DeviceArray("neko-material", 2, 2)
    versions = [array.version]
    for write in (
        lambda: array.pulse(np.ones((2, 2), int)),
        lambda: array.set(np.full((2, 2), 1e-4)),
        lambda: array.restore(array.state()),
    ):
        write()
        versions.append(array.version)
    array.read(np.zeros((1, 2)))
    assert array.version == versions[-1]
    assert len(set(versions)) == len(versions)


def test_names_and_seeds_tell_arrays_apart():
    first = used(DeviceArray(noisy(), 6, 7, seed=1, name="a"))
    same(first, used(DeviceArray(noisy(), 6, 7, seed=1, name="a")))
    for other in (DeviceArray(noisy(), 6, 7, seed=2, name="a"), DeviceArray(noisy(), 6, 7, seed=1, name="b")):
        assert not np.array_equal(first.conductance, used(other).conductance)


def test_reads_are_ohms_law():
    array = DeviceArray(noisy(0.0), 5, 4, dtype="float64", initial="mid")
    v = np.random.default_rng(0).uniform(-0.2, 0.2, (3, 5))
    np.testing.assert_allclose(array.read(v), v @ array.conductance, rtol=1e-12)
    d = np.random.default_rng(1).uniform(-0.2, 0.2, (2, 4))
    np.testing.assert_allclose(array.read(d, transposed=True), d @ array.conductance.T, rtol=1e-12)


@pytest.mark.parametrize("transposed", [False, True])
def test_read_noise_is_that_of_independent_devices(transposed):
    array = DeviceArray(noisy(0.1), 6, 5, dtype="float64", initial="mid")
    v = np.random.default_rng(0).uniform(-0.2, 0.2, (1, 5 if transposed else 6))
    g = array.conductance.T if transposed else array.conductance
    currents = array.read(np.repeat(v, 40_000, axis=0), transposed=transposed)
    spread = 0.1 * np.sqrt((v.T**2 * g**2).sum(axis=0))
    np.testing.assert_allclose(currents.std(axis=0), spread, rtol=0.02)
    np.testing.assert_allclose(currents.mean(axis=0), (v @ g)[0], atol=5 * spread.max() / 200)
    correlations = np.corrcoef(currents.T) - np.eye(currents.shape[1])
    assert np.abs(correlations).max() < 0.03
    assert not np.array_equal(array.read(v, transposed=transposed), array.read(v, transposed=transposed))


def test_measuring_reads_every_device_by_itself():
    array = DeviceArray(noisy(0.1), 200, 200, initial="mid")
    relative = array.measure() / array.conductance - 1
    assert relative.std() == pytest.approx(0.1, rel=0.03)
    quiet = DeviceArray(noisy(0.0), 3, 3, initial="mid")
    np.testing.assert_array_equal(quiet.measure(), quiet.conductance)


def test_write_verify_reaches_its_targets():
    array = DeviceArray(noisy(0.002), 60, 50, initial="mid")
    target = np.random.default_rng(0).uniform(15e-6, 65e-6, array.shape)
    result = array.program(target, tolerance=0.5e-6, max_pulses=400)
    working = ~array.stuck
    assert result.converged[working].mean() > 0.999
    assert not result.converged[array.stuck].any()
    assert np.abs(result.error[working]).max() < 1.5e-6
    np.testing.assert_array_equal(result.reached, array.conductance)
    np.testing.assert_array_equal(result.pulses, array.pulses_up + array.pulses_down)
    assert "converged" in str(result)


def test_write_verify_names_the_devices_that_cannot_get_there():
    where = np.full((2, 3), np.nan)
    where[0, 1] = LO
    array = DeviceArray(ConstantStep(**WINDOW, step=1e-6), 2, 3, stuck=where)
    target = np.full((2, 3), 40e-6)
    target[1, 2] = 95e-6
    result = array.program(target, tolerance=1e-6, max_pulses=100)
    expected = np.array([[False, True, False], [False, False, True]])
    np.testing.assert_array_equal(result.unreachable, expected)
    np.testing.assert_array_equal(~result.converged, expected)
    assert result.pulses[0, 1] == 100


def test_write_verify_keeps_to_its_budget():
    array = DeviceArray(ConstantStep(**WINDOW, step=1e-7), 4, 4)
    result = array.program(np.full((4, 4), 70e-6), max_pulses=13)
    assert result.pulses.max() == 13
    assert not result.converged.any()
    assert np.all(result.error < 0)
    nothing = array.program(np.full((4, 4), 70e-6), max_pulses=0)
    assert nothing.pulses.max() == 0


def test_ideal_devices_are_written_exactly():
    array = DeviceArray(Ideal(**WINDOW), 3, 3, dtype="float64")
    target = np.random.default_rng(0).uniform(LO, HI, (3, 3))
    result = array.program(target)
    np.testing.assert_array_equal(array.conductance, target)
    assert result.converged.all()
    assert result.pulses.sum() == 0


def test_wear_is_the_most_used_device_against_the_endurance():
    array = DeviceArray(noisy(), 2, 2)
    array.pulse([[50, -3], [0, 1]])
    array.pulse([[-50, -3], [0, 1]])
    assert array.wear == pytest.approx(0.01)
    assert np.isnan(DeviceArray("neko-material", 2, 2).wear)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_saved_arrays_go_on_to_the_bit(tmp_path, dtype, backend):
    shape = (6, 7) if backend == "cpu" else (2, 3)
    mask = np.full(shape, np.nan)
    mask[0, 0] = 1e-5
    array = used(DeviceArray(noisy(), *shape, seed=4, name="b", dtype=dtype, stuck=mask, backend=backend))
    array.save(tmp_path / "array.npz")
    again = DeviceArray.load(tmp_path / "array.npz", backend=backend)
    same(array, again)
    same(used(array), used(again))
    np.testing.assert_array_equal(array.write_energies, again.write_energies)
    v = np.full((2, shape[0]), 0.1)
    np.testing.assert_array_equal(array.read(v), again.read(v))


def test_states_are_copies():
    array = DeviceArray(noisy(), 3, 3, initial="mid")
    state = array.state()
    used(array)
    assert not np.array_equal(state["conductance"], array.conductance)
    array.restore(state)
    same(array, DeviceArray(noisy(), 3, 3, initial="mid"))


def test_pulse_counters_do_not_overflow():
    array = DeviceArray(ConstantStep(**WINDOW, step=1e-6), 1, 1)
    array._uncounted = 2**31 - 3
    array._state.pulses_up[0] = 2**31 - 3
    array.pulse([[7]])
    array.pulse([[-7]])
    assert array.pulses_up[0, 0] == 2**31 + 4
    assert array.pulses_down[0, 0] == 7


def test_backends_agree():
    arrays = [used(DeviceArray(noisy(), 3, 4, initial="mid", backend=name)) for name in ("cpu", "cuda")]
    np.testing.assert_allclose(arrays[0].conductance, arrays[1].conductance, rtol=1e-5)
    np.testing.assert_array_equal(arrays[0].pulses_up, arrays[1].pulses_up)
    np.testing.assert_allclose(arrays[0].write_energies, arrays[1].write_energies, rtol=1e-5)


def test_coincidences_are_pulses_of_pairs_in_opposite_directions():
    card = ConstantStep(**WINDOW, step=1e-7)
    plus, minus = (DeviceArray(card, 8, 5, initial="mid", name=name) for name in ("plus", "minus"))
    rng = np.random.default_rng(0)
    trains = pulse_trains(rng.uniform(-1, 1, (9, 8)), rng.uniform(-1, 1, (9, 5)), 0.01, 1e-3, stream(0, "t"))
    plus.coincide(trains)
    minus.coincide(trains, sign=-1)
    assert plus.pulses_up.sum() > 0
    np.testing.assert_array_equal(plus.pulses_up, minus.pulses_down)
    np.testing.assert_array_equal(plus.pulses_down, minus.pulses_up)
    net = plus.pulses_up - plus.pulses_down
    np.testing.assert_allclose(plus.conductance, 41e-6 + 1e-7 * net, rtol=1e-5)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: DeviceArray("hfo2-ram", 2, 2), "did you mean 'hfo2-rram'"),
        (lambda: DeviceArray("hfo2-rram", 0, 2), "rows must be at least 1"),
        (lambda: DeviceArray("hfo2-rram", 2, 2.5), "cols must be a whole number"),
        (lambda: DeviceArray("hfo2-rram", 2, 2, dtype="float16"), "dtype 'float16' is not known"),
        (lambda: DeviceArray("hfo2-rram", 2, 2, initial="middle"), "initial 'middle' is not known"),
        (lambda: DeviceArray("hfo2-rram", 2, 2, initial=np.full((2, 2), np.nan)), "initial must be finite"),
        (lambda: DeviceArray("hfo2-rram", 2, 2, backend="gpu"), "unknown backend 'gpu'|backend 'gpu'"),
        (lambda: DeviceArray("hfo2-rram", 2, 3).pulse(np.ones((3, 2), int)), "counts has shape"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).pulse([[0.5]]), "counts must be whole numbers"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).pulse([[np.nan]]), "counts must be finite"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).pulse([[2_000_000]]), "counts holds 2000000 pulses"),
        (lambda: DeviceArray("hfo2-rram", 2, 3).read(np.zeros((4, 3))), "voltages has shape"),
        (lambda: DeviceArray("hfo2-rram", 2, 3).read([[np.inf, 0]]), "voltages must be finite"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).set([[-1e-6]]), "conductance must be at least 0"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).program([[1e-6]], tolerance=0), "tolerance must be greater"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).program([[1e-6]], max_pulses=-1), "max_pulses must be"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).program([[np.nan]]), "target must be finite"),
        (lambda: DeviceArray("hfo2-rram", 1, 1).restore({"draws": 0}), "lacks conductance"),
    ],
)
def test_wrong_arguments_are_refused_by_name(action, message):
    with pytest.raises(InputError, match=message):
        action()


def test_trains_for_another_array_are_refused():
    trains = pulse_trains(np.ones((1, 2)), np.ones((1, 2)), 1.0, 1.0, stream(0, "t"))
    with pytest.raises(InputError, match="the array has 3 and 2"):
        DeviceArray("neko-material", 3, 2).coincide(trains)
    with pytest.raises(InputError, match="sign must be 1 or -1"):
        DeviceArray("neko-material", 2, 2).coincide(trains, sign=0)


def test_files_that_are_not_arrays_are_refused(tmp_path):
    for name, content in (("text.npz", b"hello"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="is not a saved array"):
            DeviceArray.load(tmp_path / name)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(InputError, match="is not a saved array"):
        DeviceArray.load(tmp_path / "other.npz")
    with pytest.raises(InputError, match="cannot read"):
        DeviceArray.load(tmp_path / "missing.npz")
    with pytest.raises(RunError, match="cannot write"):
        DeviceArray("neko-material", 1, 1).save(tmp_path / "no folder" / "array.npz")

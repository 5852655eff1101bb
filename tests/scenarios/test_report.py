"""The report: what it says, that it needs nothing beside itself, and that a browser shows it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from run_folders import arrays, metrics, write_run, write_sweep

from neurosim.errors import InputError
from neurosim.scenarios import store
from neurosim.scenarios.report import run_figures, sweep_data, words, write

CYCLE = "hardware.device.variation.cycle"
BITS = "hardware.mapping.adc.bits"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """Collects the visible text, every attribute, and checks that tags are closed in order."""

    EMPTY = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open, self.words, self.attributes, self.tags = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data.strip())

    @property
    def text(self):
        return "\n".join(word for word in self.words if word)

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture(scope="module")
def run_report(tmp_path_factory):
    return write(write_run(tmp_path_factory.mktemp("runs") / "digits-manhattan-3f6c1e3f6c"))


@pytest.fixture(scope="module")
def sweep_report(tmp_path_factory):
    def accuracy(cycle, bits, repeat):
        return 0.94 - float(cycle[:-2]) / 200 - 0.2 * (bits == 4) + 0.001 * repeat

    axes = {CYCLE: ["0 %", "5 %", "20 %"], BITS: [4, 6, 8, "ideal"]}
    folder = tmp_path_factory.mktemp("runs") / "adc-study-0123456789"
    return write(write_sweep(folder, axes, accuracy, repeat=2, failed={5}, pending={7}))


def test_headline_sets_the_hardware_beside_the_ideal_weights(run_report):
    text = Page(run_report).text
    for expected in ("93.6 %", "97.2 %", "−3.6", "1.2 million", "3.11 µJ", "43.7 ms", "12.4 %", "hfo2-rram"):
        assert expected in text


def test_every_figure_of_a_run_is_there_with_words_for_it(run_report):
    page = Page(run_report)
    titles = (
        "Accuracy by epoch",
        "Loss by epoch",
        "Confusion on hardware",
        "Confusion with ideal weights",
        "Conductances after training",
        "Saturation map",
        "Where the energy goes",
        "Write pulses",
    )
    for title in titles:
        assert title in page.text
    labels = [value for value in page.values("aria-label") if value]
    assert page.tags.count("svg") == page.tags.count("figure") == len(titles)
    assert sum(len(label) > 40 for label in labels) >= len(titles)


def test_scenario_and_environment_are_in_the_report(run_report):
    text = Page(run_report).text
    assert "update: {rule: manhattan}" in text
    assert "AMD EPYC 7B13" in text and "0.68.1" in text


@pytest.mark.parametrize("report", ["run_report", "sweep_report"])
def test_nothing_is_fetched_from_outside(report, request):
    path = request.getfixturevalue(report)
    page = Page(path)
    for name in ("src", "href", "xlink:href", "action", "data", "srcset"):
        assert all(value.startswith(("#", "data:")) for value in page.values(name))
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    urls = re.findall(r"url\(([^)]*)\)", path.read_text(encoding="utf-8"))
    assert all(url.startswith("#") for url in urls)
    assert "@import" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("report", ["run_report", "sweep_report"])
def test_names_inside_the_page_are_unique_and_found(report, request):
    page = Page(request.getfixturevalue(report))
    names = page.values("id")
    assert len(names) == len(set(names))
    used = [value[1:] for value in page.values("xlink:href") if value.startswith("#")]
    used += re.findall(r"url\(#([^)]*)\)", " ".join(value for _, _, value in page.attributes if value))
    assert set(used) <= set(names)


def test_figures_take_their_colours_from_the_page(run_report):
    text = run_report.read_text(encoding="utf-8")
    assert "var(--hardware)" in text and "var(--ink)" in text
    assert "prefers-color-scheme: dark" in text
    drawn = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", text.partition("</style>")[2]))
    assert drawn <= {"#ffffff"}


def test_same_files_give_the_same_report(tmp_path, run_report):
    again = write(write_run(tmp_path / "digits-manhattan-3f6c1e3f6c"))
    assert again.read_bytes() == run_report.read_bytes()


def test_run_with_ideal_weights_has_no_hardware_in_it(tmp_path):
    text = Page(write(write_run(tmp_path / "run", hardware=False, epochs=1))).text
    assert "ideal weights" in text
    for absent in ("Conductances", "Saturation map", "Write pulses", "Difference", "hfo2"):
        assert absent not in text


def test_report_does_with_the_numbers_alone(tmp_path):
    store.write_json(tmp_path / store.METRICS, {"name": "bare", "accuracy": None})
    assert "bare" in Page(write(tmp_path)).text


def test_text_from_files_cannot_become_markup(tmp_path):
    folder = write_run(tmp_path / "run")
    store.write_json(folder / store.METRICS, {**metrics(), "name": "<script>alert(1)</script>"})
    (folder / store.SCENARIO).write_text("about: '</pre><img src=x>'\n")
    page = Page(write(folder))
    assert not {"script", "img"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.text


def test_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a run folder"):
        write(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        write(tmp_path / "nowhere")


@pytest.mark.parametrize("file", [store.METRICS, store.HISTORY, store.ARRAYS, store.ENVIRONMENT])
def test_damaged_files_are_refused_by_name(tmp_path, file):
    folder = write_run(tmp_path / "run")
    (folder / file).write_bytes(b"\x00junk")
    with pytest.raises(InputError, match=re.escape(file)):
        write(folder)


def test_sweep_shows_its_best_point_and_its_failures(sweep_report):
    page = Page(sweep_report)
    assert "94.0 %" in page.text and "of 24, 1 failed" in page.text
    assert "the loss became infinite in epoch 3" in page.text
    assert "Test accuracy in % by adc.bits and variation.cycle" in page.text
    rows = page.text.count("abcdef")
    assert rows == 24 + 1  # every point, and the failed one again


def test_one_axis_gives_a_curve_with_its_baseline(tmp_path):
    axes = {CYCLE: ["0 %", "10 %", "30 %"]}
    path = write(write_sweep(tmp_path / "s", axes, lambda cycle, n: 0.9 - 0.01 * n - float(cycle[:-2]) / 100))
    text = Page(path).text
    assert "Test accuracy by variation.cycle" in text and "variation.cycle in %" in text
    assert "mean and standard deviation of 3 repeats" in text
    assert "89.0 % ± 1.0 %" in text and "ideal weights" in text


def test_words_along_an_axis_give_rows(tmp_path):
    axes = {"hardware.device": ["hfo2-rram", {"use": "pcm", "set": {"g_max": "20 uS"}}, "ecram"]}
    page = Page(write(write_sweep(tmp_path / "s", axes, lambda device, n: 0.9 - 0.01 * n)))
    assert "Test accuracy by device" in page.text and "pcm g_max 20 uS" in page.text


def test_signs_in_names_stay_as_they_are(tmp_path):
    axes = {"hardware.device": ["$x_1$", "a|b", "<i>", "5 %"]}
    text = Page(write(write_sweep(tmp_path / "s", axes, lambda device, n: 0.5))).text
    for name in axes["hardware.device"]:
        assert text.count(name) >= 2  # in the figure and in the table


def test_three_axes_give_panels_and_many_are_cut_short(tmp_path):
    axes = {"a.x": [1, 2, 3], "a.y": [1, 2, 3], "a.z": list(range(30))}
    page = Page(write(write_sweep(tmp_path / "s", axes, lambda x, y, z, n: (x + y + z) / 40, repeat=1)))
    assert "a.x 1" in page.text
    four = {"a.x": [1, 2], "a.y": [1, 2, 3], "a.z": list(range(5)), "a.w": list(range(6))}
    page = Page(write(write_sweep(tmp_path / "t", four, lambda x, y, z, w, n: (x + y + z) / 40, repeat=1)))
    assert "a.x 1, a.y 2" in page.text


def test_values_over_many_decades_stay_apart(tmp_path):
    folder = write_sweep(tmp_path / "s", {"a.x": [1, 2], "a.y": [3, 4]}, lambda x, y, n: 0.5, repeat=1)
    for number, energy in enumerate((2e-9, 3e-7, 4e-5, 5e-3)):
        path = folder / "points" / f"{number:04x}abcdef" / store.METRICS
        store.write_json(path, {**json.loads(path.read_text()), "write_energy": energy, "read_energy": None})
    text = Page(write(folder)).text
    assert "Energy of the training in mJ by" in text
    for number in ("2e-06", "0.0003", "0.04", "5"):
        assert f"\n{number}\n" in text


def test_repeats_alone_give_a_dot_each(tmp_path):
    page = Page(write(write_sweep(tmp_path / "s", {}, lambda n: 0.9 + 0.01 * n, repeat=4)))
    assert "Test accuracy of every repeat" in page.text


def test_sweep_of_which_nothing_is_finished_still_has_a_report(tmp_path):
    path = write(
        write_sweep(tmp_path / "s", {BITS: [4, 6]}, lambda b, n: 0.5, repeat=1, failed={0}, pending={1})
    )
    text = Page(path).text
    assert "of 2, 1 failed" in text and "the loss became infinite" in text


def test_lost_point_counts_as_failed(tmp_path):
    folder = write_sweep(tmp_path / "s", {BITS: [4, 6]}, lambda b, n: 0.5, repeat=1)
    shutil.rmtree(folder / "points" / "0001abcdef")
    assert "its folder is missing" in Page(write(folder)).text


def test_values_that_change_together_are_one_axis(tmp_path):
    folder = tmp_path / "s"
    write_sweep(folder, {"a.x": [1, 2, 3]}, lambda x, n: x / 10, repeat=1)
    data = json.loads((folder / store.SWEEP).read_text())
    data["axes"].append({"path": "a.y", "values": ["p", "q", "r"]})
    for point in data["points"]:
        point["values"]["a.y"] = "pqr"[point["values"]["a.x"] - 1]
    store.write_json(folder / store.SWEEP, data)
    (axis,) = sweep_data.read(folder).axes
    assert axis.paths == ("a.x", "a.y") and axis.steps == ("1, p", "2, q", "3, r")
    assert "Test accuracy by a.x, a.y" in Page(write(folder)).text


def test_quantities_are_drawn_to_scale(tmp_path):
    values = ["100 nS", "1 uS", "10 uS"]
    folder = write_sweep(tmp_path / "s", {"hardware.device.g_max": values}, lambda g, n: 0.5, repeat=1)
    (axis,) = sweep_data.read(folder).axes
    assert axis.positions == (0.1, 1.0, 10.0) and axis.label == "device.g_max in µS"
    assert sweep_data.logarithmic(axis.positions)
    write(folder)


def test_large_maps_are_shown_as_means():
    values = np.zeros((1000, 3))
    values[:500] = 1
    blocks = run_figures._blocks(values)
    assert blocks.shape[0] <= 160 and blocks[0, 0] == 1 and blocks[-1, 0] == 0
    assert blocks.mean() == pytest.approx(0.5, abs=0.01)


def test_confusion_names_the_most_frequent_mistake():
    plot = run_figures.confusion(arrays()["confusion"], "Confusion")
    assert "takes class 8 for class 1 (2 times)" in plot.alt
    many = run_figures.confusion(np.eye(40, dtype=int) * 5, "Confusion")
    assert "<image" in many.svg and "100.0 %" in many.alt


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (words.percent(0.12345), "12.3 %"),
        (words.percent(None), "–"),
        (words.quantity(1.234e-6, "conductance"), "1.23 µS"),
        (words.quantity(0.0, "energy"), "0 J"),
        (words.count(12_345), "12,345"),
        (words.count(1_234_567_890), "1.23 billion"),
        (words.duration(12.34), "12.3 s"),
        (words.duration(200), "3 min 20 s"),
        (words.duration(7500), "2 h 5 min"),
        (words.points(-0.0472), "−4.7"),
        (words.points(0.0001), "0.0"),
        (words.setting({"use": "pcm", "set": {"g_max": "20 uS"}}), "pcm g_max 20 uS"),
        (words.setting(0.1), "0.1"),
        (words.short_path("hardware.mapping.adc.bits"), "adc.bits"),
        (words.short_path("a.adc.bits", ["a.adc.bits", "b.adc.bits"]), "a.adc.bits"),
        (words.prefix(2.5e-6, "S"), (1e6, "µS")),
        (words.prefix(0.999, "J"), (1e3, "mJ")),
        (words.prefix(0.0, "J"), (1.0, "J")),
    ],
)
def test_numbers_are_written_for_people(shown, text):
    assert shown == text


@pytest.fixture
def browse(tmp_path):
    """Open a file in headless Chromium and return the page as it stands, and what it tried to fetch."""
    if BROWSER is None:
        pytest.skip("no chromium here: the report is not opened in a browser")

    def open_page(path: Path, *options: str):
        log = tmp_path / "net.json"
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
        command += ["--disable-background-networking", "--disable-component-update", "--hide-scrollbars"]
        command += [
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--log-net-log={log}",
            "--net-log-capture-mode=Default",
        ]
        command += ["--host-resolver-rules=MAP * ~NOTFOUND", *options, path.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        events = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
        # The browser's own look-ups come from no page: their initiator is "not an origin".
        fetched = [
            e["url"] for e in events if "url" in e and e.get("initiator", "not an origin") != "not an origin"
        ]
        return done.stdout, fetched

    return open_page


def test_a_fetch_would_be_noticed(browse, tmp_path):
    page = tmp_path / "control.html"
    page.write_text('<html><body><img src="http://example.invalid/x.png"></body></html>')
    assert browse(page, "--dump-dom")[1] == ["http://example.invalid/x.png"]


@pytest.mark.parametrize("report", ["run_report", "sweep_report"])
def test_browser_shows_the_whole_page_without_the_network(browse, report, request):
    dom, fetched = browse(request.getfixturevalue(report), "--dump-dom")
    assert fetched == []
    assert dom.count("<figure") == dom.count("<svg") > 0
    assert "Written by neurosim" in dom


@pytest.mark.parametrize("report", ["run_report", "sweep_report"])
@pytest.mark.parametrize("dark", [False, True])
def test_browser_paints_the_figures(browse, tmp_path, report, dark, request):
    shot = tmp_path / "shot.png"
    options = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if dark else []
    path = request.getfixturevalue(report)
    browse(path, "--window-size=1200,2400", f"--screenshot={shot}", *options)
    with Image.open(shot) as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert (pixels[0].mean() < 60) == dark
    hardware = (92, 184, 240) if dark else (0, 103, 168)  # as the page's style has it
    assert (pixels == hardware).all(axis=1).any()


def test_page_fits_a_narrow_window(browse, tmp_path, run_report, sweep_report):
    probe = (
        "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth</script></body>"
    )
    for path in (run_report, sweep_report):
        text = re.sub(
            r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text(encoding="utf-8")
        )
        page = tmp_path / "narrow.html"
        page.write_text(text.replace("</body>", probe), encoding="utf-8")
        dom, _ = browse(page, "--dump-dom", "--window-size=500,900")
        needed, given = re.search(r"<title>(\d+) of (\d+)</title>", dom).groups()
        assert int(needed) <= int(given)

"""The report's page: whole, well-formed, without anything from outside, and honest first."""

from html.parser import HTMLParser

import pytest

from signaling.loadtest import html, limits
from signaling.loadtest.report import COLUMNS, Report, build
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import Second, Stats
from tests.unit.signaling.loadtest.made import SCENARIO, seconds, server_seconds

VOID = {"meta", "rect", "line", "circle", "polyline"}


class Page(HTMLParser):
    """What a page shows, and whether its elements are closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style" and data.strip():
            self.text.append(data.strip())


@pytest.fixture(scope="module")
def report() -> Report:
    return build(SCENARIO, seconds(), url="https://meet.example", server=server_seconds())


def test_it_has_every_figure_that_a_load_test_is_made_for(report: Report) -> None:
    page = Page(html.render(report))
    captions = {text for text in page.text if text.startswith(tuple("abcdefghijklmnopqrstuvwxyz"))}
    for wanted in (
        "joins succeeded / tried", "joins, median / p95 / p99 (s)", "first audio, median / p95 / p99 (s)",
        "first frame, median / p95 / p99 (s)", "freezes", "loss (%)", "jitter, median / p95 / p99 (ms)",
        "delay, median / p95 / p99 (ms)", "bitrate got / wanted (kbit/s)", "layer switches (/min)",
        "packets retransmitted (%)", "signaling, median / p95 / p99 (ms)", "server CPU per packet (µs)",
        "server lag, median / p99 (ms)", "server memory (MB)", "tester CPU per packet (µs)",
    ):  # fmt: skip
        assert wanted in captions
    assert page.tags.count("svg") == 25
    assert set(COLUMNS) <= set(page.text)


def test_nothing_comes_from_outside(report: Report) -> None:
    text = html.render(report)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & set(page.tags)
    assert not {"src", "href", "xlink:href", "style"} & {name for name, _ in page.attributes}
    assert "url(" not in text
    assert "@import" not in text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_the_testers_own_limit_comes_before_all_figures() -> None:
    page = Page(html.render(build(SCENARIO, seconds(cpu=0.95))))
    position = next(index for index, text in enumerate(page.text) if text.startswith("The tester itself was"))
    assert position < page.text.index("joins succeeded / tried")
    assert ("class", "alert bad") in page.attributes


def test_without_metrics_the_page_says_so_and_has_no_plots_of_the_server() -> None:
    page = Page(html.render(build(SCENARIO, seconds())))
    assert "server: its metrics couldn't be read" in page.text
    assert "server memory (MB)" not in page.text[: page.text.index("Over time")]
    assert page.tags.count("svg") == 20


def test_limits_are_told(report: Report) -> None:
    judged = limits.judge(report, [limits.parse("joins.succeeded<100"), limits.parse("joins.succeeded>99")])
    page = Page(html.render(judged))
    assert "joins.succeeded<100: kept, it is 100" in page.text
    assert "joins.succeeded>99: crossed, it is 100" in page.text


def test_what_others_named_cannot_become_markup() -> None:
    evil = '"><script>alert(1)</script><b x="'
    stats = Stats(seconds=1, tried=1, refused={evil: 1})
    report = build(
        Scenario(name=evil),
        [Second(1, "measure", {"people": stats}, Stats(seconds=1))],
        url=f"https://meet.example/{evil}",
        notes=[evil],
    )
    page = Page(html.render(report))
    assert not {"script", "b x="} & set(page.tags)
    assert evil in page.text
    assert f"joins refused: {evil} 1" in page.text


@pytest.mark.parametrize("lasting", [0, 1, 3])
def test_a_report_of_nearly_nothing_is_a_page(lasting: int) -> None:
    page = Page(html.render(build(SCENARIO, seconds(until=lasting))))
    assert "The test ended before everybody had joined; figures of media are of that time." in page.text

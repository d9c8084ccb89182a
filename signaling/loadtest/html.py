"""A load test's report as a page: one file that loads nothing, with plots; for light and dark, phones and paper."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from pydantic import BaseModel

from signaling.loadtest import limits, table
from signaling.loadtest.columns import shown, symbol, value
from signaling.loadtest.plots import Plot, Series
from signaling.loadtest.report import COLUMNS, Report
from signaling.loadtest.table import Row

_PLOTS = (
    Row(("people.inside",)),
    Row(("joins.succeeded", "joins.tried")),
    Row(("joins.p50_s", "joins.p95_s")),
    Row(("first_audio.p50_s", "first_audio.p95_s")),
    Row(("first_frame.p50_s", "first_frame.p95_s")),
    Row(("packets.per_s",)),
    Row(("freezes",)),
    Row(("frozen.share",)),
    Row(("loss",)),
    Row(("jitter_ms.p50", "jitter_ms.p95")),
    Row(("delay_ms.p50", "delay_ms.p99")),
    Row(("bitrate.got_kbps", "bitrate.wanted_kbps")),
    Row(("frames.per_s",)),
    Row(("layers.switches",)),
    Row(("layers.keyframe_requests",)),
    Row(("repairs.recovered", "repairs.asked")),
    Row(("signaling_ms.p50", "signaling_ms.p95")),
    Row(("server.cpu_us_per_packet",)),
    Row(("server.cpu_cores",)),
    Row(("server.loop_lag_ms_p99",)),
    Row(("server.memory_mb",)),
    Row(("server.dropped",)),
    Row(("tester.cpu_us_per_packet",)),
    Row(("tester.cpu_share",)),
    Row(("tester.loop_lag_ms_p99",)),
)
"""Those of a row share a plot; titles and meanings are those of their columns."""

_BARS = ("freezes", "layers.switches", "layers.keyframe_requests", "server.dropped")
"""Counts of each moment."""

_TILES = (
    Row(("joins.succeeded", "joins.tried")),
    Row(("joins.p95_s",)),
    Row(("first_frame.p95_s",)),
    Row(("loss",)),
    Row(("freezes",)),
    Row(("delay_ms.p99",)),
    Row(("packets.per_s",)),
    Row(("server.cpu_us_per_packet",)),
)

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --card: #f6f7f9; --text: #1b1f24; --dim: #59636e; --line: #d7dce2;
  --s0: #0b62d6; --s1: #c2410c; --bad: #b3261e; --bad-back: #fdecea; --good: #17713a; --shade: #0b62d612; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --card: #1d2127; --text: #e6e9ee; --dim: #9aa4b1;
  --line: #343b45; --s0: #6cb0ff; --s1: #ffa362; --bad: #ff9d94; --bad-back: #3b1d1b; --good: #76d896;
  --shade: #6cb0ff14; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 20px 48px; max-width: 1360px; background: var(--back); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 32px 0 10px; }
p { margin: 4px 0; } .dim { color: var(--dim); overflow-wrap: anywhere; }
.alert { margin: 12px 0 0; padding: 10px 14px; border-left: 4px solid var(--line); background: var(--card);
  border-radius: 4px; } .alert.bad { border-color: var(--bad); background: var(--bad-back); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; margin: 20px 0 0; }
.tiles div { background: var(--card); border-radius: 8px; padding: 10px 12px; }
.tiles b { display: block; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 14px; }
figure { margin: 0; background: var(--card); border-radius: 8px; padding: 10px 12px 6px; break-inside: avoid; }
figcaption { font-weight: 600; } figure p { font-size: 13px; color: var(--dim); margin: 0; }
svg { display: block; width: 100%; height: auto; margin-top: 6px; }
.grid { stroke: var(--line); } .axis { fill: var(--dim); font: 12px system-ui, sans-serif; }
.measured { fill: var(--shade); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; } .line.s1 { stroke-dasharray: 5 3; }
.s0 { stroke: var(--s0); color: var(--s0); } .s1 { stroke: var(--s1); color: var(--s1); }
.dot.s0, .bar.s0 { fill: var(--s0); stroke: none; } .dot.s1 { fill: var(--s1); stroke: none; }
.key { white-space: nowrap; margin-right: 12px; } .key i { font-style: normal; font-weight: 700; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, .words td { text-align: left; } tbody th { font-weight: 400; } .words td { white-space: normal; }
.words code { white-space: nowrap; } .bad-text { color: var(--bad); } .good-text { color: var(--good); }
details { margin: 14px 0; } summary { cursor: pointer; font-weight: 600; } pre { overflow-x: auto; }
.side { display: flex; flex-wrap: wrap; gap: 0 48px; }
@media (max-width: 560px) { body { padding: 16px 12px 32px; } .tiles { grid-template-columns: 1fr 1fr; }
  table { font-size: 13px; } tbody th { white-space: normal; min-width: 120px; } }
@media print { body { max-width: none; } }
"""


def render(report: Report) -> str:
    """The page."""
    return "".join(f"{part}\n" for part in _parts(report))


def _parts(report: Report) -> Iterator[str]:
    title = f"Load test {report.name}"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{escape(title)}</h1>"
    yield f'<p class="dim">{escape(report.url)}</p><p class="dim">{escape(table.headline(report))}</p>'
    for line in table.introduction(report):
        bad = " bad" if line == report.tester.bottleneck else ""
        yield f'<p class="alert{bad}">{escape(line)}</p>'
    yield from _limits(report)
    yield from _tiles(report)
    yield "<h2>Figures</h2>"
    yield from _table(table.PEOPLE, table.sources(report))
    yield '<div class="side">'
    yield "<section><h2>The server</h2>"
    if report.server is not None:
        yield from _table(table.SERVER, {"": report})
    else:
        yield f"<p>{escape(table.NO_SERVER)}</p>"
    yield "</section><section><h2>The tester</h2>"
    yield from _table(table.TESTER, {"": report})
    yield "</section></div>"
    for what, text in table.reasons(report):
        yield f"<p>{escape(what)}: {escape(text)}</p>"
    yield from _plots(report)
    yield from _meanings()
    scenario = escape(report.scenario.model_dump_json(indent=2))
    yield f"<details><summary>The scenario</summary><pre>{scenario}</pre></details>"
    yield f'<p class="dim">Milanio {escape(report.version)}</p>\n</body>\n</html>'


def _limits(report: Report) -> Iterator[str]:
    if not report.limits:
        return
    yield '<h2>Limits</h2><table class="words"><tbody>'
    for verdict in report.limits:
        kind, word = ("bad", "✗") if verdict.crossed else ("good", "✓")
        yield f'<tr><td class="{kind}-text">{word}</td><td>{escape(limits.told(verdict))}</td></tr>'
    yield "</tbody></table>"


def _tiles(report: Report) -> Iterator[str]:
    yield '<div class="tiles">'
    for row in _TILES:
        if any(value(report, path) is not None for path in row.paths):
            yield f'<div title="{escape(_meaning(row))}"><b>{escape(row.cell(report))}</b>{escape(row.title)}</div>'
    yield "</div>"


def _plots(report: Report) -> Iterator[str]:
    timeline, window = report.timeline, report.window
    at = [each or 0.0 for each in timeline["at_s"]]
    measured = (window.begins_s, window.begins_s + window.seconds) if window.phase == "measure" else None
    yield '<h2>Over time</h2><p class="dim">The shaded time was measured.</p><div class="plots">'
    for row in _PLOTS:
        paths = [path for path in row.paths if path in timeline]
        series = [Series(COLUMNS[path].title, timeline[path]) for path in paths]
        unit = row.columns[0].unit
        svg = Plot(row.title, unit, at, series, bars=row.paths[0] in _BARS, measured=measured).svg()
        if not svg:
            continue
        yield f'<figure title="{escape(_meaning(row))}"><figcaption>{escape(row.title)}</figcaption><p>'
        for number, each in enumerate(series):
            name = each.name.rpartition(", ")[2] if len(series) > 1 else "most"
            most = f"{shown(each.most, unit)} {symbol(unit)}".rstrip()
            lead = (
                f'<i class="s{number}">{"┅" if number else "━"}</i> {escape(name)}, most' if len(series) > 1 else name
            )
            yield f'<span class="key">{lead} {escape(most)}</span>'
        yield f"</p>{svg}</figure>"
    yield "</div>"


def _table(rows: Sequence[Row], sources: Mapping[str, BaseModel]) -> Iterator[str]:
    yield '<div class="scroll"><table>'
    if any(sources):
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in sources)
        yield f"<thead><tr><th></th>{heads}</tr></thead>"
    yield "<tbody>"
    for row in rows:
        if row.told_of(list(sources.values())):
            cells = "".join(f"<td>{escape(row.cell(source))}</td>" for source in sources.values())
            yield f'<tr><th scope="row" title="{escape(_meaning(row))}">{escape(row.title)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _meaning(row: Row) -> str:
    return "\n".join(f"{path}: {COLUMNS[path].meaning}" for path in row.paths)


def _meanings() -> Iterator[str]:
    yield '<details><summary>What the figures mean</summary><div class="scroll"><table class="words"><tbody>'
    for path, column in COLUMNS.items():
        unit = symbol(column.unit)
        title = f"{column.title}{f' ({unit})' if unit else ''}"
        yield f"<tr><td>{escape(title)}</td><td>{escape(column.meaning)}</td><td><code>{path}</code></td></tr>"
    yield "</tbody></table></div></details>"

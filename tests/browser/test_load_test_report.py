"""The page of a load test's report, in a real browser: it fits, can be read, and loads and complains of nothing."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

from signaling.loadtest import html, limits
from signaling.loadtest.report import build
from tests.unit.signaling.loadtest.made import SCENARIO, seconds, server_seconds

_CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = color => {
        canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(each => each / 255)
            .map(each => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const behind = element => {
        for (let each = element; each; each = each.parentElement) {
            const color = getComputedStyle(each).backgroundColor;
            if (color !== "rgba(0, 0, 0, 0)") return color;
        }
    };
    return Math.min(...[...document.querySelectorAll("p, td, th, b, figcaption, .key i, .axis")].map(element => {
        const style = getComputedStyle(element);
        const one = light(element.matches(".axis") ? style.fill : style.color), other = light(behind(element));
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    }));
}"""
"""The least contrast of any text (WCAG 2.2, 1.4.3)."""


@pytest.mark.asyncio
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_and_can_be_read(
    browser: Browser, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    report = build(SCENARIO, seconds(cpu=0.95), url="https://meet.example/" + "x" * 200, server=server_seconds())
    judged = limits.judge(report, [limits.parse("joins.p95_s>1"), limits.parse("freezes>0")])
    path = tmp_path / "report.html"
    path.write_text(html.render(judged), "utf-8")
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = await context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(path.as_uri())
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(_CONTRAST) >= 4.5
    assert await page.locator("svg").count() == 25
    heights = await page.evaluate("[...document.querySelectorAll('svg')].map(each => each.clientHeight)")
    assert min(heights) > 100
    assert (said, asked) == ([], [path.as_uri()])

"""`milanio doctor`: what keeps this server from working, and what to do about it."""

import argparse
import asyncio
import json
import time
from dataclasses import asdict
from urllib.parse import urlsplit

from web.cli.settings import load
from web.cli.terminal import CommandError, print_table
from web.doctor.checkup import Checkup
from web.doctor.finding import Finding, Level


def run(arguments: argparse.Namespace) -> int:
    """Check everything. Returns 1 if anything doesn't work."""
    settings = load(arguments).settings
    url = arguments.clock
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise CommandError(f"--clock {url[:80]!r} isn't a URL such as https://example.org")
    findings = asyncio.run(Checkup(settings, time.time, url).findings())
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print_table(("", "CHECK", "FINDING"), ((each.level, each.check, _line(each)) for each in findings))
    return 1 if any(each.level is Level.PROBLEM for each in findings) else 0


def _line(finding: Finding) -> str:
    return f"{finding.text}. {finding.advice}" if finding.advice else finding.text

"""The configuration files in docs/self-hosting.md, with a test's own ports, names and certificate, and proxies that run
with them.
"""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import times

_ROOT = Path(__file__).resolve().parent.parent.parent
_BLOCK = re.compile(r"(?:<!-- ([\w-]+) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/1;
    proxy_temp_path {folder}/2;
    fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4;
    scgi_temp_path {folder}/5;
    proxy_read_timeout {idle}s;
    {sites}
}}
"""
_CADDY = """{{
    admin off
    auto_https off
}}
{sites}
"""


def blocks() -> dict[str, str]:
    """The guide's blocks of text, by name, or by language if they have none."""
    text = (_ROOT / "docs" / "self-hosting.md").read_text(encoding="utf-8")
    return {name or language: content for name, language, content in _BLOCK.findall(text)}


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Replace each of these in the text, which must have them."""
    for old, new in pairs:
        assert old in text, f"the guide doesn't say {old!r} any more"
        text = text.replace(old, new)
    return text


def free_port() -> int:
    """A TCP port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def program(name: str) -> str:
    """The program that `make test` found, or the machine's."""
    noted = _ROOT / "build" / name
    path = noted.read_text().strip() if noted.is_file() else shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not path:
        pytest.fail(f"{name} is not installed; run make test, which gets it")
    return path


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy's address, its server's address, and its certificate and key."""

    folder: Path
    port: int
    server_port: int

    @property
    def _files(self) -> tuple[str, str]:
        return str(self.folder / "chain.pem"), str(self.folder / "key.pem")

    def _server(self, text: str) -> str:
        return replaced(text, ("127.0.0.1:8080", f"127.0.0.1:{self.server_port}"))

    def nginx(self) -> str:
        """The guide's site."""
        chain, key = self._files
        return replaced(
            self._server(blocks()["nginx"]),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
            ("listen [::]:443 ssl;", ""),
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen [::]:80;", ""),
            ("/etc/letsencrypt/live/meet.example.org/fullchain.pem", chain),
            ("/etc/letsencrypt/live/meet.example.org/privkey.pem", key),
            ("meet.example.org", "localhost"),
            ("/var/www/html", str(self.folder)),
        )

    def nginx_folder(self) -> str:
        """The guide's folder, in a site without HTTPS."""
        upgrade = blocks()["nginx"].partition("server {")[0]
        inside = self._server(blocks()["nginx-folder"])
        return f"{upgrade} server {{ listen 127.0.0.1:{self.port}; {inside} location / {{ return 404; }} }}"

    def nginx_least(self, *, websockets: bool = True) -> str:
        """A proxy that tells the server neither the name nor the scheme nor the address."""
        chain, key = self._files
        upgrade = (
            "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
            if websockets
            else ""
        )
        return (
            f"server {{ listen 127.0.0.1:{self.port} ssl; ssl_certificate {chain}; ssl_certificate_key {key}; "
            f"location / {{ proxy_pass http://127.0.0.1:{self.server_port}; {upgrade} }} }}"
        )

    def caddy(self) -> str:
        """The guide's site."""
        return self._caddy_site(replaced(blocks()["caddy"], ("meet.example.org {\n", "")))

    def caddy_folder(self) -> str:
        """The guide's folder, in a site."""
        return self._caddy_site(f"{blocks()['caddy-folder']}\nrespond 404\n}}")

    def _caddy_site(self, rest: str) -> str:
        chain, key = self._files
        return f"https://localhost:{self.port} {{\nbind 127.0.0.1\ntls {chain} {key}\n{self._server(rest)}"


@asynccontextmanager
async def nginx(front: Front, sites: str, idle: int = 60) -> AsyncIterator[None]:
    """A running nginx with these sites, which closes connections after `idle` idle seconds."""
    file = front.folder / "nginx.conf"
    file.write_text(_NGINX.format(folder=front.folder, idle=idle, sites=sites))
    async with _running(front, program("nginx"), "-e", "stderr", "-p", str(front.folder), "-c", str(file)):
        yield


@asynccontextmanager
async def caddy(front: Front, sites: str) -> AsyncIterator[None]:
    """A running Caddy with these sites."""
    file = front.folder / "Caddyfile"
    file.write_text(_CADDY.format(sites=sites))
    async with _running(front, program("caddy"), "run", "--config", str(file), "--adapter", "caddyfile"):
        yield


@asynccontextmanager
async def _running(front: Front, *command: str) -> AsyncIterator[None]:
    log = front.folder / "proxy.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=front.folder, env={**os.environ, "HOME": str(front.folder)}, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(times.seconds(20)):
            while not _listens(front.port):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.02)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def command_line(part: str) -> str:
    """The guide's shell line with this in it."""
    text = (_ROOT / "docs" / "self-hosting.md").read_text(encoding="utf-8")
    (found,) = (
        line
        for _, language, content in _BLOCK.findall(text)
        if language == "sh"
        for line in content.splitlines()
        if part in line
    )
    return str(found)

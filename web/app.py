"""The whole server: HTTP, WebSocket and relay in one process on one event loop."""

import asyncio
import logging
import signal
import socket
import sys
import time

from aiohttp import web

from sfu.net.plane_loop import PlaneLoop
from sfu.net.server import MediaServer
from sfu.plane import MediaPlane
from sfu.relay import Relay
from signaling.messages.room_settings import NEW_ROOM
from signaling.rooms.registry import Registry
from signaling.session import SignalingServer
from signaling.turn import TurnServers
from storage.errors import StorageError
from storage.store import Store
from web import api, page, strangers
from web.addresses import LocalAddresses, candidates
from web.api import errors, ops
from web.base_path import BASE, in_folder
from web.calls import Calls, StoredRooms
from web.config import HTTP_PORT, Settings
from web.config_names import ConfigError
from web.connections import Connections, raise_descriptor_limit
from web.doctor.finding import Finding
from web.doctor.latest import LatestFindings
from web.first_administrator import FirstAdministrator
from web.front_door import Choose, FrontDoor, Way, cannot_listen, listening_socket
from web.garbage_collector import GarbageCollector
from web.journal_writer import JournalWriter
from web.loop_lag import LoopLag
from web.mail import LogSender, MailSender, MailWorker
from web.media_connections import MediaConnection
from web.readiness import Readiness
from web.security import link_token, load_test_token, rules, secret
from web.security.access_token import AccessTokens
from web.security.cookies import cookies
from web.security.cors import cors
from web.security.csrf import OriginCheck
from web.security.devices import Devices, device_cookie
from web.security.hosts import OwnHosts, http_url
from web.security.https import HTTPS, HttpsDetection
from web.security.load_test import is_unlimited, load_test
from web.security.passwords import COST, MAX_WAITING_PER_SOURCE, PasswordHasher
from web.security.proxies import TrustedProxies
from web.security.rate_limits import RateLimits, address_key
from web.services import SERVICES, Services
from web.tls.first_bytes import Speaks
from web.tls.serving import Tls, tls_of
from web.tls.strict import strict_transport
from web.traffic import Traffic

log = logging.getLogger(__name__)


class Server:
    """A running Milanio. Call `start`, then `stop`; `port` is where it listens. `password_cost` is bcrypt's; lower ones
    are for tests. `plane` is the media plane of the rooms; None: the relay of this process.
    """

    def __init__(self, settings: Settings, *, password_cost: int = COST, plane: MediaPlane | None = None) -> None:
        self.settings = settings
        self._password_cost = password_cost
        self.port = 0
        self.media = MediaServer(Relay())
        self._plane_loop = PlaneLoop(self.media)
        self.local_plane = self._plane_loop.plane
        self._plane: MediaPlane = self.local_plane if plane is None else plane
        self.services: Services | None = None
        self._runner: web.AppRunner | None = None
        self._local = LocalAddresses()
        self._tls: Tls | None = None
        self._doors: list[FrontDoor] = []
        self._garbage_collector = GarbageCollector(lambda: len(self.media.relay.transports))

    async def start(self) -> None:
        """Start everything and listen. Raises `ConfigError` if that fails."""
        settings = self.settings
        key = secret.key_of(settings)
        self._tls = tls_of(settings, self._known_as)
        services = self.services = await self._services(key)
        app = web.Application(
            middlewares=[
                page.secure_headers,
                page.caching,
                cors(settings.allowed_origins),
                errors.errors,
                load_test,
                device_cookie,
                cookies(key),
            ],
            client_max_size=errors.MAX_BODY,
        )
        if self._tls is not None and not self._tls.self_signed:
            app.on_response_prepare.append(strict_transport)
        app[SERVICES] = services
        app[HTTPS] = HttpsDetection(settings.public_url, services.proxies)
        app[BASE] = settings.base_path
        routes = [route for endpoints in api.ALL for route in endpoints.routes]
        routes += [*ops.routes, web.get("/ws", services.signaling.handle), *page.routes()]
        if settings.base_path:
            app.add_routes([web.get(settings.base_path, page.document)])
        app.add_routes(in_folder(routes, settings.base_path))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        try:
            await services.calls.start()
            assert self._runner.server is not None
            self._listen(self._runner.server)
        except (ConfigError, StorageError) as error:
            await self.stop()
            raise ConfigError(str(error)) from None
        self._plane_loop.start()
        services.signaling.start()
        services.mail.start()
        services.lag.start()
        services.problems.start()
        self._garbage_collector.start()
        if self._tls is not None:
            self._tls.start()

    @property
    def signaling(self) -> SignalingServer:
        """Rooms and WebSockets. Only while the server runs."""
        assert self.services is not None
        return self.services.signaling

    @property
    def scheme(self) -> str:
        """`http`, or `https` with a certificate of its own."""
        return "http" if self._tls is None else "https"

    async def _services(self, key: bytes) -> Services:
        """Make the services. Raises `ConfigError`."""
        settings = self.settings
        store = await _open_store(settings)
        first_administrator = FirstAdministrator(store)
        await first_administrator.prepare()
        origins = OriginCheck(settings.allowed_origins, settings.public_url)
        proxies = TrustedProxies(settings.trusted_proxies)
        writer = JournalWriter(store)
        rooms = StoredRooms(store, writer)
        registry = Registry(self._plane, rooms, writer)
        registry.caps = settings.caps
        registry.video_codecs = settings.video_codecs
        registry.secret = secret.derive(key, "persons")

        def permits(request: web.Request) -> bool:
            own = f"{proxies.of(request).scheme}://{request.host}"
            permitted = origins.permits_origin(request.headers, own)
            if not permitted:
                origins.warn(request.headers, own)
            return permitted

        def counted_as(request: web.Request) -> str | None:
            return None if is_unlimited(request) else address_key(proxies.of(request).address)

        limited = settings.rate_limits
        signaling = SignalingServer(
            registry, self._relay_hosts, secret.derive(key, "join"), permits, counted_as if limited else None
        )
        if settings.turn_secret is not None:
            signaling.turn = TurnServers(settings.turn_urls, settings.turn_secret.get_secret_value())
        calls = Calls(store, signaling, rooms, writer)
        return Services(
            settings=settings,
            store=store,
            media=self.media,
            signaling=signaling,
            calls=calls,
            passwords=PasswordHasher(cost=self._password_cost, per_source=MAX_WAITING_PER_SOURCE if limited else None),
            devices=Devices(secret.derive(key, "devices")),
            hosts=OwnHosts(
                settings.public_url,
                self._known_as,
                settings.allowed_origins,
                scheme=self.scheme,
            ),
            connections=Connections(lambda peer: None if proxies.trusts(peer) else address_key(peer), limited=limited),
            readiness=Readiness(store, lambda: calls.away),
            lag=LoopLag(),
            access_tokens=AccessTokens(secret.derive(key, "access")),
            load_test_key=secret.derive(key, load_test_token.PURPOSE),
            link_key=secret.derive(key, link_token.PURPOSE),
            limits=RateLimits(rules.RULES),
            proxies=proxies,
            origins=origins,
            tls=self._tls,
            mail=MailWorker(store.mail, _mail_sender(settings)),
            traffic=Traffic(self.local_plane, self.media.now),
            findings=LatestFindings(self._findings, time.monotonic),
            first_administrator=first_administrator,
        )

    def _listen(self, server: web.Server) -> None:
        settings, services = self.settings, self.services
        assert services is not None
        try:
            listener = listening_socket(settings.host, settings.port)
        except OSError as error:
            raise ConfigError(cannot_listen("TCP", settings.port, error)) from None
        self.port = services.hosts.port = listener.getsockname()[1]
        if self._tls is None:
            own = Way(services.connections.factory(server))
            plain: Choose = lambda speaks, _first: own if speaks is Speaks.HTTP else None  # noqa: E731
            self._open(listener, self._with_media(plain), says_too_slow=True)
        else:
            self._open(listener, self._with_media(self._tls.chooser(services.connections, server, services.hosts)))
            self._listen_plainly(self._tls)
        media_port = self.port if settings.media_port is None else settings.media_port
        try:
            self.media.start(settings.relay_host, media_port)
        except OSError as error:
            raise ConfigError(cannot_listen("UDP", media_port, error, "--media-port")) from None

    def _with_media(self, choose: Choose) -> Choose:
        """Give connections that carry media to the relay, if it is the one of this process."""
        assert self.services is not None
        if self._plane is not self.local_plane:
            return choose
        port = self.settings.stream_port(self.port)
        if port is None:
            return choose
        self.media.stream_port = port
        connections, streams = self.services.connections, self.media.streams
        media = Way(lambda made: MediaConnection(streams, connections, made))
        return lambda speaks, first: media if speaks is Speaks.FRAMED else choose(speaks, first)

    def _listen_plainly(self, tls: Tls) -> None:
        """Open the port that sends people on to HTTPS. Raises `ConfigError` if one was set and can't be used."""
        settings, services = self.settings, self.services
        assert services is not None
        port = settings.http_port
        if port == 0 or (port is None and not settings.domain):
            return
        try:
            listener = listening_socket(settings.host, HTTP_PORT if port is None else port)
        except OSError as error:
            text = cannot_listen("TCP", HTTP_PORT if port is None else port, error, "http_port")
            if port is not None:
                raise ConfigError(text) from None
            log.info("people who come without HTTPS find nothing: %s", text)
            return
        self._open(listener, tls.plain_chooser(services.connections, services.hosts))

    def _open(self, listener: socket.socket, choose: Choose, *, says_too_slow: bool = False) -> None:
        assert self.services is not None
        door = FrontDoor(listener, self.services.connections, choose, says_too_slow=says_too_slow)
        door.open()
        self._doors.append(door)

    async def _findings(self) -> list[Finding]:
        # Imported here: only administrators ask, and the checks take seconds anyway.
        from web.doctor.checkup import Checkup

        return await Checkup(self.settings, time.time).findings()

    def _known_as(self) -> list[str]:
        """List this machine's addresses, the best one for other machines first."""
        host = self.settings.host
        return [*self.settings.announce, *([host] if host else self._local.current())]

    def _relay_hosts(self, host_header: str) -> list[str]:
        return candidates(self.settings.relay_host, self.settings.announce, self._local.current(), host_header)

    async def stop(self) -> None:
        """Take nobody any more, tell everyone, then close sessions, media, HTTP, and the store last."""
        services = self.services
        for door in self._doors:
            door.close()
        if services is not None:
            await services.signaling.close()
        self._plane_loop.stop()
        self.media.close()
        if self._tls is not None:
            self._tls.stop()
        if self._runner is not None:
            await _clean_up(self._runner)
        if services is not None:
            services.lag.stop()
            services.problems.stop()
            self._garbage_collector.stop()
            await services.mail.stop()
            await services.calls.stop()
            services.passwords.close()
            services.avatars.close()
            await services.store.close()


async def _clean_up(runner: web.AppRunner) -> None:
    """End all requests and their connections, also those whose clients don't take what was written to them."""
    open_ones = [] if runner.server is None else [each.transport for each in runner.server.connections]
    await runner.cleanup()
    for transport in open_ones:
        if transport is not None:
            transport.abort()


async def _open_store(settings: Settings) -> Store:
    try:
        store = Store(settings.database_url, new_room=NEW_ROOM)
        await store.start()
    except (ValueError, StorageError) as error:
        raise ConfigError(f"database: {error}") from None
    return store


def _mail_sender(settings: Settings) -> MailSender:
    smtp = settings.smtp
    if smtp is None:
        return LogSender()
    # Imported here: see there.
    from web.mail.smtp import SmtpSender

    return SmtpSender(smtp)


def start_line(host: str, port: int, media_port: int, scheme: str = "http") -> str:
    """Say where the server is; `host` is the setting."""
    return f"Milanio is at {http_url(host or 'localhost', port, scheme)}, media on UDP port {media_port}"


async def serve(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises `ConfigError`."""
    if not page.is_built():
        raise ConfigError("the page isn't built; run make build, or install Milanio from a package")
    raise_descriptor_limit()
    server = Server(settings)
    await server.start()
    print(start_line(settings.host, server.port, server.media.port, server.scheme), flush=True)
    assert server.services is not None
    invitation = server.services.first_administrator.line(server.services.hosts.safe_url)
    for line in [*strangers.start_lines(settings), *([] if invitation is None else [invitation])]:
        if settings.log_format == "json":
            log.info(line)
        else:
            print(line, file=sys.stderr, flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await server.stop()

"""The page for administrators, from the link that makes the first one."""

import pytest
from playwright.async_api import Browser, expect

from signaling.client import Client, ClientError, ClientOptions, Pattern, create_room
from tests.browser.visitor import Visitor, log_in, register, visitor
from tests.browser.watching import PASSWORD
from web.app import Server

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]

ADA, BEN = "ada@example.org", "ben@example.org"


async def test_the_first_administrator_sees_and_manages_everything(browser: Browser, base: str, server: Server) -> None:
    await register(base, browser, ADA, "Ada Lovelace")
    await register(base, browser, BEN, "Ben")
    assert server.services is not None
    invitation = server.services.first_administrator.line(base)
    assert invitation is not None
    link = next(word for word in invitation.split() if word.startswith(base)).removeprefix(base)
    async with visitor(browser, base, reduced_motion=True) as ada:
        await log_in(ada, ADA)
        await ada.open("/admin")
        await ada.sees_heading("You're not an administrator")
        await ada.page.goto("about:blank")  # otherwise only the part behind the # changes
        await ada.open(link)
        await ada.sees_heading("Become the administrator")
        await ada.press("Become administrator")
        await ada.sees_heading("Administration")
        await ada.sees("kernel")
        await ada.picture("admin-overview")
        await ada.is_reached_by_keyboard("admin-overview")
        room = await ada.api("POST", "/api/rooms/create", {"title": "Monday meeting"})
        async with Client(base, room=room["code"], name="Bot") as bot:
            await bot.publish(Pattern(width=320, height=180, fps=15))
            await ada.page.get_by_role("tab", name="Calls").click()
            await ada.sees("1 person")
            await ada.sees("bit/s in")
            await ada.page.get_by_text("Who is in Monday meeting").click()
            await ada.sees("Bot")
            await ada.picture("admin-calls")
            await ada.press("End call")
            await ada.page.get_by_role("dialog").get_by_role("button", name="End call").click()
            await ada.sees("Nobody is in a call.")
        await ada.is_told_nothing()
        await ada.page.get_by_role("tab", name="Accounts").click()
        await ada.sees("2 accounts")
        await ada.picture("admin-accounts")
        await ada.press("More options for Ben")
        await ada.choose("Disable")
        await ada.sees("Disabled")
        await ada.is_told_nothing()
        await makes_and_revokes_a_key(ada, base)
        await ada.is_told_nothing()
        await ada.page.get_by_role("tab", name="Settings").click()
        await ada.sees("smtp_password")
        await ada.picture("admin-settings")
        await ada.page.get_by_role("tab", name="Log").click()
        await ada.sees("since the server started")
        await ada.picture("admin-log")
    ben = await server.services.store.users.by_email(BEN)
    assert ben is not None
    assert ben.disabled_at is not None
    await sees_it_in_german(browser, base)


async def makes_and_revokes_a_key(ada: Visitor, base: str) -> None:
    """With the key, a program has a room and lets a host in."""
    await ada.page.get_by_role("tab", name="API keys").click()
    await ada.sees("There are no keys.")
    await ada.press("New key")
    await ada.page.get_by_label("Name", exact=True).fill("Portal")
    await ada.page.get_by_text("Create and manage your rooms").click()
    await ada.page.get_by_text("Let people into your rooms, also as hosts").click()
    await ada.picture("admin-new-key")
    await ada.press("Make key")
    key = await ada.page.get_by_label("Key", exact=True).input_value()
    await ada.picture("admin-made-key")
    await ada.press("Close")
    code = await create_room(base, "By a program", key)
    async with Client(base, code, "Teacher", ClientOptions(access_token=key, host=True)) as teacher:
        await teacher.lock(locked=True)  # as only hosts can
    await ada.sees("rooms, join")
    await ada.picture("admin-keys")
    await ada.press("Revoke Portal")
    await ada.page.get_by_role("dialog").get_by_role("button", name="Revoke key").click()
    await ada.sees("There are no keys.")
    with pytest.raises(ClientError, match="was revoked"):
        await create_room(base, "Too late", key)


async def sees_it_in_german(browser: Browser, base: str) -> None:
    """Before and after logging in."""
    async with visitor(browser, base, locale="de-AT", reduced_motion=True) as guest:
        await guest.open("/admin")
        await guest.sees_heading("Als Administrator anmelden")
        await expect(guest.page.get_by_role("button", name="Anmelden", exact=True).first).to_be_visible()
        await guest.picture("admin-german")
        await guest.api("POST", "/api/auth/login", {"email": ADA, "password": PASSWORD})
        await guest.open("/admin")
        await guest.sees_heading("Verwaltung")
        await guest.sees("kein Mailserver ist gesetzt")
        await guest.picture("admin-overview-german")
        await guest.page.get_by_role("tab", name="API-Schlüssel").click()
        await guest.sees("Es gibt keine Schlüssel.")
        await guest.press("Neuer Schlüssel")
        await guest.sees("Leute in Ihre Räume lassen, auch als Host")
        await guest.picture("admin-new-key-german")

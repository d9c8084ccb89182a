import { DoorOpen, LogOut, ShieldCheck, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { session } from "../../api/session";
import type { Account } from "../../client/httpTypes";
import { openAuth } from "../../hooks/useAuthDialog";
import { useConfig } from "../../hooks/useConfig";
import { useSession } from "../../hooks/useSession";
import { errorText } from "../../i18n/errors";
import { notify } from "../../notices/notices";
import { Logo } from "../art/Logo";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Menu, MenuItem, MenuSeparator } from "../ui/Menu";
import { SettingsMenu } from "./SettingsMenu";

/** The upper edge of every page but the call. */
export function Header() {
  const { t } = useTranslation();
  const { user, status } = useSession();
  return (
    <header className="mx-auto flex w-full max-w-6xl items-center gap-1.5 px-4 py-3 sm:gap-3 sm:px-6 sm:py-4">
      <Link href="/" aria-label={t("header.home")} className="mr-auto rounded-control py-1">
        <Logo />
      </Link>
      <SettingsMenu />
      {user !== null && <AccountMenu user={user} />}
      {status === "guest" && <GuestButtons />}
    </header>
  );
}

function GuestButtons() {
  const { t } = useTranslation();
  const config = useConfig();
  return (
    <>
      <Button look="ghost" onClick={() => openAuth("login")}>
        {t("header.login")}
      </Button>
      {config?.registration !== "closed" && (
        <span className="hidden sm:block">
          <Button onClick={() => openAuth("register")}>{t("header.register")}</Button>
        </span>
      )}
    </>
  );
}

function AccountMenu({ user }: { user: Account }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const logOut = (): void => {
    session.logOut().then(
      () => {
        notify(t("notices.loggedOut"));
        navigate("/");
      },
      (error: unknown) => notify(errorText(error), { kind: "bad" }),
    );
  };
  return (
    <Menu
      trigger={
        <button type="button" className="rounded-full p-0.5">
          <span className="sr-only">{t("header.account")}</span>
          <Avatar name={user.name} colour={user.avatar_colour} picture={user.avatar} size={40} />
        </button>
      }
    >
      <div className="max-w-72 px-3 py-2">
        <p className="truncate font-semibold">{user.name}</p>
        <p className="truncate text-sm text-quiet">{user.email}</p>
      </div>
      <MenuSeparator />
      <MenuItem icon={DoorOpen} onSelect={() => navigate("/")}>
        {t("header.rooms")}
      </MenuItem>
      <MenuItem icon={UserRound} onSelect={() => navigate("/profile")}>
        {t("header.profile")}
      </MenuItem>
      {user.administrator && (
        <MenuItem icon={ShieldCheck} onSelect={() => navigate("/admin")}>
          {t("header.admin")}
        </MenuItem>
      )}
      <MenuSeparator />
      <MenuItem icon={LogOut} onSelect={logOut}>
        {t("header.logout")}
      </MenuItem>
    </Menu>
  );
}

import { useEffect, useState } from "react";
import { recallInTab, rememberInTab } from "../lib/storage";

const keyOf = (code: string): string => `milanio.link.${code}`;

/**
 * The token of the personal link by which somebody has come to a room; null: they came without. It says who they are.
 *
 * It never went to the server with the request for the page. It is taken out of the address, so that it stays in no
 * history and nobody copies it, and kept for the tab alone, so that a reload leads in again.
 */
export function usePersonalLink(code: string): { token: string | null; drop: () => void } {
  const [token, setToken] = useState(() => tokenInAddress() ?? recallInTab(keyOf(code)));
  useEffect(() => {
    const take = (): void => {
      const found = tokenInAddress();
      if (found === null) return;
      history.replaceState(history.state, "", location.pathname + location.search);
      rememberInTab(keyOf(code), found);
      setToken(found);
    };
    take();
    // Another link to the same room, opened in this tab: the page isn't loaded again.
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, [code]);
  const drop = (): void => {
    rememberInTab(keyOf(code), null);
    setToken(null);
  };
  return { token, drop };
}

function tokenInAddress(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get("link");
}

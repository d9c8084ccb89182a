import { createRoot } from "react-dom/client";
import i18next from "i18next";
import { onSignedOut } from "./client/http";
import { session } from "./api/session";
import { App } from "./App";
import { startTexts } from "./i18n/i18n";
import { notify } from "./notices/notices";
import { theme } from "./theme/theme";
import "./styles/base.css";

async function start(root: HTMLElement): Promise<void> {
  theme();
  await startTexts();
  // Before the session itself hears of it: whoever was a guest all along is told nothing.
  onSignedOut(() => {
    if (session.getSnapshot().user !== null) notify(i18next.t("common:notices.signedOut"), { kind: "warning" });
  });
  createRoot(root).render(<App />);
}

const root = document.getElementById("root");
// boot.js has looked at the browser; where it is too old, its message stays.
if (root !== null && document.documentElement.dataset.browser !== "old") void start(root);

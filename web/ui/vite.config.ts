import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import browsers from "./browsers.json" with { type: "json" };
import { bootScript } from "./scripts/bootScript.ts";
import { icons } from "./scripts/icons.ts";
import { precompress } from "./scripts/precompress.ts";

const server = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwind(), bootScript("src/boot/boot.js"), icons("src/icon.svg"), precompress()],
  resolve: {
    alias: {
      // The original adds <style> elements, which the content security policy of the server forbids.
      "react-style-singleton": fileURLToPath(new URL("src/lib/styleSingleton.ts", import.meta.url)),
    },
  },
  // Relative, so that one build serves in any folder; the server puts the folder before what the document links to.
  experimental: {
    renderBuiltUrl: (name, { hostType }) => (hostType === "html" ? `/${name}` : { relative: true }),
  },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsDir: "assets",
    // The content security policy of the server allows no data: addresses but for pictures.
    assetsInlineLimit: 0,
    target: browsers.versions,
  },
  server: {
    proxy: { "/api": server, "/ws": { target: server, ws: true } },
  },
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    environment: "node",
    // Most of the time goes into starting the many small files: left to itself, it spares a processor.
    maxWorkers: "100%",
    // Against tests that hang: timers are faked, nothing is judged by it.
    testTimeout: 20_000 * Number(process.env.MILANIO_TEST_TIME_FACTOR ?? 1),
  },
});

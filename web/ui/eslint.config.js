import css from "@eslint/css";
import js from "@eslint/js";
import baselineJs from "eslint-plugin-baseline-js";
import reactHooks from "eslint-plugin-react-hooks";
import { readFileSync } from "node:fs";
import tseslint from "typescript-eslint";

/** The year whose browsers the page runs in, and what they were at its end: see "Browsers" in docs/page.md. */
const BROWSERS = JSON.parse(readFileSync(`${import.meta.dirname}/browsers.json`, "utf8"));

/** Said to be newer or rarer than they are. */
const EVERYWHERE = [
  // Since 2022; only the name of its error has changed.
  "abortsignal-timeout",
  // Found by the names of members alone: width, height, srcObject.
  "css-object-model-discouraged",
  "media-source",
  // On phones too, for what it is used for.
  "devicepixelratio",
];

/** What the page can do without, as web-features calls it, and the files that ask first whether it is there. */
const ASKED_FOR = {
  "async-clipboard": ["src/hooks/useCopy.ts", "src/components/call/invite.ts"],
  fullscreen: ["src/client/fullScreen.ts", "src/hooks/useFullScreen.ts", "src/components/call/TileMenu.tsx"],
  "intl-segmenter": ["src/lib/graphemes.ts"],
  "picture-in-picture": ["src/components/call/TileMenu.tsx"],
  "request-video-frame-callback": ["src/lib/videoFrames.ts"],
  "screen-capture": ["src/client/devices.ts"],
  "screen-wake-lock": ["src/client/wakeLock.ts"],
  share: ["src/components/rooms/ShareDialog.tsx"],
};

/** Whatever the promised browsers lack is an error, by the data of web-features; with types, for members too. */
function available(...ignored) {
  const known = { available: BROWSERS.baseline, ignoreFeatures: [...EVERYWHERE, ...ignored] };
  const everything = { preset: "type-aware" };
  return {
    "baseline-js/use-baseline": ["error", { ...known, includeWebApis: everything, includeJsBuiltins: everything }],
  };
}

function asksFor(file) {
  const features = Object.keys(ASKED_FOR).filter((feature) => ASKED_FOR[feature].includes(file));
  return { files: [file], rules: available(...features) };
}

/** Folders of plain TypeScript. */
const FRAMEWORK_FREE = new Set(["client", "api", "notices", "theme"]);

function globals(names) {
  return Object.fromEntries(names.split(" ").map((name) => [name, "readonly"]));
}

/** Imports run pages → components → hooks → client, never the other way. */
function layer(folder, forbidden) {
  const patterns = forbidden.map((name) => ({ group: [`**/${name}/**`], message: `${folder} may not import ${name}` }));
  if (FRAMEWORK_FREE.has(folder))
    patterns.push({ group: ["react", "react-dom", "react/**"], message: `${folder} has no React` });
  return { files: [`src/${folder}/**`], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

export default tseslint.config(
  { ignores: ["node_modules", "src/client/httpTypes.ts", "src/client/protocol.ts"] },
  { files: ["**/*.js", "**/*.mjs", "**/*.ts", "**/*.tsx"], ...js.configs.recommended },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  { files: ["src/**/*.ts", "src/**/*.tsx"], ...reactHooks.configs.flat.recommended },
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    rules: {
      "max-lines": ["error", 600],
      "max-lines-per-function": ["error", 60],
    },
  },
  { files: ["src/**/*.ts", "src/**/*.tsx"], plugins: { "baseline-js": baselineJs }, rules: available() },
  ...[...new Set(Object.values(ASKED_FOR).flat())].map(asksFor),
  {
    files: ["src/**/*.css"],
    plugins: { css },
    language: "css/css",
    // Tailwind has rules of its own.
    languageOptions: { tolerant: true },
    rules: {
      "css/use-baseline": [
        "error",
        {
          available: BROWSERS.baseline,
          // Nothing is missed where these are not known.
          allowProperties: ["content-visibility", "field-sizing", "overflow-anchor", "text-wrap"],
        },
      ],
    },
  },
  {
    files: ["scripts/**"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
  },
  {
    files: ["src/boot/**"],
    languageOptions: {
      sourceType: "script",
      globals: globals("window document navigator CSS Document AbortSignal ResizeObserver"),
    },
  },
  layer("client", ["api", "hooks", "components", "pages"]),
  layer("api", ["hooks", "components", "pages"]),
  layer("notices", ["hooks", "components", "pages"]),
  layer("theme", ["hooks", "components", "pages"]),
  layer("hooks", ["components", "pages"]),
  layer("components", ["pages"]),
);

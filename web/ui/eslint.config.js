import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

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
  { ignores: ["node_modules", "src/client/protocol.ts"] },
  js.configs.recommended,
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

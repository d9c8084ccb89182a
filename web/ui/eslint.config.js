import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Imports run pages → components → hooks → client, never the other way. */
function layer(folder, forbidden) {
  const patterns = forbidden.map((name) => ({ group: [`**/${name}/**`], message: `${folder} may not import ${name}` }));
  if (folder === "client") patterns.push({ group: ["react", "react-dom", "react/**"], message: "client has no React" });
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
  layer("client", ["hooks", "components", "pages"]),
  layer("hooks", ["components", "pages"]),
  layer("components", ["pages"]),
);

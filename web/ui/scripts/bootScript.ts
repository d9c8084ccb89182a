import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/**
 * Puts a classic script in place of `<!-- boot -->`, as a file with a hashed name.
 *
 * It runs before anything is painted, and in browsers that know no modules; Vite itself leaves such scripts alone,
 * and the content security policy allows none inside the document.
 */
export function bootScript(path: string): Plugin {
  let building = false;
  const source = readFileSync(path, "utf8");
  const name = `assets/boot-${createHash("sha256").update(source).digest("base64url").slice(0, 8)}.js`;
  return {
    name: "boot-script",
    configResolved(config) {
      building = config.command === "build";
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: name, source });
    },
    transformIndexHtml(html) {
      // Before the style sheets: a script waits for those that come first.
      return html.replace("<!-- boot -->", `<script src="/${building ? name : path}"></script>`);
    },
  };
}

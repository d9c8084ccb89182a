import { readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = new Set([".css", ".js", ".json", ".svg"]);

/** Smaller ones fit into one packet anyway. */
const WORTH_IT = 1024;

/**
 * Writes a .br and a .gz beside each file of text: the server sends those to browsers that take them. Not for the
 * document, which the server completes.
 */
export function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    enforce: "post",
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (!TEXT.has(extname(name))) continue;
        const path = join(dir ?? ".", name);
        const data = readFileSync(path);
        if (data.length < WORTH_IT) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
        writeFileSync(`${path}.br`, brotliCompressSync(data, { params }));
        writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
      }
    },
  };
}

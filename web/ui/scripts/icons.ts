import { Resvg } from "@resvg/resvg-js";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/** Behind icons that fill their whole square: the systems that show them cut the corners off themselves. */
const BACKGROUND = "#0d6b5e";
const PAGE = "#f6f4ef";

/**
 * Draws what browsers and systems ask for under fixed names from the one picture at `path`: favicon.ico, the icons of
 * the manifest and of home screens, and the picture beside links in other programs.
 */
export function icons(path: string): Plugin {
  return {
    name: "icons",
    apply: "build",
    generateBundle() {
      const svg = readFileSync(path, "utf8");
      const emit = (fileName: string, source: Uint8Array | string): void => {
        this.emitFile({ type: "asset", fileName, source });
      };
      const small = [16, 32, 48];
      emit("favicon.ico", ico(small.map((size) => ({ size, png: draw(svg, size) }))));
      // Systems that mask an icon show the middle of it: the picture keeps clear of the edge.
      emit("apple-touch-icon.png", draw(framed(svg, { width: 180, height: 180, size: 150, fill: BACKGROUND }), 180));
      for (const size of [192, 512]) emit(`icon-${size}.png`, draw(svg, size));
      emit("icon-mask-512.png", draw(framed(svg, { width: 512, height: 512, size: 400, fill: BACKGROUND }), 512));
      emit("preview.png", draw(framed(svg, { width: 1200, height: 630, size: 320, fill: PAGE }), 1200));
      emit("manifest.webmanifest", JSON.stringify(MANIFEST));
    },
    // Not in the document itself: Vite would look for the files, and give them other names.
    transformIndexHtml: { order: "post", handler: (html) => html.replace("<!-- links -->", LINKS) },
  };
}

const LINKS = `<link rel="icon" href="/favicon.ico" sizes="32x32" />
    <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
    <link rel="manifest" href="/manifest.webmanifest" />`;

/** Addresses are relative to its own, so that it is right in any folder. */
const MANIFEST = {
  name: "Milanio",
  short_name: "Milanio",
  description: "Video calls on your own server.",
  start_url: "./",
  scope: "./",
  display: "standalone",
  background_color: PAGE,
  theme_color: PAGE,
  icons: [
    { src: "icon-192.png", sizes: "192x192", type: "image/png" },
    { src: "icon-512.png", sizes: "512x512", type: "image/png" },
    { src: "icon-mask-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
};

function draw(svg: string, width: number): Uint8Array {
  return new Resvg(svg, { fitTo: { mode: "width", value: width }, font: { loadSystemFonts: false } }).render().asPng();
}

interface Frame {
  width: number;
  height: number;
  /** Of the picture in the middle. */
  size: number;
  fill: string;
}

/** The picture in the middle of a plain area. */
function framed(svg: string, { width, height, size, fill }: Frame): string {
  const inner = svg.replace(
    "<svg ",
    `<svg x="${(width - size) / 2}" y="${(height - size) / 2}" width="${size}" height="${size}" `,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" fill="${fill}"/>${inner}</svg>`;
}

/** The format's head, a directory, and the pictures themselves as PNG, which all that read it have known since 2007. */
function ico(pictures: readonly { size: number; png: Uint8Array }[]): Uint8Array {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  pictures.forEach(({ size, png }, index) => {
    const at = 6 + 16 * index;
    head.writeUInt8(size, at);
    head.writeUInt8(size, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
}

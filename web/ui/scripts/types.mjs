// Writes src/client/protocol.ts from protocol.schema.json; with --check, exits with 1 where it is not current.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";

const schemaFile = new URL("../src/client/protocol.schema.json", import.meta.url);
const typesFile = new URL("../src/client/protocol.ts", import.meta.url);

/** `type` is on every message that is sent, whatever the schema calls optional, and unions are told apart by it. */
function requireConstants(definition) {
  const constants = Object.entries(definition.properties ?? {})
    .filter(([, property]) => "const" in property)
    .map(([name]) => name);
  return { ...definition, required: [...new Set([...(definition.required ?? []), ...constants])] };
}

function prepare(schema) {
  const definitions = Object.entries(schema.$defs).map(([name, body]) => [name, requireConstants(body)]);
  return { ...schema, $defs: Object.fromEntries(definitions) };
}

const schema = JSON.parse(await readFile(schemaFile, "utf8"));
const generated = await compile(prepare(schema), "Protocol", {
  bannerComment: "// Generated from protocol.schema.json by `npm run types`.",
  ignoreMinAndMaxItems: true,
  format: false,
});
const options = await resolveConfig(typesFile);
const longest = `
/** Unicode code points that a chat message may have. */
export const LONGEST_CHAT = ${schema.$defs.Chat.properties.text.maxLength};
`;
const wanted = await format(generated + longest, { ...options, parser: "typescript" });

if (process.argv.includes("--check")) {
  const current = await readFile(typesFile, "utf8").catch(() => "");
  if (current !== wanted) {
    console.error("src/client/protocol.ts is not current: run `npm run types`.");
    process.exit(1);
  }
} else {
  await writeFile(typesFile, wanted);
}

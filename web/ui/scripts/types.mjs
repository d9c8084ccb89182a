// Writes the types of what the page and the server say to each other, from JSON schemas that the server makes; with
// --check, exits with 1 where they are not current.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";

const client = new URL("../src/client/", import.meta.url);

/** `type` is on every message that is sent, whatever the schema calls optional, and unions are told apart by it. */
function requireConstants(definition) {
  const constants = Object.entries(definition.properties ?? {})
    .filter(([, property]) => "const" in property)
    .map(([name]) => name);
  return { ...definition, required: [...new Set([...(definition.required ?? []), ...constants])] };
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

function defaultsOf(definition) {
  const properties = Object.entries(definition.properties);
  return Object.fromEntries(
    properties
      .filter(([, { default: value }]) => value !== undefined)
      .map(([name, { default: value }]) => [name, value]),
  );
}

async function compiled(schema, name, source) {
  return compile(schema, name, {
    bannerComment: `// Generated from ${source} by \`npm run types\`.`,
    ignoreMinAndMaxItems: true,
    additionalProperties: false,
    format: false,
  });
}

/** The WebSocket's messages. */
async function protocol(schema, source) {
  const types = await compiled({ ...schema, $defs: mapValues(schema.$defs, requireConstants) }, "Protocol", source);
  return `${types}
/** What holds for a room where the server says nothing of a setting. */
export const ROOM_DEFAULTS: Required<Omit<Room, "id" | "code">> = ${JSON.stringify(defaultsOf(schema.$defs.Room))};

/** Unicode code points that a chat message may have. */
export const LONGEST_CHAT = ${schema.$defs.Chat.properties.text.maxLength};
`;
}

/** The HTTP API: the models, and what each endpoint takes and gives. */
async function http({ endpoints, ...schema }, source) {
  const orNothing = (model) => model ?? { tsType: "undefined" };
  const required = ["body", "reply"];
  const properties = mapValues(endpoints, ({ body, reply }) => ({
    type: "object",
    properties: { body: orNothing(body), reply: orNothing(reply) },
    required,
  }));
  const whole = { ...schema, type: "object", properties, required: Object.keys(properties) };
  const types = await compiled(whole, "HttpApi", source);
  const settings = schema.$defs.RoomSettings.properties;
  const capacity = settings.capacity.anyOf.find((option) => option.type === "integer");
  return `${types}
/** A room's settings, none left out. */
export type AllRoomSettings = Required<RoomSettings>;

/** What a new room has where nothing is said. */
export const NEW_ROOM: AllRoomSettings = ${JSON.stringify(defaultsOf(schema.$defs.RoomSettings))};

/** Characters of a room's title. */
export const LONGEST_TITLE = ${settings.title.maxLength};

/** People that a room may be limited to. */
export const LEAST_CAPACITY = ${capacity.minimum};
export const MOST_CAPACITY = ${capacity.maximum};
`;
}

const check = process.argv.includes("--check");
for (const [name, write] of Object.entries({ protocol, http })) {
  const source = `${name}.schema.json`;
  const target = new URL(`${name === "http" ? "httpTypes" : name}.ts`, client);
  const text = await write(JSON.parse(await readFile(new URL(source, client), "utf8")), source);
  const wanted = await format(text, { ...(await resolveConfig(target)), parser: "typescript" });
  if (!check) await writeFile(target, wanted);
  else if ((await readFile(target, "utf8").catch(() => "")) !== wanted) {
    console.error(`${target.pathname.split("/").at(-1)} is not current: run \`npm run types\`.`);
    process.exitCode = 1;
  }
}

"""The OpenAPI document as a page for people: plain HTML, rendered on the server, without scripts."""

from collections.abc import Iterator
from html import escape
from typing import Any

Json = dict[str, Any]

STYLE = """\
:root { color-scheme: light dark; --text: #1f2937; --soft: #4b5563; --page: #ffffff; --card: #f3f4f6;
  --line: #d1d5db; --link: #1d4ed8 }
@media (prefers-color-scheme: dark) { :root { --text: #e5e7eb; --soft: #9ca3af; --page: #111827; --card: #1f2937;
  --line: #374151; --link: #93c5fd } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1rem 6rem; max-width: 60rem; background: var(--page); color: var(--text);
  font: 1rem/1.6 system-ui, sans-serif }
h1 { margin: 0; font-size: 2rem; line-height: 1.2 }
h2 { margin: 3rem 0 1rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.4rem }
h3 { margin: 0 0 .5rem; font-size: 1rem; overflow-wrap: anywhere }
h4 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--soft) }
p { margin: .5rem 0 }
a { color: var(--link) }
code { font: .9em ui-monospace, monospace }
nav > div { columns: 24rem; column-gap: 2rem }
nav h3 { margin: 0 0 .5rem; color: var(--soft) }
nav ul { margin: 0 0 1.5rem; padding: 0; list-style: none; break-inside: avoid }
nav li { margin: .25rem 0 }
nav li a { display: flex; align-items: baseline; text-decoration: none; overflow-wrap: anywhere }
nav li a:hover code { text-decoration: underline }
section article { margin: 1rem 0; padding: 1rem; border-radius: .75rem; background: var(--card) }
.method { display: inline-block; flex: none; width: 4rem; margin-right: .75rem; border-radius: .375rem;
  background: #334155; color: #ffffff; font-size: .75rem; font-weight: 600; line-height: 1.4rem; text-align: center }
.get { background: #1d4ed8 } .post { background: #15803d } .put, .patch { background: #a16207 }
.delete { background: #b91c1c }
.soft { color: var(--soft) }
.wide { overflow-x: auto }
table { width: 100%; border-collapse: collapse; font-size: .9rem }
th, td { padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top }
tr:first-child > * { border-top: 0 }
th { width: 1%; font-weight: 600; white-space: nowrap }
"""

_LIMITS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("pattern", "pattern {}"),
    ("format", "{}"),
)


def render(document: Json, style_path: str, json_path: str) -> str:
    """Render the page; its style is served at `style_path`, the document itself at `json_path`."""
    info = document["info"]
    operations = [
        (method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()
    ]
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(info['title'])}: HTTP API</title>",
            f'<link rel="stylesheet" href="{escape(style_path)}"></head>',
            "<body>",
            f"<h1>{escape(info['title'])}: HTTP API</h1>",
            f'<p class="soft">Version {escape(info["version"])}. Also available as an '
            f'<a href="{escape(json_path)}">OpenAPI document</a>.</p>',
            *(f"<p>{_marked(text)}</p>" for text in info["description"].split("\n\n")),
            "<nav><h2>Endpoints</h2><div>",
            *(_contents(tag["name"], operations) for tag in document["tags"]),
            "</div></nav>",
            *(_section(tag["name"], operations, document) for tag in document["tags"]),
            "<section><h2>Schemas</h2>",
            *(_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())),
            "</section></body></html>\n",
        )
    )


def _contents(tag: str, operations: list[tuple[str, str, Json]]) -> str:
    lines = [
        f'<li><a href="#{escape(operation["operationId"])}">{_call(method, path)}</a></li>'
        for method, path, operation in operations
        if tag in operation["tags"]
    ]
    return "\n".join((f"<ul><li><h3>{escape(tag)}</h3></li>", *lines, "</ul>"))


def _section(tag: str, operations: list[tuple[str, str, Json]], document: Json) -> str:
    cards = [_card(*each, document) for each in operations if tag in each[2]["tags"]]
    return "\n".join((f"<section><h2>{escape(tag)}</h2>", *cards, "</section>"))


def _card(method: str, path: str, operation: Json, document: Json) -> str:
    return "\n".join(
        (
            f'<article id="{escape(operation["operationId"])}">',
            f"<h3>{_call(method, path)}</h3>",
            f"<p>{_marked(operation['summary'])}.</p>",
            *(f"<p>{_marked(text)}</p>" for text in operation.get("description", "").split("\n\n") if text),
            f'<p class="soft">{_who(operation["security"])}</p>',
            *_parameters(operation.get("parameters", [])),
            *_body(operation.get("requestBody"), document),
            "<h4>Responses</h4>",
            _table((escape(status), _answer(status, reply)) for status, reply in operation["responses"].items()),
            "</article>",
        )
    )


def _call(method: str, path: str) -> str:
    method = escape(method)
    return f'<span class="method {method}">{method.upper()}</span><code>{escape(path)}</code>'


def _who(security: list[Json]) -> str:
    if not security:
        return "Public: no authentication."
    return "Public; authentication is optional." if {} in security else "Requires authentication."


def _parameters(parameters: list[Json]) -> Iterator[str]:
    if parameters:
        yield "<h4>Parameters</h4>"
        yield _table(
            (
                f"<code>{escape(each['name'])}</code>",
                f"in the {escape(each['in'])}",
                _type(each["schema"]),
                "" if each["required"] else "optional",
            )
            for each in parameters
        )


def _body(body: Json | None, document: Json) -> Iterator[str]:
    if body is None:
        return
    for media, content in body["content"].items():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        yield f"<h4>Body: {escape(media)}</h4>"
        if name:
            yield _fields(document["components"]["schemas"][name])


def _answer(status: str, reply: Json) -> str:
    # The form of errors is described once, above.
    contents = reply.get("content", {}).values() if status < "300" else ()
    return " ".join((_marked(reply["description"]), *(_content(content) for content in contents)))


def _content(content: Json) -> str:
    return _type(content["schema"]) if "schema" in content else "bytes"


def _schema(name: str, schema: Json) -> str:
    about = _marked(schema.get("description", ""))
    content = _fields(schema) if "properties" in schema else f"<p>{_type(schema)}</p>"
    return f'<article id="{escape(name)}"><h3>{escape(name)}</h3><p>{about}</p>{content}</article>'


def _fields(schema: Json) -> str:
    required = schema.get("required", [])
    return _table(
        (
            f"<code>{escape(field)}</code>",
            _type(of_field),
            "" if field in required else "optional",
            _marked(of_field.get("description", "")),
        )
        for field, of_field in schema.get("properties", {}).items()
    )


def _type(schema: Json) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [text.format(escape(str(schema[key]))) for key, text in _LIMITS if key in schema]
    return f"{escape(str(kind))}{' (' + ', '.join(limits) + ')' if limits else ''}"


def _table(lines: Iterator[tuple[str, ...]] | Any) -> str:
    rows = [f"<tr><th>{first}</th>{''.join(f'<td>{cell}</td>' for cell in rest)}</tr>" for first, *rest in lines]
    return f'<div class="wide"><table>{"".join(rows)}</table></div>' if rows else ""


def _marked(text: str) -> str:
    """Escape a text, and mark what is in backticks as code."""
    parts = escape(" ".join(text.split())).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))

import inspect
import re
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from web import api
from web.api import docs, openapi
from web.api.endpoint import Access, Body, Call, Endpoint, Endpoints, Reply

DOCUMENT = openapi.document(api.ALL, "1.2.3")
ENDPOINTS = [endpoint for group in api.ALL for endpoint in group.all]


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, found) for path, item in document["paths"].items() for method, found in item.items()]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_it_is_a_valid_document_and_its_schemas_are_valid_schemas() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_endpoint_is_in_it_once() -> None:
    declared = {(endpoint.method.lower(), endpoint.path) for endpoint in ENDPOINTS}
    assert len(declared) == len(ENDPOINTS)
    assert {(method, path) for method, path, _ in operations(DOCUMENT)} == declared | {("get", "/api/health")}
    names = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for _, _, operation in operations(DOCUMENT))


def test_what_is_referred_to_is_there_and_nothing_else() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert references(DOCUMENT) == {f"#/components/schemas/{name}" for name in schemas}


def test_nobody_chose_one_name_for_two_things() -> None:
    # pydantic would tell them apart by their modules, in names that nobody wants to read.
    assert [name for name in DOCUMENT["components"]["schemas"] if "__" in name] == []


class Text(Body):
    text: str


class Optional(Body):
    text: str = ""


class Page(Body):
    number: int
    size: int = 10


class Number(Reply):
    number: int


async def handler(call: Call) -> None:
    """Do something.

    And more.
    """


def declared(method: str = "GET", path: str = "/api/x", **options: Any) -> tuple[Endpoint, dict[str, Any]]:
    group = Endpoints("Tests")
    group.add(method, path, **options)(handler)
    document = openapi.document([group], "1")
    (endpoint,) = group.all
    operation: dict[str, Any] = document["paths"][path][method.lower()]
    return endpoint, operation


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        ({"access": Access.PUBLIC}, "204"),
        ({"access": Access.ANYONE}, "204 401 503"),
        ({}, "204 401 503"),
        ({"reply": Number}, "200 401 503"),
        ({"reply": Number, "status": 201}, "201 401 503"),
        ({"access": Access.PUBLIC, "media": "image/webp", "errors": (304,)}, "200 304"),
        ({"access": Access.PUBLIC, "query": Page}, "204 422"),
        ({"access": Access.PUBLIC, "limit": "rule"}, "204 429"),
        ({"access": Access.PUBLIC, "path": "/api/{id}"}, "204 404 503"),
        ({"access": Access.PUBLIC, "method": "DELETE"}, "204 403"),
        ({"access": Access.PUBLIC, "method": "POST", "body": Text}, "204 400 403 408 413 422 503"),
        (
            {"access": Access.PUBLIC, "method": "PUT", "takes": ("image/png",), "errors": (415,)},
            "204 400 403 408 413 415 422 503",
        ),
    ],
)
def test_statuses_follow_from_the_declaration(options: dict[str, Any], statuses: str) -> None:
    _, operation = declared(**options)
    assert " ".join(operation["responses"]) == statuses
    for status, response in operation["responses"].items():
        if status >= "400":
            content = response["content"]["application/json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ErrorReply"}


def test_text_parameters_and_bodies_follow_from_the_declaration() -> None:
    _, operation = declared("POST", "/api/{room}/x/{id}", body=Text, query=Page, access=Access.ANYONE)
    assert (operation["summary"], operation["description"]) == ("Do something", "And more.")
    assert [(each["in"], each["name"], each["required"]) for each in operation["parameters"]] == [
        ("path", "room", True),
        ("path", "id", True),
        ("query", "number", True),
        ("query", "size", False),
    ]
    assert operation["requestBody"]["required"] is True
    assert operation["security"] == [{}, {"bearer": []}, {"cookie": []}]
    assert declared("POST", body=Optional)[1]["requestBody"]["required"] is False
    assert declared(access=Access.PUBLIC)[1]["security"] == []
    assert declared()[1]["security"] == [{"bearer": []}, {"cookie": []}]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_whoever_counts_tries_says_so(endpoint: Endpoint) -> None:
    if "call.limit(" in inspect.getsource(endpoint.handler):
        assert 429 in openapi.statuses(endpoint)


class _Page(HTMLParser):
    """The tags, identities and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.add(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_for_people_shows_it_all_and_needs_nothing_that_the_policy_forbids() -> None:
    page = _Page(docs.render(DOCUMENT, "/api/docs.css", "/api/openapi.json"))
    assert not page.tags & {"script", "style", "iframe", "img", "form"}
    assert not {name for name in page.attributes if name == "style" or name.startswith("on")}
    assert len(set(page.ids)) == len(page.ids)
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {"/api/docs.css", "/api/openapi.json"}
    for _, path, operation in operations(DOCUMENT):
        assert path in page.text
        assert operation["operationId"] in inside
    assert set(DOCUMENT["components"]["schemas"]) <= set(page.ids)
    assert not re.search(r"`|None|\{\}", page.text)


def test_the_page_escapes_what_it_shows() -> None:
    document = openapi.document([], "<script>1</script>")
    document["info"]["description"] = "<b> & `<i>`"
    page = docs.render(document, '"><script>', "/x")
    assert "<script>" not in page
    assert "&lt;b&gt; &amp; <code>&lt;i&gt;</code>" in page

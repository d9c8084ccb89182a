"""What the page's types of the HTTP API are made of."""

from pathlib import Path

import jsonschema_rs
import pytest

from web import api
from web.api import schema
from web.api.openapi import document


def test_the_file_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--check"]) == 0, capsys.readouterr().err


def test_a_file_that_is_behind_is_told_of_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "http.schema.json"
    monkeypatch.setattr(schema, "SCHEMA_FILE", path)
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    path.write_text("{}", "utf-8")
    assert schema.main(["--check"]) == 1


def test_every_model_of_the_document_is_in_it_and_valid() -> None:
    found = schema.json_schema()
    assert found["$defs"].keys() == document(api.ALL, "")["components"]["schemas"].keys()
    for name, definition in found["$defs"].items():
        jsonschema_rs.meta.validate({**definition, "$defs": found["$defs"]})
        assert isinstance(definition.get("properties", {}).get("title", {}), dict), name
    assert found["$defs"]["RoomSettings"]["properties"]["title"]["default"] == ""


def test_endpoints_take_and_give_models_or_nothing() -> None:
    endpoints = schema.json_schema()["endpoints"]
    assert endpoints["POST /api/rooms/join"] == {
        "body": {"$ref": "#/$defs/JoinRoom"},
        "reply": {"$ref": "#/$defs/Joined"},
    }
    assert endpoints["DELETE /api/rooms/{id}"] == {"body": None, "reply": None}
    assert "GET /api/docs" not in endpoints
    assert "GET /api/users/{id}/avatar" not in endpoints

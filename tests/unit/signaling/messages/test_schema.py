from signaling.messages import schema


def test_the_generated_files_are_current() -> None:
    for path, text in schema.outputs().items():
        assert path.read_text() == text, f"{path} is not current: run python -m signaling.messages.schema"


def test_every_message_is_in_the_schema_and_in_the_document() -> None:
    definitions = schema.json_schema()["$defs"]
    tables = schema.tables()
    assert {"Join", "Resume", "Offer", "Watch", "Welcome", "Event", "SlotChanged", "Bye"} <= set(definitions)
    assert all(f"#### {name}" in tables for name in definitions)

"""The field's rules as small pure functions on records, one module per topic; the engine's steps call them."""

__all__: list[str] = []

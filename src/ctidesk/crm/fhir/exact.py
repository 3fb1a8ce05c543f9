"""JSON of resources that go back to the server: each number stays as it was written.

Runs in: desk process, any thread. FHIR's decimals have a precision ("1.10" is not 1.1, R4
datatypes.html#decimal), which a float forgets; a resource that the desk changes in one place must
not come back changed in another.
"""

from __future__ import annotations

from typing import Any

import simplejson

from ctidesk.crm.fhir.pages import NotJson


def parse(text: str) -> dict[str, Any]:
    """One JSON object, decimals as `Decimal`. Raises `NotJson`."""
    try:
        value = simplejson.loads(text, use_decimal=True, allow_nan=False)
    except (ValueError, RecursionError, ArithmeticError):
        raise NotJson from None
    if not isinstance(value, dict):
        raise NotJson
    return value


def dumped(resource: Any) -> str:
    """The text of a resource that the desk sends."""
    return simplejson.dumps(
        resource, use_decimal=True, allow_nan=False, ensure_ascii=False, separators=(",", ":")
    )

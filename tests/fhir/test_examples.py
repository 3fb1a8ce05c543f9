"""HL7's example resources: each one is read, none is lost, none ends the reading."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.crm_store import OpenStore
from tests.support.fhir_examples import PLAN_NET, R4, Package, texts
from tests.support.fhir_server import NoFhirServer

from ctidesk.crm.fhir import pages
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.kinds import KINDS, READERS
from ctidesk.crm.fhir.reading import Surroundings, read
from ctidesk.crm.fhir.resource_rows import Item, ResourceRows

AROUND = Surroundings("US")


def exact(text: str) -> object:
    """With the precision of decimals."""
    return json.loads(text, parse_float=Decimal)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("package", [R4, PLAN_NET], ids=lambda package: package.name)
def test_all_examples_load_without_loss(
    package: Package, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    try:
        found = list(texts(package))
    except NoFhirServer as why:
        pytest.skip(f"no example resources here: {why}")
    opened = OpenStore(tmp_path / "cache.db")
    items: dict[str, Item] = {}
    seen: Counter[str] = Counter()
    for name, text in found:
        resource = pages.parse(text)
        if "resourceType" not in resource:
            continue  # the package's own index
        seen["files"] += 1
        assert pages.page_of(text) is not None or resource["resourceType"] != "Bundle", name
        reading = read(resource, AROUND, READERS)
        if reading is None:
            # nothing to keep it under: R4 gives ids 64 characters
            assert not 0 < len(resource.get("id", "")) <= 64, name
            seen["no id"] += 1
            continue
        assert not reading.unreadable, name
        seen["read"] += 1
        if reading.kind in KINDS:
            items[reading.key] = Item(reading, text.strip())
            seen["odd"] += bool(reading.odd)

    def put(connection: object) -> None:
        rows = ResourceRows(connection, From("CRM", 1.0), AROUND)
        for item in items.values():
            assert rows.put(item)
        while rows.settle(100):
            pass

    opened.run(put)
    query = "SELECT key, body FROM fhir_resources"
    kept = dict(opened.run(lambda c: list(map(tuple, c.exec_driver_sql(query)))))
    opened.close()
    lossless = sum(exact(kept[key]) == exact(item.raw) for key, item in items.items())
    assert seen["read"] == seen["files"] - seen["no id"]
    assert lossless == len(items)
    assert len(items) > 20
    record_property(
        package.name,
        f"{seen['read']} of {seen['files']} resources read ({seen['no id']} without an id that R4"
        f" allows); {lossless} of {len(items)} of the desk's types in the cache without loss, "
        f"{seen['odd']} of them with an element not understood",
    )

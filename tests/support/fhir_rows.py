"""Resources of a CRM put straight into a cache, as a pull would."""

from __future__ import annotations

import json
from typing import Any

from tests.support.crm_store import OpenStore

from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.kinds import READERS
from ctidesk.crm.fhir.reading import Surroundings, read
from ctidesk.crm.fhir.resource_rows import Item, ResourceRows

AROUND = Surroundings("DE")


def put(opened: OpenStore, wall: float, *resources: dict[str, Any]) -> list[bool]:
    """Read at `wall`; whether each was taken."""

    def work(connection: Any) -> list[bool]:
        rows = ResourceRows(connection, From("CRM", wall), AROUND)
        done = []
        for one in resources:
            reading = read(one, AROUND, READERS)
            assert reading is not None and not reading.unreadable
            done.append(rows.put(Item(reading, json.dumps(one))))
        while rows.settle(10):
            pass
        return done

    result: list[bool] = opened.run(work)
    return result

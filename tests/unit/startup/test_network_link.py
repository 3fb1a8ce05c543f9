"""Wi-Fi or cable, by the kernel's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctidesk.calls.line_quality import LinkKind
from ctidesk.startup.network_link import SystemLink, default_interface, kind_of

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
DEFAULT = "{name}\t00000000\t0100A8C0\t{flags}\t0\t0\t{metric}\t00000000\t0\t0\t0\n"


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """wlan0 is Wi-Fi, eth0 a network card, wg0 a tunnel, br0 a bridge."""
    net = tmp_path / "net"
    for name, kind, folders in (
        ("wlan0", "1", ("wireless", "device")),
        ("wlan1", "1", ("phy80211", "device")),
        ("eth0", "1", ("device",)),
        ("br0", "1", ()),
        ("wg0", "65534", ()),
        ("lo", "772", ()),
    ):
        (net / name).mkdir(parents=True)
        (net / name / "type").write_text(kind + "\n")
        for folder in folders:
            (net / name / folder).mkdir()
    return net


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("wlan0", LinkKind.WIFI),
        ("wlan1", LinkKind.WIFI),
        ("eth0", LinkKind.CABLE),
        ("br0", LinkKind.UNKNOWN),
        ("wg0", LinkKind.UNKNOWN),
        ("lo", LinkKind.UNKNOWN),
        ("gone", LinkKind.UNKNOWN),
        ("", LinkKind.UNKNOWN),
    ],
)
def test_kinds(net: Path, name: str, kind: LinkKind) -> None:
    assert kind_of(net, name) is kind


def test_the_default_route_with_the_smallest_metric_counts(net: Path, tmp_path: Path) -> None:
    routes = tmp_path / "route"
    rows = [("wlan0", "0003", 600), ("eth0", "0003", 100), ("wg0", "0002", 1)]
    text = "".join(DEFAULT.format(name=n, flags=f, metric=m) for n, f, m in rows)
    local = "eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    routes.write_text(HEAD + local + text)
    # wg0 is not up
    assert default_interface(routes) == "eth0"
    assert SystemLink("", net, routes)() is LinkKind.CABLE
    # the cable was pulled
    routes.write_text(HEAD + local + DEFAULT.format(name="wlan0", flags="0003", metric=600))
    assert SystemLink("", net, routes)() is LinkKind.WIFI


@pytest.mark.parametrize("text", ["", HEAD, HEAD + "rubbish\n", HEAD + "a\tb\tc\td\te\tf\tg\th\n"])
def test_no_route_and_rubbish_are_unknown(net: Path, tmp_path: Path, text: str) -> None:
    routes = tmp_path / "route"
    routes.write_text(text)
    assert default_interface(routes) == ""
    assert SystemLink("", net, routes)() is LinkKind.UNKNOWN
    assert SystemLink("", net, tmp_path / "none")() is LinkKind.UNKNOWN


def test_an_address_of_this_machine_leads_to_its_interface() -> None:
    # the loopback interface is neither
    assert SystemLink("127.0.0.1")() is LinkKind.UNKNOWN
    assert SystemLink("127.0.0.1")._interface_of("127.0.0.1") == "lo"
    assert isinstance(SystemLink("192.0.2.1")(), LinkKind)

"""Who may look, and where the dashboard listens."""

import http.client
import socket
import threading

import pytest

pytest.importorskip("dash_cytoscape", reason="needs the extra `dashboard`")

from evonas.dashboard import Access, Dashboard, Shelf, open_port
from evonas.errors import ConfigError, StorageError

TOKEN = "a token of the test"


def ask(port: int, path: str = "/overview", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


@pytest.fixture(scope="module")
def guarded(toys):
    """Port of a dashboard that wants a token."""
    listener = open_port("127.0.0.1", 0, strict=True)
    port = listener.getsockname()[1]
    dashboard = Dashboard(Shelf([toys["first"]]), Access("127.0.0.1", port, TOKEN), listener, niceness=0)
    thread = threading.Thread(target=dashboard.serve, daemon=True)
    thread.start()
    yield port
    dashboard.close()
    thread.join(10)


@pytest.mark.parametrize("path", ["/", "/overview", "/_dash-layout", "/_dash-dependencies", "/assets/style.css"])
def test_nothing_is_answered_without_the_token(guarded, path):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"evonas_dashboard_{guarded}=wrong"}):
        answer = ask(guarded, path, **headers)
        assert answer.status == 401 and b"token" in answer.body and TOKEN.encode() not in answer.body
    assert ask(guarded, f"{path}?token=wrong").status == 401


def test_the_token_in_the_address_becomes_a_cookie(guarded):
    answer = ask(guarded, "/tree?id=3&token=" + TOKEN.replace(" ", "%20"))
    assert (
        answer.status == 302 and TOKEN not in answer.headers["Location"] and "/tree?id=3" in answer.headers["Location"]
    )
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert ask(guarded, "/_dash-layout", Cookie=cookie.partition(";")[0]).status == 200
    assert ask(guarded, "/_dash-layout", Authorization=f"Bearer {TOKEN}").status == 200


def test_a_page_of_another_site_cannot_read_through_a_name_of_its_own(served):
    port = int(served[0].rpartition(":")[2])
    assert ask(port, Host="evil.example:80").status == 401
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert ask(port, "/_dash-layout", Host=host).status == 200


def test_the_browser_is_told_to_load_nothing_from_elsewhere(served):
    port = int(served[0].rpartition(":")[2])
    answer = ask(port, "/overview?run=" + served[1]["first"])
    policy = answer.headers["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "http" not in policy
        and "'unsafe-inline'" not in policy.partition("style")[0]
    )
    body = answer.body.decode()
    assert "//unpkg" not in body and "//cdn" not in body and 'src="http' not in body and 'href="http' not in body


def test_a_page_comes_with_its_view_where_the_browser_says_which(served):
    address, keys = served
    port = int(address.rpartition(":")[2])
    asked = f"{address}/overview?run={keys['first']}"
    assert ask(port, f"/overview?run={keys['first']}").headers["Referrer-Policy"] == "same-origin"
    opened = ask(port, "/_dash-layout", Referer=asked).body.decode()
    assert "60 evaluations in" in opened and "overview-facts" in opened
    bare = ask(port, "/_dash-layout").body.decode()
    assert "60 evaluations in" not in bare and '"url"' in bare, "it asks when it has come"
    other = ask(port, "/_dash-layout", Referer="http://elsewhere.example/secret").body.decode()
    assert other == bare


def test_the_code_of_the_family_tree_is_not_waited_for(served):
    port = int(served[0].rpartition(":")[2])
    body = ask(port, "/overview?run=" + served[1]["first"]).body.decode()
    assert "dash_cytoscape" not in "".join(part for part in body.split("<") if part.startswith("script src"))
    code = body.partition('name="tree-code" content="')[2].partition('"')[0]
    answer = ask(port, code)
    assert answer.status == 200 and b"cytoscape" in answer.body


def test_another_address_than_loopback_gets_a_token():
    assert Access.to("127.0.0.1", 8050, None).token == Access.to("localhost", 8050, None).token == ""
    made = Access.to("0.0.0.0", 8050, None)
    assert len(made.token) >= 24 and made.token in made.url and "0.0.0.0" not in made.url
    assert made.token != Access.to("0.0.0.0", 8050, None).token
    assert Access.to("127.0.0.1", 8050, "long enough").token == "long enough"
    with pytest.raises(ConfigError, match="too short"):
        Access.to("0.0.0.0", 8050, "short")


def test_a_port_that_is_taken_is_told_or_the_next_one_is_used():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with open_port("127.0.0.1", port, strict=False) as free:
            assert free.getsockname()[1] > port
        with pytest.raises(StorageError, match="no port is free") as told:
            open_port("127.0.0.1", port, strict=True)
    assert "--port" in str(told.value)


def test_an_address_of_another_machine_is_told():
    with pytest.raises(ConfigError, match="cannot listen") as told:
        open_port("192.0.2.1", 0, strict=True)  # a test network of RFC 5737
    assert "--host" in str(told.value)

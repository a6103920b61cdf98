"""The page of a node, in a real browser: what people see of the chain, and what they do with it."""

import os
import re

import pytest
import requests
from eth_abi import encode
from eth_account import Account
from eth_utils import to_wei

from browser import MISSING, Browser
from l1_contracts import selector
from node import RICH, Node, Wallet, free_port, wait_for_receipt
from rollup_in_process import start

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")

# What would run, load or hide something if it were taken for more than text.
HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>\u202eevil\u0007"
# Blocks of a long chain; PAGE_BLOCKS=10000 takes a minute.
BLOCKS = int(os.environ.get("PAGE_BLOCKS", 600))
DEVELOPER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


@pytest.fixture(scope="module")
def rollup(tmp_path_factory):
    """A rollup with its page; the node, its L1, and the address of the page."""
    nodes, port = [], free_port()

    def node(**options):
        nodes.append(Node(tmp_path_factory.mktemp("page"), **options).start())
        return nodes[-1]

    started, l1 = start(node, WEB_PAGE_ENABLED="true", WEB_PAGE_ADDRESS=f"127.0.0.1:{port}")
    yield started, l1, f"http://127.0.0.1:{port}/"
    for each in nodes:
        each.close()


@pytest.fixture(scope="module")
def window():
    shared = Browser()
    yield shared
    shared.close()


@pytest.fixture
def page(rollup, window):
    """The first page, freshly loaded. Whatever a test does with it, the page must have nothing to complain of."""
    window.resize(1440, 900)
    window.complaints()
    window.open(rollup[2])
    window.see("#connection", "live")
    window.see(".pipeline", "Production", "Executed")
    yield window
    assert window.complaints() == []
    assert window.run("return window.hacked ?? null") is None


def send(page: Browser, kind: str, **fields: str) -> None:
    """Fills in a form of the bridge and sends it."""
    page.go("/bridge")
    form = f"form[data-kind={kind}]"
    page.wait(lambda: page.all(form))
    for name, value in fields.items():
        if name == "sender":
            page.run(
                "const s = document.querySelector(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change'))",
                f"{form} select", value)
        else:
            page.type(f"{form} input[name={name}]", value)
    page.click(f"{form} button")


def outcome(page: Browser, kind: str, state: str) -> str:
    """What the newest card of a kind says once it is in a state."""
    card = f".cards > :first-child[data-kind={kind}]"
    page.wait(lambda: page.all(f"{card}[data-state={state}]"))
    return page.text(card)


def deployed(node: Node, artifact, *arguments):
    return Wallet(node, RICH).deploy(artifact, *arguments)


def test_blocks_transactions_and_batches_flow_by_themselves(rollup, page):
    node = rollup[0]
    page.run(
        "window.shift = 0; new PerformanceObserver(list => { for (const each of list.getEntries())"
        " if (!each.hadRecentInput) window.shift += each.value }).observe({ type: 'layout-shift' })")
    receipt = Wallet(node, RICH).transact(to=Account.create().address, value=to_wei(3, "ether"))
    number, hash = int(receipt["blockNumber"], 16), receipt["transactionHash"]
    page.see(".blocks .row", f"{number:,}", "1 tx")
    page.see(".transactions .row", hash[:8], "transfer", "3 ETH")
    # From a sealed block to one that L1 has executed.
    page.wait(lambda: page.all(f".batches .row[href='#/block/{number}'] .step.done:nth-child(5)"))
    page.see("li[data-stage=l1_execute]", "Executed", f"batch {number}", "up to date")
    page.see("li[data-stage=production]", "Production", f"{number}", "up to date")
    page.wait(lambda: page.text(".tile .value").split("\n")[0] == f"{node.head():,}")
    assert float(page.run("return window.shift")) < 0.01
    # Colours are those of the system, until somebody chooses.
    paper = lambda: page.run("return getComputedStyle(document.body).backgroundColor")
    page.theme("dark")
    dark = paper()
    page.theme("light")
    assert dark != paper()
    page.click("#theme")
    assert paper() == dark
    page.run("localStorage.clear()")


def test_a_deposit_a_transfer_and_a_withdrawal(rollup, page):
    node, l1, _ = rollup
    receiver, home = Account.create().address, Account.create().address
    before = int(node.call("eth_getBalance", DEVELOPER, "latest"), 16)
    send(page, "deposit", amount="2.5")
    assert "2.5 ETH" in outcome(page, "deposit", "done")
    assert int(node.call("eth_getBalance", DEVELOPER, "latest"), 16) >= before + to_wei(2.5, "ether")

    send(page, "transfer", sender=DEVELOPER, to=receiver, amount="0.25")
    outcome(page, "transfer", "done")
    assert int(node.call("eth_getBalance", receiver, "latest"), 16) == to_wei(0.25, "ether")

    send(page, "withdraw", sender=DEVELOPER, to=home, amount="1.125")
    outcome(page, "withdraw", "done")
    assert l1.web3.eth.get_balance(home) == to_wei(1.125, "ether")
    # The transaction of the withdrawal says what it was, and that it is final.
    page.click(".cards > :first-child a")
    page.see("#main", "withdraw", "receiver", home.lower(), "1.125 ETH")
    page.wait(lambda: len(page.all(".journey li.done")) == 4)

    send(page, "transfer", to="0x12", amount="1")
    page.see("form[data-kind=transfer] [role=alert]", "The receiver is no address.")
    send(page, "transfer", sender=DEVELOPER, to=receiver, amount="1000000")
    assert "insufficient funds" in outcome(page, "transfer", "failed").lower()


def test_a_failing_call_says_why_and_shows_where(rollup, page, artifact):
    node = rollup[0]
    contract = deployed(node, artifact("Refusing"))
    reason = "not on a Monday"
    data = "0x" + (selector("refuse_deeper(string)") + encode(["string"], [reason])).hex()
    send(page, "transfer", to=contract.address, amount="0", data=data, gas="200000")
    assert f"failed: {reason}" in outcome(page, "transfer", "failed")
    page.click(".cards > :first-child a")
    page.see(".verdict", "failed")
    page.see(".failure", f"Reverted: {reason}")
    # Two calls deep, each with its gas; what is not known is named by its selector.
    page.wait(lambda: len(page.all(".trace .call")) == 2)
    lines = page.text(".trace .call").split("\n")
    assert selector("refuse_deeper(string)").hex() in lines[0] and selector("refuse(string)").hex() in lines[1]
    assert all(reason in line for line in lines)
    hash = page.run("return location.hash").removeprefix("#/tx/")
    gas = [int(each["gasUsed"], 16) for each in _frames(node.call("debug_traceTransaction", hash, {"tracer": "callTracer"}))]
    assert [int(text.replace(",", "")) for text in page.text(".trace .gas .num").split("\n")] == gas
    page.click(".trace summary")
    page.see(".trace details[open]", contract.address.lower(), "gas given")
    # The list of its block has the reason, too.
    page.go(f"/block/{node.head()}")
    page.see(".transactions .row", "✗", reason)


def _frames(frame: dict) -> list[dict]:
    return [frame] + [inner for each in frame.get("calls", []) for inner in _frames(each)]


def test_tokens_and_their_transfers_are_read(rollup, page, artifact):
    node = rollup[0]
    token = deployed(node, artifact("Token"), "Test Token", "TTK", 10**24)
    receiver = Account.create().address
    data = token.encode_abi("transfer", args=[receiver, 1234])
    receipt = Wallet(node, RICH).transact(to=token.address, data=data, gas=200_000)
    page.go(f"/tx/{receipt['transactionHash']}")
    page.see(".verdict", "succeeded", "transfer")
    page.see(".values", "to", receiver.lower(), "amount", "1234")
    page.see(".events", "Transfer", token.address.lower(), receiver.lower(), "1234")
    page.go(f"/address/{token.address}")
    page.see("h1", "Contract")
    page.see("#main", "Test Token", "TTK", "1,000,000", "Created by", RICH.address.lower())
    page.see(".transactions .row", "transfer", "create", "1234")
    page.click("#main .transactions .row")
    page.see("h1", "Transaction")


def test_what_comes_from_the_chain_is_text(rollup, page, artifact):
    node = rollup[0]
    name, symbol = "<img src=x onerror=hacked=1>", "<b>X</b>"
    token = deployed(node, artifact("Token"), name, symbol, 10**18)
    page.go(f"/address/{token.address}")
    page.see("#main", name, symbol)
    refusing = deployed(node, artifact("Refusing"))
    wallet = Wallet(node, RICH)
    data = selector("refuse(string)") + encode(["string"], [HOSTILE])
    hash = wallet.send(to=refusing.address, data=data, gas=200_000)
    assert wait_for_receipt(node, hash)["status"] == "0x0"
    page.go(f"/tx/{hash}")
    page.see(".failure", "<script>", "\\u{202e}", "\\u{7}")
    page.see(".trace", "<script>")
    # Data that lies about its lengths is shown as bytes.
    liar = selector("transfer(address,uint256)") + b"\xff" * 11
    hash = wallet.send(to=Account.create().address, data=liar, gas=100_000)
    wait_for_receipt(node, hash)
    page.go(f"/tx/{hash}")
    page.see("#main", "Selector", "0xa9059cbb", "15 bytes")
    # And in the address of the page itself.
    for path in [f"/tx/{HOSTILE}", f"/address/{HOSTILE}", f"/block/{HOSTILE}", "/__proto__", "/tx/0x12", f"/{HOSTILE}"]:
        page.go(path)
        page.see("h1", "No such page")
    assert page.all("main img") == [] and page.all("main script") == []


def test_searches_and_the_keyboard(rollup, page):
    node = rollup[0]
    receipt = Wallet(node, RICH).transact(to=Account.create().address, value=1)
    number = int(receipt["blockNumber"], 16)
    for query, title in [
        (str(number), f"Block {number:,}"), (receipt["blockHash"], f"Block {number:,}"),
        (receipt["transactionHash"], "Transaction"), (RICH.address, "Account"),
    ]:
        page.keys("/")
        page.keys(query + "\n")
        page.see("h1", title)
    page.see("#main", RICH.address.lower(), "Transactions sent")
    page.keys("/")
    page.keys("nothing\n")
    page.see("#notice", "That is no number of a block")
    page.keys("\ue00c")  # Escape
    page.keys("g")
    page.see("h1", "Overview")
    page.wait(lambda: len(page.all(".blocks .row")) > 2)
    for keys, place in [("j", 0), ("j", 1), ("j", 2), ("k", 1)]:
        page.keys(keys)
        assert page.run("return document.activeElement.dataset.place") == str(place)
    href = page.run("return document.activeElement.getAttribute('href')")
    page.keys("\ue007")  # Enter
    page.see("h1", f"Block {int(re.search('[0-9]+$', href).group()):,}")


def test_a_block_with_many_transactions_is_a_list_of_few_rows(rollup, page):
    node, count = rollup[0], 150
    wallet, to = Wallet(node, RICH), Account.create().address
    requests_ = []
    for index in range(count):
        raw = wallet.sign(to=to, value=1)
        wallet.nonce += 1
        requests_.append({"jsonrpc": "2.0", "id": index, "method": "eth_sendRawTransaction", "params": ["0x" + raw.hex()]})
    hashes = [each["result"] for each in requests.post(node.url, json=requests_, timeout=60).json()]
    last = int(wait_for_receipt(node, hashes[-1])["blockNumber"], 16)
    found = {}
    for number in range(int(node.call("eth_getTransactionReceipt", hashes[0])["blockNumber"], 16), last + 1):
        for hash in node.call("eth_getBlockByNumber", hex(number), False)["transactions"]:
            found[hash] = number
    blocks = [found[hash] for hash in hashes]
    largest = max(set(blocks), key=blocks.count)
    many = blocks.count(largest)
    assert many > 30
    page.go(f"/block/{largest}")
    page.see(".facts", "Transactions", str(many))
    page.wait(lambda: len(page.all(".transactions .row[href]")) > 5)
    assert page.run("return document.querySelector('.space').offsetHeight") == many * 44
    assert len(page.all(".transactions .row")) < 30
    # The first transaction of the block is at the end of the list.
    page.run("const list = document.querySelector('.transactions'); list.scrollTop = list.scrollHeight")
    first = hashes[blocks.index(largest)]
    page.wait(lambda: page.all(f".transactions .row[href='#/tx/{first}']"))
    assert len(page.all(".transactions .row")) < 30


def test_on_a_telephone_nothing_is_wider_than_the_screen(rollup, page):
    node = rollup[0]
    receipt = Wallet(node, RICH).transact(to=Account.create().address, value=1)
    page.resize(360, 740, is_mobile=True)
    number = int(receipt["blockNumber"], 16)
    for path, sight in [
        ("/", ".blocks .row[href]"), ("/batches", ".batches .row[href]"), ("/bridge", "form[data-kind=withdraw]"),
        (f"/block/{number}", ".transactions .row[href]"), (f"/tx/{receipt['transactionHash']}", ".trace .call"),
        (f"/address/{RICH.address}", ".transactions .row[href]"),
    ]:
        page.go(path)
        page.wait(lambda: page.all(sight))
        if path == "/bridge":
            page.wait(lambda: page.all("table"))
        assert page.run("return document.documentElement.scrollWidth") <= 360, path
        assert page.run("return document.querySelector('header').offsetHeight") < 150


def test_the_page_comes_back_with_the_node(own_node):
    port = free_port()
    node = own_node(WEB_PAGE_ENABLED="true", WEB_PAGE_ADDRESS=f"127.0.0.1:{port}")
    browser = Browser(1000, 700)
    try:
        browser.open(f"http://127.0.0.1:{port}/")
        browser.see("#connection", "live")
        # Without an L1 nobody sends anything from here.
        assert browser.run("return document.getElementById('bridge-link').hidden")
        assert requests.post(f"http://127.0.0.1:{port}/l2", json={}, timeout=10).status_code == 405
        node.kill()
        browser.see("#connection", "offline")
        node.start()
        browser.see("#connection", "live")
        receipt = Wallet(node, RICH).transact(to=RICH.address, value=1)
        browser.see(".transactions .row", receipt["transactionHash"][:8])
    finally:
        browser.close()


def test_a_block_of_a_thousand_transactions_and_as_many_blocks(own_node, window):
    port = free_port()
    node = own_node(
        WEB_PAGE_ENABLED="true", WEB_PAGE_ADDRESS=f"127.0.0.1:{port}", DEVELOPMENT_L1_ENABLED="true",
        DEVELOPMENT_L1_ADDRESS="127.0.0.1:0", DEVELOPMENT_L1_STATE="memory", DEVELOPMENT_METHODS_ENABLED="true",
        SEQUENCER_BLOCK_TIME="1s", SEQUENCER_MAX_TRANSACTIONS_IN_BLOCK="1000")
    address = f"http://127.0.0.1:{port}/"
    node.call("evm_setAutomine", False)
    transfer = {"from": RICH.address, "to": DEVELOPER, "value": "0x1", "gas": "0x5208"}
    calls = [{"jsonrpc": "2.0", "id": id, "method": "eth_sendTransaction", "params": [transfer]} for id in range(1_000)]
    hashes = [each["result"] for each in requests.post(address + "l2", json=calls, timeout=60).json()]
    full = node.head() + 1
    node.call("evm_mine")
    assert node.call("eth_getBlockByNumber", hex(full), False)["transactions"] == hashes
    last = full + BLOCKS
    while (missing := last - node.head()) > 0:
        node.call("hardhat_mine", hex(min(missing, 250)))

    def rows(list: str) -> int:
        return window.run("return document.querySelectorAll(arguments[0]).length", f"{list} .row")

    def show(list: str, share: float) -> None:
        """Scrolls a list to so much of its whole."""
        window.run(
            "const list = document.querySelector(arguments[0]); list.scrollTop = arguments[1] * list.scrollHeight",
            list, share)

    # Only the rows that are seen exist, however long the lists are.
    window.open(f"{address}#/block/{full}")
    for share, seen in ((0, hashes[-1]), (1, hashes[0]), (0.5, hashes[500])):
        window.wait(lambda: window.all(".transactions .row"))
        show(".transactions", share)
        window.see(".transactions", seen[:8])
        assert 0 < rows(".transactions") < 60
    window.go("/")
    window.see(".blocks", f"{last:,}")
    for share, seen in ((1, "genesis"), (0.5, f"{last // 2:,}"), (0, f"{last:,}")):
        show(".blocks", share)
        window.see(".blocks", seen)
        assert 0 < rows(".blocks") < 60
    assert window.complaints() == []


def test_a_page_whose_name_was_made_to_lead_here_gets_nothing(rollup):
    """DNS rebinding: for the browser it would be of the same origin, and could send for the known accounts."""
    address = rollup[2]
    port = address.rstrip("/").rpartition(":")[2]
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_accounts", "params": []}
    for name in ("localhost", "127.0.0.1"):
        headers = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
        assert requests.get(address, headers=headers, timeout=10).status_code == 200
        assert requests.post(address + "l2", json=call, headers=headers, timeout=10).json()["result"]
    headers = {"Host": f"page.example:{port}", "Origin": f"http://page.example:{port}"}
    assert requests.get(address, headers=headers, timeout=10).status_code == 403
    assert requests.post(address + "l2", json=call, headers=headers, timeout=10).status_code == 403


def test_no_page_without_the_option(own_node):
    port = free_port()
    own_node(WEB_PAGE_ADDRESS=f"127.0.0.1:{port}")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=10)

"""Takes the pictures of docs/page.md: a rollup with its page, something going on, and Chromium (`make images`)."""

import pathlib
import tempfile

import vyper
from eth_abi import encode
from eth_account import Account
from eth_utils import to_wei

from browser import Browser
from l1_contracts import selector
from node import RICH, ROOT, Node, Wallet, free_port, wait_for_receipt
from rollup_in_process import start

IMAGES = ROOT / "docs/images"


def compiled(name: str) -> dict:
    source = pathlib.Path(__file__).parent / "contracts" / f"{name}.vy"
    return vyper.compile_code(source.read_text(), output_formats=["abi", "bytecode"])


def something(node: Node) -> str:
    """Transfers of ether and tokens, some refused; the hash of one that failed two calls deep."""
    wallet = Wallet(node, RICH)
    token = wallet.deploy(compiled("Token"), "Example", "EXM", 10**24)
    refusing = wallet.deploy(compiled("Refusing"))
    refusal = selector("refuse_deeper(string)") + encode(["string"], ["the sale has not begun"])
    for index in range(24):
        to = Account.create().address
        wallet.send(to=to, value=to_wei(index + 1, "ether") // 4)
        data = token.encode_abi("transfer", args=[to, (index + 1) * 10**18])
        last = wallet.send(to=token.address, data=data, gas=200_000)
        if index % 5 == 4:
            failed = wallet.send(to=refusing.address, data=refusal, gas=200_000)
        wait_for_receipt(node, last)
    return failed


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    nodes, port = [], free_port()

    def node(**options: str) -> Node:
        nodes.append(Node(pathlib.Path(tempfile.mkdtemp()), **options).start())
        return nodes[-1]

    rollup, _ = start(node, WEB_PAGE_ENABLED="true", WEB_PAGE_ADDRESS=f"127.0.0.1:{port}")
    browser = Browser(1280, 800)
    try:
        failed = something(rollup)
        browser.theme("light")
        browser.open(f"http://127.0.0.1:{port}/")
        browser.see("#connection", "live")
        something(rollup)
        head = rollup.head()
        browser.wait(lambda: browser.all(f".batches .row[href='#/block/{head - 2}'] .step.done:nth-child(5)"))
        browser.image(IMAGES / "page-overview.png")
        browser.theme("dark")
        browser.go(f"/tx/{failed}")
        browser.wait(lambda: len(browser.all(".trace .call")) == 2 and len(browser.all(".journey li.done")) == 4)
        browser.image(IMAGES / "page-transaction.png")
        browser.theme("light")
        browser.resize(390, 844, is_mobile=True)
        browser.go("/")
        browser.see(".pipeline", "Production", "Executed")
        browser.wait(lambda: browser.all(".blocks .row[href]"))
        browser.image(IMAGES / "page-telephone.png")
    finally:
        browser.close()
        for each in nodes:
            each.close()


if __name__ == "__main__":
    main()

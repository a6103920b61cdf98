"""A development L1 as a program of its own, started as test suites start anvil."""

import os
import pathlib
import re
import signal
import subprocess
import threading

from eth_account import Account
from web3 import Web3

from node import ROOT

ZKOS = pathlib.Path(os.environ.get("ZKOS_BINARY", ROOT / ".build/release/zkos"))


class L1Program:
    """One process. Its start-up lines are read as alloy's `node-bindings` reads those of anvil: keys stand between a line
    that begins with "Private Keys" and the one that begins with "Listening on", each at the end of a line that begins with
    a bracket."""

    def __init__(self, directory: pathlib.Path, *arguments: str, program: pathlib.Path | None = None):
        command = [str(program)] if program else [str(ZKOS), "l1", "serve"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", *arguments], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)
        self.keys: list[str] = []
        self.lines: list[str] = []
        reads_keys = False
        for line in self.process.stdout:
            line = line.rstrip("\n")
            self.lines.append(line)
            if line.startswith("Private Keys"):
                reads_keys = True
            elif reads_keys and line.startswith("("):
                self.keys.append(re.search(r"(0x[0-9a-f]{64})$", line).group(1))
            if line.startswith("Listening on "):
                self.address = line.removeprefix("Listening on ")
                break
        else:
            raise RuntimeError(f"ended with {self.process.wait()}: {self.process.stderr.read()}")
        # What comes later must not fill the pipe.
        self.later: list[str] = []
        self.reader = threading.Thread(
            target=lambda: self.later.extend(line.rstrip("\n") for line in self.process.stdout), daemon=True)
        self.reader.start()
        self.url = f"http://{self.address}"
        self.web3 = Web3(Web3.HTTPProvider(self.url))
        self.accounts = [Account.from_key(key) for key in self.keys]

    def call(self, method: str, *parameters):
        answer = self.web3.provider.make_request(method, list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, account, **fields):
        """A signed transaction of an account, and its receipt."""
        w = self.web3
        transaction = {
            "chainId": w.eth.chain_id, "nonce": w.eth.get_transaction_count(account.address), "gas": 100_000,
            "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, "value": 0, **fields,
        }
        hash = w.eth.send_raw_transaction(account.sign_transaction(transaction).raw_transaction)
        return w.eth.wait_for_transaction_receipt(hash, timeout=60, poll_latency=0.01)

    def stop(self, number=signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.reader.join(timeout=10)
        return code

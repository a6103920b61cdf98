"""The contracts of the reference, from state dumps that anvil made of chains with a whole deployed ecosystem: the script
that drives our own contracts sees the same of them.

`L1_STATES` names the folder `l1-setup` of github.com/matter-labs/anvil-zksync.
"""

import os
import pathlib
import re

import pytest

import l1_contracts
from l1_program import L1Program

STATES = os.environ.get("L1_STATES")
# The chain of the dumps, and the account that deployed them.
L2_CHAIN_ID = 260
L1_CHAIN_ID = 31_337


@pytest.mark.skipif(not STATES, reason="L1_STATES is not set")
@pytest.mark.parametrize("version", ["v26", "v27", "v28", "v29"])
def test_the_contracts_of_the_reference(tmp_path, artifact, version):
    folder = pathlib.Path(STATES)
    addresses = (folder / "configs" / f"{version}-contracts.yaml").read_text()
    bridgehub = re.search(r"bridgehub_proxy_addr: (0x[0-9a-fA-F]{40})", addresses).group(1)
    program = L1Program(
        tmp_path, "--chain-id", str(L1_CHAIN_ID), "--load-state",
        str(folder / "state" / f"{version}-l1-state-payload.txt"))
    try:
        l1 = l1_contracts.L1(program.url, bridgehub, L2_CHAIN_ID, program.keys[0])
        l1_contracts.check_getters(l1)
        l1_contracts.check_price(l1)
        l1_contracts.check_deposit(l1)
        l1_contracts.check_errors(l1)
        l1_contracts.check_token_deposit(l1, artifact("Token"))
        l1_contracts.check_withdrawal(l1)
    finally:
        program.stop()

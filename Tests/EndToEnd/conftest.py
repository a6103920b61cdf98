import functools
import os
import pathlib
import subprocess

import pytest
import vyper

from node import RICH, Node, Wallet, free_port

CONTRACTS = pathlib.Path(__file__).parent / "contracts"


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """A node that the tests which do not disturb it share."""
    shared = Node(tmp_path_factory.mktemp("node")).start()
    yield shared
    shared.close()


@pytest.fixture
def own_node(tmp_path):
    """Starts nodes that belong to one test: `own_node(OPTION="value")`."""
    started = []

    def start(**options):
        started.append(Node(tmp_path, **options).start())
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def proving(own_node):
    """Starts a node whose blocks wait for provers; the node, and where provers find it."""

    def start(**options):
        port = free_port()
        node = own_node(PROVER_API_COMPONENT_ENABLED="true", PROVER_API_ADDRESS=f"127.0.0.1:{port}", **options)
        return node, f"http://127.0.0.1:{port}/prover-jobs"

    return start


@pytest.fixture
def small_disk(tmp_path):
    """Makes a file system of so many megabytes: `small_disk(256)`."""
    mounted = []

    def mount(megabytes: int) -> pathlib.Path:
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("file systems can be mounted by root only")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def rich(node):
    return Wallet(node, RICH)


@pytest.fixture(scope="session")
def artifact():
    """Compiles a contract of `contracts/`, once: `artifact("Token")`."""

    @functools.cache
    def compiled(name: str) -> dict:
        return vyper.compile_code((CONTRACTS / f"{name}.vy").read_text(), output_formats=["abi", "bytecode"])

    return compiled


@pytest.fixture
def token(rich, artifact):
    """A freshly deployed token; the rich wallet holds the supply."""
    return rich.deploy(artifact("Token"), "Test Token", "TTK", 10**24)


@pytest.fixture(scope="session")
def shim(tmp_path_factory) -> pathlib.Path:
    """A library to load in front of the system's, with which files fail; what it takes is said in its source."""
    library = tmp_path_factory.mktemp("shim") / "shim.so"
    source = pathlib.Path(__file__).parent / "faults" / "shim.c"
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread"]
    subprocess.run(command, check=True, timeout=60)
    return library

"""Prometheus itself, scraping a node: what judges queries and alerts."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest
import requests

from node import ROOT, Node, free_port, wait_until

ALERTS = ROOT / "ops/prometheus/alerts.yml"


BOUNDS = {
    'service_lag_blocks{service!="archive"}) > 500': 'service_lag_blocks{service!="archive"}) > 50',
    "oldest_job_seconds > 1800": "oldest_job_seconds > 2",
}


def instance(node: Node) -> str:
    """As Prometheus names it."""
    return f"127.0.0.1:{node.metrics_port}"


class Prometheus:
    """Scrapes every second. Alerts are those of the repository with windows of seconds in place of minutes, and with bounds
    that a test reaches."""

    def __init__(self, directory: pathlib.Path, *nodes: Node):
        if shutil.which("prometheus") is None:
            pytest.skip("prometheus is not installed")
        directory.mkdir()
        self.port = free_port()
        rules = re.sub(r"for: \d+m", "for: 0s", ALERTS.read_text())
        for bound, reached in BOUNDS.items():
            assert bound in rules
            rules = rules.replace(bound, reached)
        (directory / "alerts.yml").write_text(re.sub(r"\[\d+m\]", "[4s]", rules))
        (directory / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [{
                "job_name": "sequencer", "static_configs": [{"targets": [instance(node) for node in nodes]}]}],
        }))
        self.log = open(directory / "log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        wait_until(self.is_ready)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def query(self, expression: str) -> list:
        answer = requests.get(
            f"http://127.0.0.1:{self.port}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert answer["status"] == "success", (expression, answer)
        return answer["data"]["result"]

    def firing(self, node: Node | None = None) -> set[str]:
        """The alerts of a node, or of all."""
        samples = [sample["metric"] for sample in self.query('ALERTS{alertstate="firing"}')]
        return {each["alertname"] for each in samples if node is None or each.get("instance") == instance(node)}

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()


def queries(dashboard: pathlib.Path) -> list[tuple[str, str]]:
    """The panels of a dashboard with their expressions, as Grafana would send them."""
    found = []

    def walk(panels):
        for panel in panels:
            walk(panel.get("panels", []))
            for target in panel.get("targets", []):
                text = target["expr"].replace("$__rate_interval", "10s").replace("$instance", ".*")
                found.append((panel["title"], text))

    walk(json.loads(dashboard.read_text())["panels"])
    return found

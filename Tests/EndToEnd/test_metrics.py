"""What an operator's dashboard reads from the metrics port."""

from node import RICH, Wallet, wait_until

# A histogram that these actions must have filled, for each family that the node promises.
FILLED = [
    'block_execution_stages_seconds_count{stage="wait_for_tx"}',
    'block_execution_stages_seconds_count{stage="execute"}',
    'block_execution_stages_seconds_count{stage="seal"}',
    "storage_writes_per_block_count",
    "block_replay_storage_get_latency_seconds_count",
    "mempool_len_count",
    'response_time_seconds_count{method="call"}',
    'response_time_seconds_count{method="estimate_gas"}',
    'response_time_seconds_count{method="send_raw_transaction"}',
    'response_time_seconds_count{method="get_logs"}',
    'get_logs_scanned_blocks_count{method="total"}',
    'repositories_insert_block_seconds_count{stage="total"}',
    "repositories_insert_block_per_tx_seconds_count",
    "repositories_persist_block_seconds_count",
    "repositories_persist_block_per_tx_seconds_count",
    "repositories_block_data_size_bytes_count",
    "repositories_block_data_size_per_tx_bytes_count",
    'storage_view_access_seconds_count{stage="total"}',
    "storage_view_diffs_scanned_count",
    "storage_write_compact_seconds_count",
    "storage_write_compact_batch_size_count",
    "storage_write_add_diff_seconds_count",
    'preimages_get_seconds_count{stage="total"}',
    'preimages_set_seconds_count{stage="total"}',
    "tree_entry_time_seconds_count",
    "tree_block_time_seconds_count",
    "tree_processing_range_count",
    'batcher_prover_input_generation_seconds_count{stage="prover_input_generation"}',
    'executed_transactions{command="produce"}',
    'executed_transactions{command="tree_manager"}',
    'executed_transactions{command="batcher"}',
    # Names that only the dashboard still knows.
    "preimage_access_latency_seconds_count",
    "storage_map_rocks_db_compact_seconds_count",
    'storage_add_diff_seconds_count{stage="total"}',
    # The process itself.
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    'rocksdb_memory_bytes{database="blocks",kind="write_buffers"}',
]


def test_every_promised_metric_moves_with_the_node(own_node):
    node = own_node(PROVER_API_FAKE_PROVERS="1")
    rich = Wallet(node, RICH)
    for _ in range(3):
        rich.transact(to=RICH.address)
    node.call("eth_call", {"to": RICH.address}, "latest")
    node.call("eth_estimateGas", {"from": RICH.address, "to": RICH.address})
    node.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    head = node.head()

    stages = ["execute", "persist", "tree_manager", "batcher"]
    wait_until(lambda: [node.metrics()[f'block_number{{stage="{stage}"}}'] for stage in stages] == [head] * 4)
    metrics = node.metrics()
    assert metrics["sealed_block"] == head
    assert metrics["repositories_persistence_lag"] == 0
    assert metrics["batcher_current_block_number"] == head
    assert [name for name in FILLED if not metrics.get(name, 0) > 0] == []

    proved = "prover_prove_time_seconds_count{"
    wait_until(lambda: any(name.startswith(proved) and value > 0 for name, value in node.metrics().items()))


def test_blocks_executed_again_after_a_crash_are_counted_as_replayed(own_node):
    node = own_node()
    rich = Wallet(node, RICH)
    for _ in range(5):
        rich.transact(to=RICH.address)
    head = node.head()
    node.kill()
    node.start()
    metrics = node.metrics()
    assert metrics['block_number{stage="execute"}'] == head
    assert metrics['block_number{stage="persist"}'] == head
    # What was written before the kill is not executed again; the rest is, each transaction once.
    assert metrics['executed_transactions{command="replay"}'] <= head

// The binary interface of Ethereum virtual machines, version 12, as far as a host needs it: written from the facts of the
// EVMC specification (https://evmc.ethereum.org), so that a benchmark can load another machine at run time.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVMC_ABI_VERSION = 12 };

// Numbers are big-endian throughout.
typedef struct { uint8_t bytes[32]; } evmc_bytes32;
typedef struct { uint8_t bytes[20]; } evmc_address;

// Enumerations of the interface are ints: call kinds, status codes, revisions, storage and access statuses.
enum { EVMC_CALL, EVMC_DELEGATECALL, EVMC_CALLCODE, EVMC_CREATE, EVMC_CREATE2 };
enum { EVMC_STATIC = 1 };
enum { EVMC_SUCCESS = 0, EVMC_FAILURE = 1, EVMC_REVERT = 2, EVMC_PRECOMPILE_FAILURE = 12 };
enum {
  EVMC_STORAGE_ASSIGNED, EVMC_STORAGE_ADDED, EVMC_STORAGE_DELETED, EVMC_STORAGE_MODIFIED, EVMC_STORAGE_DELETED_ADDED,
  EVMC_STORAGE_MODIFIED_DELETED, EVMC_STORAGE_DELETED_RESTORED, EVMC_STORAGE_ADDED_DELETED,
  EVMC_STORAGE_MODIFIED_RESTORED
};
enum { EVMC_ACCESS_COLD, EVMC_ACCESS_WARM };

typedef struct evmc_message {
  int kind;
  uint32_t flags;
  int32_t depth;
  int64_t gas;
  evmc_address recipient;
  evmc_address sender;
  const uint8_t* input_data;
  size_t input_size;
  evmc_bytes32 value;
  evmc_bytes32 create2_salt;
  evmc_address code_address;
  const uint8_t* code;
  size_t code_size;
} evmc_message;

typedef struct evmc_tx_context {
  evmc_bytes32 tx_gas_price;
  evmc_address tx_origin;
  evmc_address block_coinbase;
  int64_t block_number;
  int64_t block_timestamp;
  int64_t block_gas_limit;
  evmc_bytes32 block_prev_randao;
  evmc_bytes32 chain_id;
  evmc_bytes32 block_base_fee;
  evmc_bytes32 blob_base_fee;
  const evmc_bytes32* blob_hashes;
  size_t blob_hashes_count;
  const void* initcodes;
  size_t initcodes_count;
} evmc_tx_context;

typedef struct evmc_result {
  int status_code;
  int64_t gas_left;
  int64_t gas_refund;
  const uint8_t* output_data;
  size_t output_size;
  void (*release)(const struct evmc_result* result);
  evmc_address create_address;
  // Free for the one who made the result.
  uint8_t padding[4];
} evmc_result;

typedef struct evmc_host_interface {
  bool (*account_exists)(void* context, const evmc_address* address);
  evmc_bytes32 (*get_storage)(void* context, const evmc_address* address, const evmc_bytes32* key);
  int (*set_storage)(void* context, const evmc_address* address, const evmc_bytes32* key, const evmc_bytes32* value);
  evmc_bytes32 (*get_balance)(void* context, const evmc_address* address);
  size_t (*get_code_size)(void* context, const evmc_address* address);
  evmc_bytes32 (*get_code_hash)(void* context, const evmc_address* address);
  size_t (*copy_code)(
    void* context, const evmc_address* address, size_t offset, uint8_t* buffer, size_t buffer_size);
  bool (*selfdestruct)(void* context, const evmc_address* address, const evmc_address* beneficiary);
  evmc_result (*call)(void* context, const evmc_message* message);
  evmc_tx_context (*get_tx_context)(void* context);
  evmc_bytes32 (*get_block_hash)(void* context, int64_t number);
  void (*emit_log)(
    void* context, const evmc_address* address, const uint8_t* data, size_t data_size, const evmc_bytes32* topics,
    size_t topics_count);
  int (*access_account)(void* context, const evmc_address* address);
  int (*access_storage)(void* context, const evmc_address* address, const evmc_bytes32* key);
  evmc_bytes32 (*get_transient_storage)(void* context, const evmc_address* address, const evmc_bytes32* key);
  void (*set_transient_storage)(
    void* context, const evmc_address* address, const evmc_bytes32* key, const evmc_bytes32* value);
} evmc_host_interface;

typedef struct evmc_vm {
  int abi_version;
  const char* name;
  const char* version;
  void (*destroy)(struct evmc_vm* vm);
  evmc_result (*execute)(
    struct evmc_vm* vm, const evmc_host_interface* host, void* context, int revision, const evmc_message* message,
    const uint8_t* code, size_t code_size);
  uint32_t (*get_capabilities)(struct evmc_vm* vm);
  int (*set_option)(struct evmc_vm* vm, const char* name, const char* value);
} evmc_vm;

typedef evmc_vm* (*evmc_create_fn)(void);

// The yardstick of `zkos bench guest`: the same machine as a plain interpreter in C, as one would write it first. The
// program is decoded once into eight bytes per instruction; then one switch runs it. `make bench-guest` compiles it with
// gcc -O2 into a library, which the benchmark loads and runs in turns with our machine.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  MEMORY_SIZE = 1 << 30,
  ROM_SIZE = 1 << 21,
  INSTRUCTIONS = ROM_SIZE / 4,
  DISCARDED = 32,  // where writes to x0 go
};

enum operation {
  ILLEGAL, CONSTANT, JAL, JALR,
  BEQ, BNE, BLT, BGE, BLTU, BGEU,
  LB, LH, LW, LBU, LHU, SB, SH, SW,
  ADDI, SLTI, SLTIU, XORI, ORI, ANDI, SLLI, SRLI, SRAI,
  ADD, SUB, SLL, SLT, SLTU, XOR, SRL, SRA, OR, AND,
  MUL, MULH, MULHSU, MULHU, DIV, DIVU, REM, REMU,
  READ, WRITE, BLAKE, BIGINT, NOTHING,
  FIELD_ADD, FIELD_SUBTRACT, FIELD_MULTIPLY,
};

struct instruction {
  uint8_t operation, rd, rs1, rs2;
  int32_t immediate;
};

struct machine {
  const uint32_t *image;
  size_t words;
  struct instruction *program;
  uint8_t *memory;
};

// MARK: Decoding

static struct instruction decode(uint32_t word, uint32_t pc) {
  uint32_t opcode = word & 0x7F, rd = word >> 7 & 31, rs1 = word >> 15 & 31, rs2 = word >> 20 & 31;
  uint32_t function3 = word >> 12 & 7, function7 = word >> 25;
  int32_t low = (int32_t)word >> 20;
  int32_t store = (int32_t)word >> 25 << 5 | (int32_t)rd;
  int32_t branch = (int32_t)(word & 0x80000000) >> 19 | (int32_t)((word & 0x80) << 4) | (int32_t)(word >> 20 & 0x7E0)
    | (int32_t)(word >> 7 & 0x1E);
  int32_t jump = (int32_t)(word & 0x80000000) >> 11 | (int32_t)(word & 0xFF000) | (int32_t)(word >> 9 & 0x800)
    | (int32_t)(word >> 20 & 0x7FE);
  static const uint8_t branches[8] = {BEQ, BNE, 0, 0, BLT, BGE, BLTU, BGEU};
  static const uint8_t loads[8] = {LB, LH, LW, 0, LBU, LHU, 0, 0};
  static const uint8_t stores[8] = {SB, SH, SW, 0, 0, 0, 0, 0};
  static const uint8_t immediates[8] = {ADDI, SLLI, SLTI, SLTIU, XORI, SRLI, ORI, ANDI};
  static const uint8_t plain[8] = {ADD, SLL, SLT, SLTU, XOR, SRL, OR, AND};
  static const uint8_t products[8] = {MUL, MULH, MULHSU, MULHU, DIV, DIVU, REM, REMU};
  struct instruction i = {ILLEGAL, rd == 0 ? DISCARDED : rd, rs1, rs2, low};
  switch (opcode) {
    case 0x37: i.operation = CONSTANT; i.immediate = (int32_t)(word & 0xFFFFF000); break;
    case 0x17: i.operation = CONSTANT; i.immediate = (int32_t)(pc + (word & 0xFFFFF000)); break;
    case 0x6F: i.operation = JAL; i.immediate = jump; break;
    case 0x67: if (function3 == 0) i.operation = JALR; break;
    case 0x63: i.operation = branches[function3]; i.immediate = branch; break;
    case 0x03: i.operation = loads[function3]; break;
    case 0x23: i.operation = stores[function3]; i.immediate = store; break;
    case 0x13:
      i.operation = immediates[function3];
      if (function3 == 1 && function7 != 0) i.operation = ILLEGAL;
      if (function3 == 5 && function7 != 0) i.operation = function7 == 0x20 ? SRAI : ILLEGAL;
      if (function3 == 1 || function3 == 5) i.immediate = low & 31;
      break;
    case 0x33:
      if (function7 == 0) i.operation = plain[function3];
      if (function7 == 1) i.operation = products[function3];
      if (function7 == 0x20 && function3 == 0) i.operation = SUB;
      if (function7 == 0x20 && function3 == 5) i.operation = SRA;
      break;
    case 0x73:
      // The recursion machine's; guests of the standard one do not have them.
      if (function3 == 4 && function7 == 0x41) i.operation = FIELD_ADD;
      if (function3 == 4 && function7 == 0x43) i.operation = FIELD_SUBTRACT;
      if (function3 == 4 && function7 == 0x45) i.operation = FIELD_MULTIPLY;
      if (function3 != 1) break;
      switch (word >> 20) {
        case 0x7C0: i.operation = rd != 0 ? rs1 == 0 ? READ : ILLEGAL : rs1 != 0 ? WRITE : NOTHING; break;
        case 0x7C7: i.operation = BLAKE; break;
        case 0x7CA: i.operation = BIGINT; break;
        case 0x7FF: i.operation = NOTHING; break;
      }
      break;
  }
  return i;
}

// MARK: Delegations

static int is_ram(uint32_t address, uint32_t alignment, uint32_t count) {
  return (address & (alignment - 1)) == 0 && address >= ROM_SIZE && address <= MEMORY_SIZE - count;
}

static int big_integer(uint32_t *x, uint8_t *memory) {
  if (!is_ram(x[10], 32, 32) || !is_ram(x[11], 32, 32) || x[10] == x[11]) return 0;
  uint64_t *a = (uint64_t *)(memory + x[10]), b[4], product[8] = {0};
  memcpy(b, memory + x[11], 32);
  uint32_t control = x[12];
  unsigned __int128 t = control >> 6 & 1;
  switch (control & ~64u) {
    case 1:
      for (int i = 0; i < 4; i++) { t += (unsigned __int128)a[i] + b[i]; a[i] = (uint64_t)t; t >>= 64; }
      x[12] = (uint32_t)t;
      return 1;
    case 2:
      for (int i = 0; i < 4; i++) { t = (unsigned __int128)a[i] - b[i] - t; a[i] = (uint64_t)t; t = t >> 64 & 1; }
      x[12] = (uint32_t)t;
      return 1;
    case 4:
      for (int i = 0; i < 4; i++) { t = (unsigned __int128)b[i] - a[i] - t; a[i] = (uint64_t)t; t = t >> 64 & 1; }
      x[12] = (uint32_t)t;
      return 1;
    case 8: case 16:
      for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
          unsigned __int128 p = (unsigned __int128)a[i] * b[j] + product[i + j] + carry;
          product[i + j] = (uint64_t)p;
          carry = (uint64_t)(p >> 64);
        }
        product[i + 4] = carry;
      }
      if (control & 8) {
        memcpy(a, product, 32);
        x[12] = (product[4] | product[5] | product[6] | product[7]) != 0;
      } else {
        memcpy(a, product + 4, 32);
        x[12] = 0;
      }
      return 1;
    case 32: x[12] = memcmp(a, b, 32) == 0; return 1;
    case 128:
      for (int i = 0; i < 4; i++) { t += b[i]; a[i] = (uint64_t)t; t >>= 64; }
      x[12] = (uint32_t)t;
      return 1;
    default: return 0;
  }
}

static const uint32_t initial[8] = {
  0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

static const uint8_t sigma[10][16] = {
  {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
  {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
  {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
  {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
  {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define G(a, b, c, d, p, q)                                                          \
  v[a] += v[b] + m[s[p]]; v[d] = ROTATE(v[d] ^ v[a], 16); v[c] += v[d];              \
  v[b] = ROTATE(v[b] ^ v[c], 12); v[a] += v[b] + m[s[q]]; v[d] = ROTATE(v[d] ^ v[a], 8); \
  v[c] += v[d]; v[b] = ROTATE(v[b] ^ v[c], 7);

// The control bits: 1 ends a block; 4 compresses two nodes of a tree, the state and the input; 2 says that the input is
// the left one.
static int blake_round(uint32_t *x, uint8_t *memory) {
  uint32_t selector = x[12], control = x[13];
  if (!is_ram(x[10], 128, 128) || !is_ram(x[11], 4, 64) || x[10] == x[11] || control > 7) return 0;
  if (__builtin_popcount(selector) != 1 || selector >= 1 << 10) return 0;
  uint32_t *h = (uint32_t *)(memory + x[10]), *state = h + 8, v[16], m[16];
  const uint8_t *s = sigma[__builtin_ctz(selector)];
  uint32_t first[8];
  memcpy(first, h, 32);
  if (control & 4) {
    int right = (control & 2) != 0;
    memcpy(m + (right ? 8 : 0), h, 32);
    memcpy(m + (right ? 0 : 8), memory + x[11], 32);
    memcpy(first, initial, 32);
    first[0] ^= 0x01010020;
  } else {
    memcpy(m, memory + x[11], 64);
  }
  memcpy(v, state, 64);
  if (selector == 1) {
    memcpy(v, first, 32);
    for (int i = 0; i < 8; i++) if (control & 4 || (i != 4 && i != 6)) v[8 + i] = initial[i];
    if (control & 4) v[12] ^= 64, v[14] = ~v[14];
  }
  G(0, 4, 8, 12, 0, 1) G(1, 5, 9, 13, 2, 3) G(2, 6, 10, 14, 4, 5) G(3, 7, 11, 15, 6, 7)
  G(0, 5, 10, 15, 8, 9) G(1, 6, 11, 12, 10, 11) G(2, 7, 8, 13, 12, 13) G(3, 4, 9, 14, 14, 15)
  if (control & 1) for (int i = 0; i < 8; i++) h[i] = first[i] ^ v[i] ^ v[i + 8];
  memcpy(state, v, 64);
  return 1;
}

// Arithmetic modulo 2^31 - 1 on any words.
static uint32_t reduced(uint64_t value) { return (uint32_t)(value % 0x7FFFFFFF); }

// MARK: The interface that the benchmark loads

// Decodes an image, which must stay where it is; NULL if there is no memory.
struct machine *machine_open(const uint32_t *image, size_t words) {
  struct machine *machine = malloc(sizeof *machine);
  if (machine == NULL) return NULL;
  machine->image = image;
  machine->words = words;
  machine->program = calloc(INSTRUCTIONS + 1, sizeof *machine->program);
  machine->memory =
    mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (machine->program == NULL || machine->memory == MAP_FAILED || words > INSTRUCTIONS) return NULL;
  for (size_t i = 0; i < words; i++) machine->program[i] = decode(image[i], (uint32_t)i * 4);
  return machine;
}

// Runs the program from the start on `input`. Leaves x10 … x17 in `output`; the number of cycles, 0 if the guest did not
// come to its regular end.
uint64_t machine_run(struct machine *machine, const uint32_t *input, size_t count, uint32_t *output) {
  uint32_t x[33] = {0}, pc = 0;
  uint8_t *memory = machine->memory;
  const struct instruction *program = machine->program;
  uint64_t cycles = 0;
  size_t position = 0;
  madvise(memory, MEMORY_SIZE, MADV_DONTNEED);
  memcpy(memory, machine->image, machine->words * 4);

#define A x[i.rs1]
#define B x[i.rs2]
#define RD x[i.rd]
#define ADDRESS (A + (uint32_t)i.immediate)
#define LOAD(type, mask)                      \
  {                                           \
    uint32_t address = ADDRESS;               \
    if (address & (mask)) return 0;           \
    RD = (uint32_t) * (type *)(memory + address); \
    break;                                    \
  }
#define STORE(type, mask)                                       \
  {                                                             \
    uint32_t address = ADDRESS;                                 \
    if (address & (mask) || address < ROM_SIZE) return 0;       \
    *(type *)(memory + address) = (type)B;                      \
    break;                                                      \
  }
#define BRANCH(condition)          \
  if (condition) target = pc + (uint32_t)i.immediate; \
  break;

  for (;;) {
    struct instruction i = program[pc / 4];
    uint32_t target = pc + 4;
    cycles++;
    switch (i.operation) {
      case CONSTANT: RD = (uint32_t)i.immediate; break;
      case JAL: RD = target; target = pc + (uint32_t)i.immediate; break;
      case JALR: {
        uint32_t to = ADDRESS & ~1u;
        RD = target;
        target = to;
        break;
      }
      case BEQ: BRANCH(A == B)
      case BNE: BRANCH(A != B)
      case BLT: BRANCH((int32_t)A < (int32_t)B)
      case BGE: BRANCH((int32_t)A >= (int32_t)B)
      case BLTU: BRANCH(A < B)
      case BGEU: BRANCH(A >= B)
      case LB: LOAD(int8_t, 0xC0000000)
      case LH: LOAD(int16_t, 0xC0000001)
      case LW: LOAD(uint32_t, 0xC0000003)
      case LBU: LOAD(uint8_t, 0xC0000000)
      case LHU: LOAD(uint16_t, 0xC0000001)
      case SB: STORE(uint8_t, 0xC0000000)
      case SH: STORE(uint16_t, 0xC0000001)
      case SW: STORE(uint32_t, 0xC0000003)
      case ADDI: RD = ADDRESS; break;
      case SLTI: RD = (int32_t)A < i.immediate; break;
      case SLTIU: RD = A < (uint32_t)i.immediate; break;
      case XORI: RD = A ^ (uint32_t)i.immediate; break;
      case ORI: RD = A | (uint32_t)i.immediate; break;
      case ANDI: RD = A & (uint32_t)i.immediate; break;
      case SLLI: RD = A << i.immediate; break;
      case SRLI: RD = A >> i.immediate; break;
      case SRAI: RD = (uint32_t)((int32_t)A >> i.immediate); break;
      case ADD: RD = A + B; break;
      case SUB: RD = A - B; break;
      case SLL: RD = A << (B & 31); break;
      case SLT: RD = (int32_t)A < (int32_t)B; break;
      case SLTU: RD = A < B; break;
      case XOR: RD = A ^ B; break;
      case SRL: RD = A >> (B & 31); break;
      case SRA: RD = (uint32_t)((int32_t)A >> (B & 31)); break;
      case OR: RD = A | B; break;
      case AND: RD = A & B; break;
      case MUL: RD = A * B; break;
      case MULH: RD = (uint32_t)((int64_t)(int32_t)A * (int32_t)B >> 32); break;
      case MULHSU: RD = (uint32_t)((int64_t)(int32_t)A * B >> 32); break;
      case MULHU: RD = (uint32_t)((uint64_t)A * B >> 32); break;
      case DIV: RD = B == 0 ? ~0u : B == ~0u ? 0u - A : (uint32_t)((int32_t)A / (int32_t)B); break;
      case DIVU: RD = B == 0 ? ~0u : A / B; break;
      case REM: RD = B == 0 ? A : B == ~0u ? 0 : (uint32_t)((int32_t)A % (int32_t)B); break;
      case REMU: RD = B == 0 ? A : A % B; break;
      case READ:
        if (position == count) return 0;
        RD = input[position++];
        break;
      case WRITE: break;
      case BLAKE:
        if (A != 0 || !blake_round(x, memory)) return 0;
        RD = 0;
        break;
      case BIGINT:
        if (A != 0 || !big_integer(x, memory)) return 0;
        RD = 0;
        break;
      case NOTHING: RD = 0; break;
      case FIELD_ADD: RD = reduced((uint64_t)A + B); break;
      case FIELD_SUBTRACT: RD = reduced((uint64_t)A + 3ull * 0x7FFFFFFF - B); break;
      case FIELD_MULTIPLY: RD = reduced((uint64_t)A * B); break;
      default: return 0;
    }
    if (target == pc) break;
    if (target & 3 || target >= ROM_SIZE) return 0;
    pc = target;
  }
  memcpy(output, x + 10, 32);
  return cycles;
}

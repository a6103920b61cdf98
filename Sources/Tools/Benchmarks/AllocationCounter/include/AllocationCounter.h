// Counts the heap allocations of a thread by standing in front of the C library's functions. For benchmarks.

#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>

/// Allocations that the calling thread has made since it began; 0 for ever where the C library is not glibc.
uint64_t allocation_count(void);

#endif

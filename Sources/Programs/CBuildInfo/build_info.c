#include "build_info.h"

// `scripts/build-info` writes it, and touches it only when the commit has changed: nothing but this file is compiled anew.
#if __has_include("commit.h")
#include "commit.h"
#else
#define COMMIT "unknown"
#endif

const char *build_commit(void) { return COMMIT; }

const char *build_target(void) {
#if defined(__x86_64__) && defined(__AVX2__) && defined(__BMI2__)
    return "x86-64-v3";
#elif defined(__x86_64__)
    return "x86-64";
#elif defined(__aarch64__)
    return "aarch64";
#else
    return "unknown";
#endif
}

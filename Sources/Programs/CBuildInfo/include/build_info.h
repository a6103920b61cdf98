#pragma once

// What the program was built from, in words: the commit, with "+changes" where the sources differ from it, and the
// processors that it is for. "unknown" parts where it was not built by make.
const char *build_commit(void);
const char *build_target(void);

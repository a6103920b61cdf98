import Glibc

/// A millisecond.
func pause() { usleep(1_000) }

// Batches on their way to L1.

// Requests that L1 makes of the chain.

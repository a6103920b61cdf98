// An Ethereum chain in the process, for development and tests.

// The contracts of an L1 as values: calls, events, errors, artifacts.

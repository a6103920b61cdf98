// State dumps in the form of anvil.

"""From a brainstate model to one static description that every implementation reads."""

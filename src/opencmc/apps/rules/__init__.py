"""The rule book: policy packs as cards."""

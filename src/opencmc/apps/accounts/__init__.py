"""Who signs in, and the post that a person holds."""

"""The audit lines of all writes: appended in the same transaction, never changed."""

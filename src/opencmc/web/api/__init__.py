"""The interface for machines: /api/v1/, with the same guards as the pages and no rules of its own."""

"""The migrations in their order; a landed one is never edited."""

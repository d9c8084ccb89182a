"""The store: nothing of Milanio is kept in a database yet."""

"""What the rest of Milanio asks of the store, by subject. All methods may raise `StorageUnavailableError`."""

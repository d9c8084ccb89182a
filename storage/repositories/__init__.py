"""The store's operations, by subject. All methods may raise `StorageUnavailableError`."""

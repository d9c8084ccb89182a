"""Who may do what, and how often: passwords, tokens, cookies, limits, origins, proxies."""

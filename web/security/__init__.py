"""Security: passwords, tokens, cookies, rate limits, origins, proxies."""

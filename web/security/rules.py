"""The rate limits. Households, schools and offices share addresses, so limits by address are generous.

Only strangers' attempts are counted by address. A room's right code, a log-in from a browser where the same person has
logged in before, and signed-in people are never held up by what others try.
"""

from web.security.rate_limits import Per, Rule

RULES = (
    Rule("login-address", "60/minute;600/hour", Per.ADDRESS),
    Rule("login-account", "10/minute;60/hour", Per.ACCOUNT),
    Rule("login-device", "10/minute;60/hour", Per.ACCOUNT),
    Rule("register-address", "20/minute;100/hour", Per.ADDRESS),
    Rule("mail-account", "3/minute;10/day", Per.ACCOUNT),
    Rule("mail-device", "3/minute;10/day", Per.ACCOUNT),
    Rule("mail-address", "10/minute;100/day", Per.ADDRESS),
    Rule("mail-token-address", "30/minute", Per.ADDRESS),
    Rule("refresh-address", "120/minute", Per.ADDRESS),
    Rule("create-room", "60/minute;1000/day", Per.ADDRESS),
    Rule("join-room", "3000/minute", Per.ACCOUNT),
    Rule("unknown-room", "30/minute;300/day", Per.ADDRESS),
    Rule("unknown-room-account", "30/minute;300/day", Per.ACCOUNT),
    Rule("unknown-room-lookup", "3000/minute", Per.ADDRESS),
    Rule("invitation", "60/minute", Per.ADDRESS),
    Rule("invitation-mail", "30/minute;300/day", Per.ACCOUNT),
    Rule("invitation-mail-to", "3/minute;10/day", Per.ACCOUNT),
    Rule("claim-address", "10/minute", Per.ADDRESS),
    Rule("upload-account", "10/minute", Per.ACCOUNT),
    Rule("api-key", "1200/minute", Per.KEY),
    Rule("unknown-key-lookup", "3000/minute", Per.ADDRESS),
    Rule("create-room-key", "120/minute;10000/day", Per.KEY),
)
"""Each is named where it is counted, by `Call.limit`."""

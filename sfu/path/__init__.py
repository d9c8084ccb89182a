"""The packet path: from an encoding's received packets to the datagrams sent to its viewers."""

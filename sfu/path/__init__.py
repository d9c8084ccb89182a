"""The packet path: from an encoding that has received a packet to what is sent to its viewers."""

"""What is said about streams over RTCP: what was lost, what is asked for again, when what arrived."""

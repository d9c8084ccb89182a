"""What each viewer's link can take, and what is sent over it.

The estimate is Google Congestion Control's (draft-ietf-rmcat-gcc-02), with the changes that libwebrtc has made since.
"""

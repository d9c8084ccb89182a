"""Milanio's media relay: forwards packets without decoding them. Usable without the rest of Milanio."""

from sfu import forms

forms.choose()

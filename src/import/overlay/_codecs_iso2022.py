"""Codecs of the East Asian encodings."""

from _multibyte import getcodec

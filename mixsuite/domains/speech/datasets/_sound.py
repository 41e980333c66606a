"""Read sound files of strangers: WAV, and FLAC with its checksum looked at."""

import hashlib
import io
import math
import struct

import numpy as np

from mixsuite.domains.speech.datasets._wave import read_wave
from mixsuite.errors import InputError

_RATES = 1_000, 384_000  # ours: below, 10 ms are no ten samples; above, no recorder is known to us
_GROWTH, _SMALL = 100, 50_000_000  # ours: samples take at most so many times a file's size, and so many bytes more


def rate_of(path):
    """The samples per second that a file's header names.

    Raises:
        InputError: the file has no such header, or a rate that no sound has.
    """
    rate = _flac_header(path)[0] if _is_flac(path) else _wave_rate(path)
    if not _RATES[0] <= rate <= _RATES[1]:
        raise InputError(f"{path}: {rate} samples per second; allowed is {_RATES[0]} to {_RATES[1]}")
    return rate


def read_sound(path, rate):
    """Read a WAV or FLAC file as one channel at a rate, as ``read_wave`` does.

    Returns:
        float32 [T].

    Raises:
        InputError: the file is neither, is damaged, or has no samples.
    """
    if not _is_flac(path):
        return read_wave(path, rate)
    own, x = _read_flac(path)
    if own == rate:
        return x
    from scipy.signal import resample_poly

    both = math.gcd(own, rate)
    return resample_poly(x.astype(np.float64), rate // both, own // both).astype(np.float32)


def _is_flac(path):
    return path.suffix.lower() == ".flac"


def _bytes_of(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _wave_rate(path):
    """The rate in a RIFF file's format chunk. ``read_wave`` refuses files with two of them.

    Raises:
        InputError: it is no such file, or the file's size in its header ends within its samples: readers would differ.
    """
    content = _bytes_of(path)
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise InputError(f"{path}: cannot be read as a WAV file: it does not begin with RIFF and WAVE")
    place, end, rate = 12, 8 + struct.unpack_from("<I", content, 4)[0], None
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        if name == b"fmt " and place + 16 <= len(content):
            rate = struct.unpack_from("<I", content, place + 12)[0]
        if name == b"data" and end < place + 8 + size <= len(content):
            raise InputError(f"{path}: damaged: its header ends at byte {end}, its samples at {place + 8 + size}")
        place += 8 + size + size % 2
    if rate is None:
        raise InputError(f"{path}: cannot be read as a WAV file: it has no format chunk")
    return rate


def _flac_header(path):
    """(rate, channels, bits a sample, samples a channel, MD5 of the samples) as STREAMINFO gives them, RFC 9639 8.2."""
    with path.open("rb") as file:
        content = file.read(42)
    if len(content) < 42 or content[:4] != b"fLaC" or content[4] & 127 or content[5:8] != b"\0\0\x22":
        raise InputError(f"{path}: cannot be read as a FLAC file: it does not begin with fLaC and its STREAMINFO")
    word = int.from_bytes(content[18:26], "big")  # 20 bits, 3, 5 and 36
    return word >> 44, (word >> 41 & 7) + 1, (word >> 36 & 31) + 1, word & (1 << 36) - 1, content[26:42]


def _read_flac(path):
    """(rate, float32 [T]) of a FLAC file, with channels averaged.

    The library checks each frame by itself. The number of samples and their MD5 tell frames that are not the file's.
    """
    import soundfile

    rate, channels, bits, count, checksum = _flac_header(path)
    content = _bytes_of(path)
    if not count:
        raise InputError(f"{path}: does not say how many samples it has, or has none")
    if 4 * count * channels > _GROWTH * len(content) + _SMALL:
        raise InputError(f"{path}: {count} samples in {len(content)} bytes: over {_GROWTH} times its size; refused")
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            form = file.format, file.samplerate, file.channels
            values = file.read(count + 1, dtype="int32", always_2d=True) >> (32 - bits)  # [T, C]
    except (RuntimeError, ValueError, TypeError, OSError, MemoryError) as error:
        raise InputError(f"{path}: cannot be read as a FLAC file: {' '.join(str(error).split())}") from None
    if form != ("FLAC", rate, channels) or len(values) != count:
        raise InputError(f"{path}: damaged: {len(values)} samples, {count} promised")
    packed = values.astype("<i4").view(np.uint8).reshape(-1, 4)[:, : -(-bits // 8)]
    if any(checksum) and hashlib.md5(packed.tobytes(), usedforsecurity=False).digest() != checksum:
        raise InputError(f"{path}: damaged: its samples are not those of its checksum")
    x = (values / np.float64(2 ** (bits - 1))).astype(np.float32)
    return rate, x[:, 0] if channels == 1 else x.mean(1, dtype=np.float64).astype(np.float32)

"""Read sound files as their headers say they are."""

import math
import struct

import numpy as np

from mixsuite.errors import InputError


def read_wave(path, rate):
    """Read a WAV file as one channel at a rate.

    Integers are divided by their type's range, channels are averaged, and another rate is resampled (polyphase filter).
    A file of 16-bit integers with one channel at that rate is read as it is.

    Args:
        path: of the file.
        rate: samples per second wanted.

    Returns:
        float32 [T], within -1 and 1 for files of integers.

    Raises:
        InputError: the file is no WAV file, is damaged, has no samples, or holds a number that is not finite.
    """
    import warnings

    from scipy.io import wavfile

    _refuse_cut_off(path)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)  # cut off, or further chunks
            warnings.filterwarnings("ignore", "Chunk .non-data. not understood", wavfile.WavFileWarning)
            own, wave = wavfile.read(path)
    except Exception as error:  # scipy's reader meets a damaged header in many ways
        raise InputError(f"{path}: cannot be read as a WAV file: {' '.join(str(error).split())}") from None
    if not wave.size or not 1 <= own <= 10_000_000:
        raise InputError(f"{path}: {wave.size} samples at a rate of {own}: nothing to hear")
    x = _to_float(wave)
    if x.ndim == 2:
        x = x.mean(1, dtype=np.float64).astype(np.float32)
    if own != rate:
        from scipy.signal import resample_poly

        both = math.gcd(own, rate)
        x = resample_poly(x.astype(np.float64), rate // both, own // both).astype(np.float32)
    if not np.isfinite(x).all():
        raise InputError(f"{path}: has samples that are not finite")
    return x


def _refuse_cut_off(path):
    """Refuse a file that ends before its header says so: scipy would read on in what is there.

    Raises:
        InputError: the samples of a RIFF file are fewer than promised, or it has two formats or two lots of samples.
    """
    try:
        with path.open("rb") as file:
            head, length = file.read(12), file.seek(0, 2)
            place, seen = 12 if head[:4] == b"RIFF" else length, set()
            while place + 8 <= length:
                file.seek(place)
                name, size = struct.unpack("<4sI", file.read(8))
                if name == b"data" and place + 8 + size > length:
                    raise InputError(f"{path}: cut off: {size} bytes of samples promised, {length - place - 8} there")
                if name in (b"data", b"fmt ") and name in seen:
                    raise InputError(f"{path}: has two chunks '{name.decode().strip()}'; which one is meant?")
                seen.add(name)
                place += 8 + size + size % 2
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _to_float(wave):
    if wave.dtype == np.uint8:  # 8-bit files are unsigned, with silence at 128
        return (wave.astype(np.float32) - 128) / 128
    if wave.dtype.kind == "i":  # 24-bit files come as 32-bit ones
        return (wave / np.float64(2 ** (8 * wave.dtype.itemsize - 1))).astype(np.float32)
    return wave.astype(np.float32)

"""Folders of sounds: read as wave and soundfile read them, or refused in one line."""

import struct
import wave
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from mixsuite.domains.build import make_data
from mixsuite.domains.speech.datasets._sound import rate_of, read_sound
from mixsuite.domains.speech.domain import Speech
from mixsuite.errors import InputError
from mixsuite.results.store import open_dataset, verify


def tone(draws, count, pitch):
    time = np.arange(count) / 8000
    return (np.sin(2 * np.pi * pitch * time) * 20000 + draws.normal(0, 500, count)).astype(np.int16)


def write_wave(path, values, rate=8000):
    """By the standard library. values: int16 [T] or [T, C]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if values.ndim == 1 else values.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(values.astype("<i2").tobytes())


def write_flac(path, values, rate=8000, subtype="PCM_16"):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, values, rate, subtype=subtype)


@pytest.fixture
def birds(tmp_path):
    """Two classes of twelve short clips, low and high tones, of unequal lengths; every other file is a FLAC file."""
    draws = np.random.default_rng(0)
    for name, pitch in (("low", 300), ("high", 1500)):
        for i in range(12):
            write = write_wave if i % 2 else write_flac
            values = tone(draws, int(draws.integers(1500, 3000)), pitch)
            write(tmp_path / "birds" / name / f"{i}.{'wav' if i % 2 else 'flac'}", values)
    return tmp_path / "birds"


def test_a_folder_of_sounds_is_what_other_readers_read(birds):
    dataset = open_dataset(f"sounds:{birds}")
    raw = dataset.load(Path())
    files = sorted(birds.rglob("*.*"))
    assert (raw.rate, raw.split_id, len(raw.x)) == (8000, None, 24)
    for clip, path, label in zip(raw.x, files, raw.y, strict=True):
        if path.suffix == ".wav":
            with wave.open(str(path)) as file:
                wanted = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        else:
            wanted, _ = soundfile.read(path, dtype="int16")
        assert np.array_equal(clip, wanted[None].astype(np.float32) / 32768)
        assert label == ["high", "low"].index(path.parent.name)
    data = make_data(Speech(), dataset, raw, 0)
    x, mask = data.train.x
    assert x.shape[1:] == mask.shape[1:] == (1, max(clip.shape[1] for clip in raw.x))
    assert {int(n) for n in mask.sum((1, 2))} <= {clip.shape[1] for clip in raw.x}
    assert data.split == "drawn"


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("channels", [1, 2])
def test_flac_files_of_each_depth_are_read_to_the_bit(tmp_path, subtype, channels):
    bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[subtype]
    values = np.random.default_rng(0).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (700, channels))
    write_flac(tmp_path / "a.flac", (values << (32 - bits)).astype(np.int32), 16000, subtype)
    assert rate_of(tmp_path / "a.flac") == 16000
    found = read_sound(tmp_path / "a.flac", 16000)
    assert found.dtype == np.float32
    assert np.allclose(found, (values / 2 ** (bits - 1)).mean(1), atol=1e-7)


def test_channels_and_rates_of_flac_are_treated_as_those_of_wave(tmp_path):
    values = np.stack([tone(np.random.default_rng(0), 4000, pitch) for pitch in (200, 450)], 1)
    write_wave(tmp_path / "a.wav", values, 16000)
    write_flac(tmp_path / "a.flac", values, 16000)
    for rate in (16000, 8000, 11025):
        wav, flac = (read_sound(tmp_path / f"a.{kind}", rate) for kind in ("wav", "flac"))
        assert np.array_equal(wav, flac)
        assert len(wav) == -(-4000 * rate // 16000)


def test_files_of_two_rates_are_named_unless_one_is_asked_for(birds):
    write_wave(birds / "low" / "z.wav", tone(np.random.default_rng(0), 4000, 150), 16000)
    with pytest.raises(InputError) as error:
        open_dataset(f"sounds:{birds}").load(Path())
    first, other = birds / "high" / "0.flac", birds / "low" / "z.wav"
    said = (
        f"{first} has 8000 samples per second and {other} has 16000; say at which rate all are read, as in (rate=8000)"
    )
    assert str(error.value) == said
    raw = open_dataset(f"sounds:{birds}(rate=8000)").load(Path())
    assert (raw.rate, raw.x[-1].shape) == (8000, (1, 2000))
    raw = open_dataset(f"sounds:{birds}(rate=4000, seconds=0.1)").load(Path())
    assert {clip.shape for clip in raw.x} == {(1, 400)}


def test_parts_of_its_own_are_the_official_split(birds, tmp_path):
    (tmp_path / "set").mkdir()
    birds.rename(tmp_path / "set" / "train")
    for name, pitch in (("low", 310), ("high", 1400)):
        write_wave(tmp_path / "set" / "test" / name / "0.wav", tone(np.random.default_rng(1), 2000, pitch))
    raw = open_dataset(f"sounds:{tmp_path / 'set'}").load(Path())
    assert np.bincount(raw.split_id).tolist() == [24, 0, 2]


def test_a_folder_of_the_other_kind_says_how_to_write_it(birds, tmp_path):
    with pytest.raises(InputError) as error:
        open_dataset(f"folder:{birds}").fingerprint(tmp_path)
    assert str(error.value) == f"folder '{birds}': has sounds and no pictures; write sounds:{birds}"
    (tmp_path / "leaves" / "oak").mkdir(parents=True)
    (tmp_path / "leaves" / "oak" / "1.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"has pictures and no sounds; write folder:.*leaves$"):
        open_dataset(f"sounds:{tmp_path / 'leaves'}").fingerprint(tmp_path)
    with pytest.raises(InputError, match=r"folder 'nowhere': no sounds there; wanted are nowhere/CLASS/SOUND\.wav"):
        open_dataset("sounds:nowhere").fingerprint(tmp_path)


def refused(birds):
    with pytest.raises(InputError) as error:
        open_dataset(f"sounds:{birds}").load(Path())
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_what_is_no_sound_or_lies_elsewhere_is_refused(birds, tmp_path):
    (birds / "low" / "b.mp3").write_bytes(b"ID3")
    assert refused(birds).endswith("b.mp3: is not read; convert it to WAV or FLAC, or put it elsewhere")
    (birds / "low" / "b.mp3").rename(birds / "low" / "._b.mp3")
    write_wave(tmp_path / "outside.wav", tone(np.random.default_rng(0), 2000, 300))
    (birds / "low" / "l.wav").symlink_to(tmp_path / "outside.wav")
    assert "l.wav: is a link, and nothing outside" in refused(birds)
    (birds / "low" / "l.wav").unlink()
    write_wave(birds / "x.wav", tone(np.random.default_rng(0), 2000, 300))
    assert "x.wav: wanted is" in refused(birds)


def header(**changes):
    """The 42 bytes of a FLAC header (RFC 9639, 8.2), as it might be made up."""
    values = {"rate": 8000, "channels": 1, "bits": 16, "count": 100} | changes
    word = values["rate"] << 44 | (values["channels"] - 1) << 41 | (values["bits"] - 1) << 36 | values["count"]
    return b"fLaC\x80\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + word.to_bytes(8, "big") + bytes(16)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.wav", b"", "cannot be read as a WAV file: it does not begin with RIFF and WAVE"),
        ("x.wav", b"RIFX\x10\0\0\0WAVE" + bytes(40), "it does not begin with RIFF"),
        ("x.wav", b"RIFF\x10\0\0\0WAVE" + b"LIST" + bytes(40), "it has no format chunk"),
        ("x.wav", b"fLaC" + bytes(60), "it does not begin with RIFF"),
        ("x.flac", b"RIFF" + bytes(60), "cannot be read as a FLAC file: it does not begin with fLaC"),
        ("x.flac", header(rate=0), "0 samples per second; allowed is 1000 to 384000"),
        ("x.flac", header(count=0), "does not say how many samples it has, or has none"),
        ("x.flac", header(count=2**35), "34359738368 samples in 42 bytes: over 100 times its size; refused"),
        ("x.flac", header(), "cannot be read as a FLAC file: "),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(birds, name, content, said):
    (birds / "low" / name).write_bytes(content)
    assert f"{name}: " in refused(birds)
    assert said in refused(birds)


def test_a_wave_file_whose_sizes_disagree_is_refused(birds):
    """The standard library would end at the first size, and others at the second."""
    path = birds / "low" / "1.wav"
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + struct.pack("<I", 1024) + whole[8:])
    assert f"1.wav: damaged: its header ends at byte 1032, its samples at {len(whole)}" in refused(birds)


def test_a_flac_file_with_a_changed_bit_or_a_lost_end_is_refused(tmp_path):
    values = tone(np.random.default_rng(0), 20000, 440)
    write_flac(tmp_path / "a.flac", values)
    whole = (tmp_path / "a.flac").read_bytes()
    places = np.random.default_rng(1).integers(200, len(whole), 40)
    for place in places:
        (tmp_path / "a.flac").write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(InputError, match=r"a\.flac: "):
            read_sound(tmp_path / "a.flac", 8000)
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"a\.flac: "):
        read_sound(tmp_path / "a.flac", 8000)


def test_a_flac_file_with_frames_of_another_one_is_refused(tmp_path):
    """Each frame is whole by itself; the header's MD5 of all samples tells."""
    draws = np.random.default_rng(0)
    for name in "ab":
        write_flac(tmp_path / f"{name}.flac", tone(draws, 3000, 440))
    one, other = ((tmp_path / f"{name}.flac").read_bytes() for name in "ab")
    (tmp_path / "a.flac").write_bytes(one[:42] + other[42:])
    with pytest.raises(InputError, match=r"a\.flac: damaged: its samples are not those of its checksum"):
        read_sound(tmp_path / "a.flac", 8000)
    (tmp_path / "a.flac").write_bytes(one[:26] + bytes(16) + other[42:])  # its writer did not say
    assert np.array_equal(read_sound(tmp_path / "a.flac", 8000), read_sound(tmp_path / "b.flac", 8000))


@pytest.mark.parametrize("wrong", ["rate=10", "rate=500000", "seconds=0.001", "seconds=1e9"])
def test_parameters_have_bounds(tmp_path, wrong):
    with pytest.raises(InputError, match="allowed is"):
        open_dataset(f"sounds:{tmp_path}({wrong})")


def test_verify_says_what_is_there(birds, tmp_path):
    item = verify(f"sounds:{birds}", tmp_path / "root")
    assert (item.state, item.files) == ("shipped", 24)
    assert item.note.startswith("24 rows (")
    assert "2 classes, recipe waves_conv" in item.note


RECIPE = """
[recipes.waves]
model = "conv1d(width=8, stride=2)"
optimizer = "sgd"
lr = 0.05
steps = 3
batch = 4
"""


@pytest.mark.slow
def test_a_folder_of_sounds_trains_for_two_seeds(birds, mixsuite, tmp_path):
    (tmp_path / "m.toml").write_text(
        f'seeds = "0-1"\ndatasets = ["sounds:{birds}@waves"]\nmethods = ["erm", "mixup"]\n{RECIPE}'
    )
    found = mixsuite("run", tmp_path / "m.toml", "--out", tmp_path / "out")
    assert found.status == 0, found.err
    runs = pd.read_csv(tmp_path / "out" / "runs.csv")
    assert set(runs["status"]) == {"ok"}
    assert set(runs["seed"]) == {0, 1}

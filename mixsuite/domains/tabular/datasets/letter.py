"""Letters described by 16 numbers, from the data root."""

from dataclasses import dataclass

from mixsuite.domains import Dataset, Raw


@dataclass(frozen=True)
class Letter(Dataset):
    """20,000 distorted letters, 16 moments and edge counts, 26 classes."""

    domain = "tabular"
    classes = 26
    recipe = "tabular_mlp_2000"
    source = "UCI Letter Recognition (letter-recognition.data in uci/letter-recognition)"
    licence = "CC BY 4.0 (UCI)"
    reference = "Slate 1991, UCI Letter Recognition"
    sha256 = {"*": "79dc5ace88c2f0b3"}

    def files(self, root):
        return [root / "uci" / "letter-recognition" / "letter-recognition.data"]

    def load(self, root):
        import pandas as pd

        names = ["letter", *(f"f{i}" for i in range(1, 17))]
        frame = pd.read_csv(self.files(root)[0], header=None, names=names)
        letters = frame.pop("letter")
        return Raw(frame, letters.map(lambda c: ord(c) - ord("A")).to_numpy())

"""Make b3db.csv from the classification table of B3DB (package qc-B3DB 1.1.1, file B3DB/B3DB_classification.tsv).

    python make_b3db.py B3DB_classification.tsv b3db.csv

The script needs pandas (made with 3.1.1) and rdkit (made with 2026.9.1). It reads the table's structures (SMILES) and
classes, takes all fitting molecules of the rarer class and draws as many of the other. It writes one molecule per line:
its number in the table, its class (1: it crosses the barrier), its atoms and its bonds.
"""

import hashlib
import sys
from pathlib import Path

import pandas as pd
from rdkit import Chem, RDLogger

SOURCE = "47a160aea1551423ead2aab70b301fb1646aea03cf151fd614eb37c78fa55b82"  # the table's sha256
ATOMS = 30  # size of the largest molecule that fits, without hydrogens


def main(table: str, out: str) -> None:
    """Draw the sample and write it."""
    digest = hashlib.sha256(Path(table).read_bytes()).hexdigest()
    if digest != SOURCE:
        sys.exit(f"{table}: sha256 is {digest}, wanted {SOURCE}")
    RDLogger.DisableLog("rdApp.*")
    rows = pd.read_csv(table, sep="\t")
    rows = rows[rows["group"] == "B"]  # the sources state the threshold, log BB of -1, and agree on the class
    rows = rows.assign(molecule=[Chem.MolFromSmiles(smiles) for smiles in rows["SMILES"]])
    rows = rows[[fits(molecule) for molecule in rows["molecule"]]]
    # Molecules with the same atoms and bonds, such as mirror images, are one graph. The first one stays, or none if
    # their classes differ.
    graph = pd.Series([skeleton(molecule) for molecule in rows["molecule"]], rows.index)
    agree = rows["BBB+/BBB-"].groupby(graph).transform("nunique") == 1
    rows = rows[agree & ~graph.duplicated()]
    minus, plus = (rows[rows["BBB+/BBB-"] == name] for name in ("BBB-", "BBB+"))
    rows = pd.concat([minus, plus.sample(len(minus), random_state=0)]).sort_values("NO.")
    lines = pd.DataFrame(
        {
            "number": rows["NO."],
            "crosses": (rows["BBB+/BBB-"] == "BBB+").astype(int),
            "atoms": [" ".join(atom.GetSymbol() for atom in molecule.GetAtoms()) for molecule in rows["molecule"]],
            "bonds": [" ".join(bonds(molecule)) for molecule in rows["molecule"]],
        }
    )
    lines.to_csv(out, index=False, lineterminator="\n")


def fits(molecule: Chem.Mol | None) -> bool:
    """Whether the structure can be read, is in one piece and has 2 to ATOMS atoms."""
    return molecule is not None and 2 <= molecule.GetNumAtoms() <= ATOMS and len(Chem.GetMolFrags(molecule)) == 1


def bonds(molecule: Chem.Mol) -> list[str]:
    """List the bonds as pairs of atom numbers from 0, each once and sorted."""
    ends = sorted(sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) for bond in molecule.GetBonds())
    return [f"{a}-{b}" for a, b in ends]


def skeleton(molecule: Chem.Mol) -> str:
    """Name a molecule so that two share a name if and only if their elements and bonds, of any order, are the same."""
    bare = Chem.RWMol()
    for atom in molecule.GetAtoms():
        copy = Chem.Atom(atom.GetAtomicNum())
        copy.SetNoImplicit(True)
        bare.AddAtom(copy)
    for bond in molecule.GetBonds():
        bare.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), Chem.BondType.SINGLE)
    return Chem.MolToSmiles(bare)


if __name__ == "__main__":
    main(*sys.argv[1:])

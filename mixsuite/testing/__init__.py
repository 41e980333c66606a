"""The conformance kit: check that a method is right, with ``mixsuite check METHOD`` or in pytest.

    from mixsuite.testing import check, problems

    def test_my_method():
        assert problems(check("./my_method.py(alpha=0.4)")) == []

The kit tries a method on made-up rows of every domain and kind of target to which it applies. Each finding says what
was tried, what was expected, what was seen, and where.
"""

from mixsuite.testing.findings import Finding, grouped, problems
from mixsuite.testing.kit import check
from mixsuite.testing.samples import Sample, samples

__all__ = ["Finding", "Sample", "check", "grouped", "problems", "samples"]

"""`liver_safety`: each subject's peak aminotransferase and bilirubin, and who fulfils Hy's law.

Sources: FDA. Guidance for Industry: Drug-Induced Liver Injury: Premarketing Clinical Evaluation, July 2009 (Hy's law:
aminotransferase above 3 times and bilirubin above 2 times the upper limit of normal). Watkins PB, Desai M, Berkowitz
SD, et al. Drug Saf 2011;34:243-252 (the four quadrants of peaks, eDISH).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from trialwright.analysis.methods.counts import empty_group, proportion
from trialwright.analysis.methods.safety.options import LiverOptions
from trialwright.analysis.request import SUBJECT, Booleans, Floats, Request
from trialwright.results import Result

#: Variables of the results: the peaks in multiples of the upper limit, and the quadrant.
AMINOTRANSFERASE, BILIRUBIN, QUADRANT = "PEAKAT", "PEAKBILI", "QUADRANT"
QUADRANTS = ("Hy's law", "Temple's corollary", "Hyperbilirubinemia", "Within limits")


def compute_peaks(values: Floats, upper: Floats, owners: Floats, count: int) -> Floats:
    """The largest value / upper limit of each of `count` subjects; NaN for one without."""
    peaks = np.full(count, np.nan)
    used = ~np.isnan(values) & (upper > 0)
    np.fmax.at(peaks, owners[used].astype(np.int64), values[used] / upper[used])
    return peaks


def quadrant_of(aminotransferase: float, bilirubin: float, options: LiverOptions) -> str:
    """Where a subject's two peaks lie; a peak that equals a limit is not above it."""
    high_enzyme = aminotransferase > options.aminotransferase_limit
    if bilirubin > options.bilirubin_limit:
        return QUADRANTS[0] if high_enzyme else QUADRANTS[2]
    return QUADRANTS[1] if high_enzyme else QUADRANTS[3]


def analyze_liver_safety(request: Request, options: LiverOptions) -> Iterator[Result]:
    """The peaks of each subject that has both (`peak`, in multiples of the upper limit), and subjects by quadrant.

    The two peaks need not be of the same day. `N` is the number of subjects with both. Which records count, such as
    those on treatment, is for `where` to say.
    """
    enzyme, bilirubin, both = _peaks(request, options)
    for number, subject in enumerate(request.subjects[SUBJECT].to_list()):
        if both[number]:
            groups = ((SUBJECT, str(subject)),)
            yield request.result("peak", float(enzyme[number]), groups=groups, variable=AMINOTRANSFERASE)
            yield request.result("peak", float(bilirubin[number]), groups=groups, variable=BILIRUBIN)
    places = [
        quadrant_of(enzyme[number], bilirubin[number], options) if both[number] else None for number in range(len(both))
    ]
    for cell in request.cells(totals=True):
        inside = [places[number] for number in np.flatnonzero(cell.subjects & both).tolist()]
        warning = empty_group(cell) or ("" if inside else "no subject has both an aminotransferase and a bilirubin")
        for name in QUADRANTS:
            n = inside.count(name)
            yield from request.results(
                {"n": n, "N": len(inside), "p": proportion(n, len(inside))},
                groups=cell.groups,
                variable=QUADRANT,
                level=name,
                warnings=warning,
            )


def _peaks(request: Request, options: LiverOptions) -> tuple[Floats, Floats, Booleans]:
    parameters = request.texts(options.parameter)
    values, upper = request.numbers(request.analysis.variables[0]), request.numbers(options.upper)
    owners, count = request.subject_index.astype(np.float64), request.subjects.height

    def peaks_of(codes: list[str]) -> Floats:
        here = np.array([code in codes for code in parameters], dtype=bool)
        return compute_peaks(values[here], upper[here], owners[here], count)

    enzyme, bilirubin = peaks_of(options.aminotransferases), peaks_of([options.bilirubin])
    return enzyme, bilirubin, ~np.isnan(enzyme) & ~np.isnan(bilirubin)


def liver_records(request: Request, options: LiverOptions) -> Booleans:
    """The records of the parameters, with a value and a limit."""
    wanted = {*options.aminotransferases, options.bilirubin}
    values, upper = request.numbers(request.analysis.variables[0]), request.numbers(options.upper)
    here = np.array([code in wanted for code in request.texts(options.parameter)], dtype=bool)
    return here & ~np.isnan(values) & (upper > 0)

"""Files of designs for the tests."""

from __future__ import annotations

#: Two arms and a control, an endpoint of each kind.
TEXT = """\
design: {title: Test, time_unit: months, chosen: fixed}
arms: {C: Control, A: Low, B: {name: High, usdm: StudyArm_9}}
endpoints:
  score: {label: Score, kind: normal, better: lower, followup: 3}
  response: {label: Response, kind: binary, better: higher, followup: 3}
  death: {label: Death, kind: time_to_event, better: longer, followup: 12}
test: {alpha: 0.05, sided: 2, power: 0.8, comparisons: [B, A]}
scenarios:
  planned:
    outcomes:
      score: {means: {C: 0, A: -2, B: -3.5}, sd: 7, missing: 0.2}
      response: {probabilities: {C: 0.28, A: 0.37, B: 0.46}}
      death: {medians: {C: 12}, hazard_ratios: {A: 0.8, B: 0.7}, dropout: {C: 0.1, A: 0.1, B: 0.1}}
  variable:
    label: More variable
    base: planned
    weight: 2
    outcomes:
      score: {sds: {C: 7, A: 8, B: 9}, means: {A: -1}}
      death: {delay: 3, dropout_by: 6}
  null:
    base: variable
    enrollment_factor: 0.5
    outcomes:
      score: {means: {A: 0, B: 0}}
      death: {hazards: {C: {rates: [0.05, 0.1], changes: [6]}}, hazard_ratios: {A: 1, B: 1}}
enrollment:
  near: {label: Near, sites: 3, rate: 2, first_opening: 1, last_opening: 3}
  far: {sites: 1, rate: 4}
cost: {currency: EUR, parts: {setup: {label: Setup, per: trial, amount: 10}, visits: {per: subject_time, amount: 0.5}}}
prior: {mean: 3, sd: 2}
designs:
  fixed: {endpoint: score, subjects: computed}
  looks: {label: Looks, base: fixed, looks: 3, efficacy: lan_demets_obrien_fleming}
  futility: {base: fixed, subjects: 240, looks: [0.5, 1], futility: {rule: hwang_shih_decani, gamma: -2}}
  responders: {base: fixed, endpoint: response, allocation: {B: 2, C: 2, A: 1}}
  survival: {base: fixed, endpoint: death, subjects: 900, events: computed, sites: {far: 5}}
  both: {base: survival, subjects: computed}
"""


def changed(old: str, new: str) -> str:
    """The text with one part of it changed."""
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)

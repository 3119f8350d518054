"""What may stand in `design.yaml`: the models at the border. Nothing of them is used past the reader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from trialwright.design.definition.model import Driver, Kind, Multiplicity
from trialwright.marked_yaml import Border, Text


def _some_words(text: str) -> str:
    if not text.strip():
        raise ValueError("this must not be empty")
    return text


Words = Annotated[Text, AfterValidator(_some_words)]
ByArm = float | dict[str, float]
#: More than any trial has of them is a slip of the pen, which would take for ever to compute.
Subjects = Annotated[int, Field(le=1_000_000)]
Sites = Annotated[int, Field(le=10_000)]
Looks = Annotated[int, Field(le=100)]
#: Of an arm in an allocation: blocks are simulated whole.
Weight = Annotated[int, Field(le=1_000)]


class DesignBorder(Border):
    title: Words
    time_unit: Words = "weeks"
    chosen: Text


class ArmBorder(Border):
    name: Text
    usdm: Text | None = None


class EndpointBorder(Border):
    label: Words
    kind: Kind
    better: Literal["higher", "lower", "longer", "shorter"]
    followup: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class TestBorder(Border):
    alpha: float
    sided: Literal[1, 2]
    power: float
    comparisons: list[Text] = Field(min_length=1)
    multiplicity: Multiplicity = "fixed_sequence"


class NormalBorder(Border):
    means: dict[str, float]
    sd: float | None = None
    sds: dict[str, float] | None = None
    known_variance: bool = False
    missing: ByArm | None = None


class BinaryBorder(Border):
    probabilities: dict[str, float]
    missing: ByArm | None = None


class RatesBorder(Border):
    rates: list[float]
    changes: list[float] = Field(default_factory=list)


class SurvivalBorder(Border):
    medians: dict[str, float] | None = None
    hazards: dict[str, float | RatesBorder] | None = None
    hazard_ratios: dict[str, float] | None = None
    delay: ByArm | None = None
    dropout: ByArm | None = None
    dropout_by: float | None = None
    dropout_hazards: dict[str, float | RatesBorder] | None = None
    maximum_followup: float | None = None


class ScenarioBorder(Border):
    label: Text | None = None
    base: Text | None = None
    outcomes: dict[str, dict[str, object]] = Field(default_factory=dict)
    enrollment_factor: float = 1.0
    weight: float = 0.0


class SitesBorder(Border):
    label: Text | None = None
    sites: Sites
    rate: float
    first_opening: float = 0.0
    last_opening: float | None = None


class CostPartBorder(Border):
    label: Text | None = None
    per: Driver
    amount: float


class CostBorder(Border):
    currency: Text
    parts: dict[str, CostPartBorder] = Field(min_length=1)


class PriorBorder(Border):
    mean: float
    sd: float


class TrialBorder(Border):
    label: Text | None = None
    base: Text | None = None
    endpoint: Text
    subjects: Subjects | Literal["computed"]
    events: Subjects | Literal["computed"] | None = None
    allocation: list[Weight] | dict[str, Weight] | None = None
    looks: Looks | list[float] = 1
    efficacy: object = None
    futility: object = None
    futility_is_binding: bool = False
    sites: dict[str, Annotated[Sites, Field(ge=0)]] | None = None
    followup: float | None = None
    #: Written with designs whose sizes stand: which of them were computed.
    computed: list[Literal["subjects", "events"]] = Field(default_factory=list)


class PlainRule(Border):
    """A rule without parameters."""

    rule: Literal["pocock", "obrien_fleming", "lan_demets_obrien_fleming", "lan_demets_pocock"]


class WangTsiatisRule(Border):
    rule: Literal["wang_tsiatis"]
    delta: float


class OptimumRule(Border):
    rule: Literal["optimum_wang_tsiatis"]
    criterion: Literal["H1", "inflation and H1", "H0, H01 and H1"] = "H1"


class HaybittlePetoRule(Border):
    rule: Literal["haybittle_peto"]
    interim_z: float = 3.0


class KimDeMetsRule(Border):
    rule: Literal["kim_demets"]
    rho: float


class HwangShihDeCaniRule(Border):
    rule: Literal["hwang_shih_decani"]
    gamma: float


class GivenRule(Border):
    """Bounds of Z; null where there is none."""

    rule: Literal["given"]
    z: list[float | None]


class UserRule(Border):
    rule: Literal["user"]
    cumulative: list[float]
    fractions: list[float] | None = None

"""Rules of bounds by their names in `design.yaml`."""

from __future__ import annotations

import math
from typing import Literal, assert_never

from trialwright.design.definition import borders
from trialwright.design.sequential import (
    EfficacyRule,
    FutilityRule,
    GivenBounds,
    HaybittlePeto,
    HwangShihDeCani,
    KimDeMets,
    LanDeMetsOBrienFleming,
    LanDeMetsPocock,
    OBrienFleming,
    OptimumWangTsiatis,
    Pocock,
    UserSpending,
    WangTsiatis,
)
from trialwright.errors import DesignError
from trialwright.marked_yaml import Border, Node, Problems, validate

RuleBorder = (
    borders.PlainRule
    | borders.WangTsiatisRule
    | borders.OptimumRule
    | borders.HaybittlePetoRule
    | borders.KimDeMetsRule
    | borders.HwangShihDeCaniRule
    | borders.GivenRule
    | borders.UserRule
)

_MODELS: dict[str, type[Border]] = {
    "pocock": borders.PlainRule,
    "obrien_fleming": borders.PlainRule,
    "wang_tsiatis": borders.WangTsiatisRule,
    "optimum_wang_tsiatis": borders.OptimumRule,
    "haybittle_peto": borders.HaybittlePetoRule,
    "lan_demets_obrien_fleming": borders.PlainRule,
    "lan_demets_pocock": borders.PlainRule,
    "kim_demets": borders.KimDeMetsRule,
    "hwang_shih_decani": borders.HwangShihDeCaniRule,
    "user": borders.UserRule,
    "given": borders.GivenRule,
}
#: Names of the rules that spend an error rate, and so serve for futility as well.
_SPENDING = ("lan_demets_obrien_fleming", "lan_demets_pocock", "kim_demets", "hwang_shih_decani", "user")
_PLAIN: dict[str, type[Pocock | OBrienFleming | LanDeMetsOBrienFleming | LanDeMetsPocock]] = {
    "pocock": Pocock,
    "obrien_fleming": OBrienFleming,
    "lan_demets_obrien_fleming": LanDeMetsOBrienFleming,
    "lan_demets_pocock": LanDeMetsPocock,
}


def read_efficacy(node: Node, problems: Problems) -> EfficacyRule | None:
    """The rule of efficacy bounds at a node, by name or with parameters; None with the reasons in `problems`."""
    border = _read(node, tuple(_MODELS), problems)
    if border is None:
        return None
    try:
        return _rule(border, none=math.inf)
    except DesignError as error:
        problems.add(node, str(error))
        return None


def read_futility(node: Node, sided: Literal[1, 2], problems: Problems) -> FutilityRule | None:
    """The rule of futility bounds at a node; None with the reasons in `problems`."""
    border = _read(node, (*_SPENDING, "given"), problems)
    if border is None:
        return None
    try:
        rule = _rule(border, none=-math.inf if sided == 1 else 0.0)
    except DesignError as error:
        problems.add(node, str(error))
        return None
    # The names that are accepted above are of these types alone.
    assert not isinstance(rule, WangTsiatis | Pocock | OBrienFleming | HaybittlePeto | OptimumWangTsiatis)
    return rule


def _read(node: Node, known: tuple[str, ...], problems: Problems) -> RuleBorder | None:
    if isinstance(node.value, str):
        place = Node(file=node.file, line=node.line, column=node.column, value={"rule": node})
    elif isinstance(node.value, dict) and "rule" in node.value:
        place = node
    else:
        problems.add(node, "a rule of bounds must be a name, or {rule: NAME} with its parameters.")
        return None
    name = place["rule"].value
    if name not in known or not isinstance(name, str):
        problems.add(place["rule"], f"{name!r} is no rule that serves here. Known are: {', '.join(known)}.")
        return None
    border = validate(place, _MODELS[name], problems)
    assert border is None or isinstance(border, RuleBorder)
    return border


def _rule(border: RuleBorder, *, none: float) -> EfficacyRule:
    match border:
        case borders.PlainRule(rule=name):
            return _PLAIN[name]()
        case borders.WangTsiatisRule(delta=delta):
            return WangTsiatis(delta=delta)
        case borders.OptimumRule(criterion=criterion):
            return OptimumWangTsiatis(criterion=criterion)
        case borders.HaybittlePetoRule(interim_z=z):
            return HaybittlePeto(interim_z=z)
        case borders.KimDeMetsRule(rho=rho):
            return KimDeMets(rho=rho)
        case borders.HwangShihDeCaniRule(gamma=gamma):
            return HwangShihDeCani(gamma=gamma)
        case borders.GivenRule(z=bounds):
            return GivenBounds(z=tuple(none if bound is None else bound for bound in bounds))
        case borders.UserRule(cumulative=cumulative, fractions=fractions):
            return UserSpending(cumulative=tuple(cumulative), fractions=None if fractions is None else tuple(fractions))
        case _:
            assert_never(border)


def rule_words(rule: EfficacyRule | FutilityRule) -> dict[str, object]:
    """The rule as `design.yaml` has it."""
    match rule:
        case WangTsiatis(delta=delta):
            return {"rule": "wang_tsiatis", "delta": delta}
        case OptimumWangTsiatis(criterion=criterion):
            return {"rule": "optimum_wang_tsiatis", "criterion": criterion}
        case HaybittlePeto(interim_z=z):
            return {"rule": "haybittle_peto", "interim_z": z}
        case KimDeMets(rho=rho):
            return {"rule": "kim_demets", "rho": rho}
        case HwangShihDeCani(gamma=gamma):
            return {"rule": "hwang_shih_decani", "gamma": gamma}
        case GivenBounds(z=bounds):
            return {"rule": "given", "z": [bound if math.isfinite(bound) else None for bound in bounds]}
        case UserSpending(cumulative=cumulative, fractions=fractions):
            words: dict[str, object] = {"rule": "user", "cumulative": list(cumulative)}
            return words if fractions is None else {**words, "fractions": list(fractions)}
        case _:
            for name, kind in _PLAIN.items():
                if isinstance(rule, kind):
                    return {"rule": name}
    raise DesignError(f"{type(rule).__name__} has no name in design.yaml. Known rules are: {', '.join(_MODELS)}.")

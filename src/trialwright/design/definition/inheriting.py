"""Parts of `design.yaml` that begin with what another one says: `base`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trialwright.marked_yaml import Node, Problems

#: What is of a part alone, whatever it is based on.
_OWN = ("label", "weight", "base")
#: Ways of saying the same: one takes the place of the other.
_EXCLUSIVE = (frozenset({"sd", "sds"}), frozenset({"medians", "hazards"}))


def with_base(id: str, parts: Mapping[str, Node], problems: Problems, *, deep: str = "") -> Node:
    """The part with what its base says and it does not; a base may have a base itself.

    deep  key below which mappings are merged key by key, not replaced as a whole
    """
    own = parts[id]
    node, seen = own, [id]
    while (base := node.get("base")) is not None and base.value is not None:
        if base.value not in parts or not isinstance(base.value, str):
            there = ", ".join(one for one in parts if one != id)
            problems.add(base, f"there is no {base.value!r} that this could be based on. There are: {there or 'none'}.")
            return own
        if base.value in seen:
            problems.add(
                base, f"{' is based on '.join([*seen, base.value])}, which has no beginning. Give one its own."
            )
            return own
        seen.append(base.value)
        node = parts[base.value]
    merged = parts[seen[-1]]
    for name in reversed(seen[:-1]):
        merged = _merge(merged, parts[name], deep)
    if len(seen) > 1 and own.get("base") is not None:
        return replace(merged, value={**merged.mapping, "base": own["base"]})
    return merged


def _merge(base: Node, own: Node, deep: str) -> Node:
    inherited = {key: node for key, node in base.mapping.items() if key not in _OWN}
    merged = {**inherited, **own.mapping}
    if deep and deep in inherited and deep in own.mapping:
        merged[deep] = _merge_deeply(inherited[deep], own[deep])
    return replace(own, value=merged)


def _merge_deeply(base: Node, own: Node) -> Node:
    if not isinstance(base.value, dict) or not isinstance(own.value, dict):
        return own
    replaced = {key for ways in _EXCLUSIVE if ways & own.value.keys() for key in ways}
    merged = {key: node for key, node in base.value.items() if key not in replaced or key in own.value}
    for key, node in own.value.items():
        merged[key] = _merge_deeply(merged[key], node) if key in merged else node
    return replace(own, value=merged)

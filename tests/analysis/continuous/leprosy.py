"""A data set that several tests of this folder share."""

from __future__ import annotations

import polars as pl

PRE = [11, 8, 5, 14, 19, 6, 10, 6, 11, 3, 6, 6, 7, 8, 18, 8, 19, 8, 5, 15, 16, 13, 11, 9, 21, 16, 12, 12, 7, 12]
POST = [6, 0, 2, 8, 11, 4, 13, 1, 8, 0, 0, 2, 3, 1, 18, 4, 14, 9, 1, 9, 13, 10, 18, 5, 23, 12, 5, 16, 1, 20]

#: Leprosy bacilli before and after treatment, SAS PROC GLM's "DrugTest".
LEPROSY = pl.DataFrame({"ARM": ["A"] * 10 + ["D"] * 10 + ["F"] * 10, "PRE": PRE, "POST": POST})
